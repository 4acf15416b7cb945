using System.Text.Json;
using System.Text.RegularExpressions;
using Flow.Manifests;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

/// <summary><c>docs/app.schema.json</c> and <c>docs/app-json.md</c> say what the reader does.</summary>
public sealed partial class The_published_schema
{
    private static readonly string Docs = Find();
    private static readonly JsonElement Schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Docs, "app.schema.json"))).RootElement;
    private static readonly string Page = File.ReadAllText(Path.Combine(Docs, "app-json.md"));

    private static JsonElement Part => Schema.GetProperty("definitions").GetProperty("part");
    private static JsonElement Flow => Schema.GetProperty("definitions").GetProperty("flow");

    [Fact]
    public void Names_every_key_that_is_read_and_no_other()
    {
        // Wrong kinds everywhere: what is read complains of it, what is not known is told so.
        string[] keys = [.. Keys(Schema), .. Keys(Part)];
        var refused = Refused($$"""{ {{string.Join(',', keys.Where(k => k != "$schema").Select(k => $"\"{k}\": [[[]]]"))}} }""");
        foreach (var key in keys.Where(k => k != "$schema")) refused.Should().Contain($"$.{key}", "{0} is read", key);
        keys.Should().BeEquivalentTo(["$schema", "name", "description", "keywords", "website", "repository", "logo", "image", "environments", "env", "formation", "addons", "buildpacks", "stack", "success_url", "scripts", "flow"]);
    }

    [Fact]
    public void Names_every_stage() => Keys(Schema.GetProperty("properties").GetProperty("environments")).Should().BeEquivalentTo(Enum.GetNames<Stage>().Select(s => s.ToLowerInvariant()));

    [Fact]
    public void Names_the_keys_of_flow_as_the_reader_does()
    {
        Refused("""{ "flow": { "x": 1 } }""").Should().EndWith($"here are {string.Join(", ", Keys(Flow))}.");
        var processes = Flow.GetProperty("properties").GetProperty("processes").GetProperty("additionalProperties");
        Refused("""{ "flow": { "processes": { "web": { "x": 1 } } } }""").Should().EndWith($"here are {string.Join(", ", Keys(processes))}.");
        foreach (var inner in Keys(processes))
        {
            Refused($$"""{ "flow": { "processes": { "web": { "{{inner}}": { "x": 1 } } } } }""").Should().EndWith($"here are {string.Join(", ", Keys(processes.GetProperty("properties").GetProperty(inner)))}.");
        }
    }

    [Fact]
    public void Names_the_keys_of_a_config_var()
    {
        var keys = Keys(Schema.GetProperty("definitions").GetProperty("env"));
        var told = Odd($$"""{ "env": { "A": { {{string.Join(',', keys.Select(k => $"\"{k}\": null"))}} } } }""").Warnings;
        told.Should().HaveCount(keys.Length).And.NotContain(w => w.Contains("not known"));
    }

    [Fact]
    public void Has_patterns_that_compile()
    {
        foreach (Match pattern in Patterns().Matches(Schema.GetRawText())) FluentActions.Invoking(() => new Regex(JsonSerializer.Deserialize<string>(pattern.Groups[1].Value)!)).Should().NotThrow();
        Patterns().Count(Schema.GetRawText()).Should().BeGreaterThan(8);
    }

    [Fact]
    public void Has_a_page_whose_example_is_read_without_a_warning()
    {
        var file = Read(Example().Match(Page).Groups[1].Value);
        file.Warnings.Should().BeEmpty();
        file.For(Stage.Review).Env["GREETING"].Should().Be(new EnvDeclaration("hello from a review app", Required: true, Sync: true));
    }

    [Fact]
    public void Has_a_page_with_every_key()
    {
        foreach (var key in Keys(Part).Concat(Keys(Schema)).Where(k => k != "$schema")) Page.Should().Contain($"`{key}`");
        foreach (var key in (string[])["root", "paths", "sync", "scripts.deploy", "processes.TYPE.health", "processes.TYPE.limits"]) Page.Should().Contain($"`flow.{key}`");
    }

    private static string[] Keys(JsonElement of) => [.. of.GetProperty("properties").EnumerateObject().Select(p => p.Name)];

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Flow.Sdk.sln"))) directory = Path.GetDirectoryName(directory)!;
        return Path.Combine(directory, "docs");
    }

    [GeneratedRegex("\"pattern\": (\"(?:[^\"\\\\]|\\\\.)*\")")]
    private static partial Regex Patterns();

    [GeneratedRegex("```json\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
