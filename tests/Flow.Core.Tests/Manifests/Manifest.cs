using Flow.Manifests;

namespace Flow.Core.Tests.Manifests;

/// <summary>Words of the tests about <c>app.json</c>.</summary>
internal static class Manifest
{
    public static AppJsonFile Read(string json) => AppJson.Parse(json);

    /// <summary>The base, of a file without an odd place.</summary>
    public static AppManifest Clean(string json)
    {
        var file = Read(json);
        file.Warnings.Should().BeEmpty();
        return file.For(Stage.Production);
    }

    /// <summary>The base, and what was odd: <c>LINE PATH MESSAGE</c>.</summary>
    public static (AppManifest Manifest, IReadOnlyList<string> Warnings) Odd(string json)
    {
        var file = Read(json);
        return (file.For(Stage.Production), [.. file.Warnings.Select(w => $"{w.Line} {w.Path} {w.Message}")]);
    }

    public static string Refused(string json)
    {
        var refused = FluentActions.Invoking(() => Read(json)).Should().Throw<FlowException>().Which;
        refused.Code.Should().Be("app-json-invalid");
        refused.Transient.Should().BeFalse();
        refused.Message.Length.Should().BeLessThanOrEqualTo(3_000);
        refused.Message.Any(c => char.IsControl(c) && c != '\n').Should().BeFalse();
        return refused.Message;
    }
}
