using System.Text.RegularExpressions;
using Flow.Manifests;

namespace Flow.Docs.Tests;

/// <summary>Each block that names a sample is that sample, which compiles here; each that names a file of the sample app is that file.</summary>
public sealed partial class Code_in_the_documentation
{
    private static string Root => AppContext.BaseDirectory;

    public static TheoryData<string> Pages => [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Is_the_code_that_compiles(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Root, "docs", page));
        var blocks = Blocks().Matches(text);
        blocks.Should().NotBeEmpty($"{page} shows a sample");
        foreach (Match block in blocks)
        {
            var sample = await File.ReadAllTextAsync(Path.Combine(Root, "Samples", block.Groups["name"].Value + ".cs"));
            block.Groups["code"].Value.Trim().Should().Be(Marked().Match(sample).Groups["code"].Value.Trim(), $"{page} shows {block.Groups["name"].Value} as it is");
        }
    }

    [Fact]
    public void Covers_every_sample()
    {
        var shown = Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").SelectMany(f => Blocks().Matches(File.ReadAllText(f))).Select(m => m.Groups["name"].Value + ".cs");
        shown.Should().BeEquivalentTo(Directory.GetFiles(Path.Combine(Root, "Samples"), "*.cs").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Shows_the_app_json_of_the_sample_app_and_the_engine_takes_it()
    {
        var file = await File.ReadAllTextAsync(Path.Combine(Root, "hello", "app.json"));
        Files().Matches(await File.ReadAllTextAsync(Path.Combine(Root, "docs", "getting-started.md"))).Single().Groups["code"].Value.Trim().Should().Be(file.Trim());

        var manifest = AppJson.Parse(file);
        manifest.Warnings.Should().BeEmpty();
        manifest.For(Stage.Review).Env.Should().Contain("CONTACT", new(Required: true, Description: manifest.For(Stage.Review).Env["CONTACT"].Description));
        manifest.For(Stage.Staging).Env.Keys.Should().Equal("GREETING", "SECRET");
        manifest.For(Stage.Production).Processes["web"].Health!.Path.Should().Be("/health");
    }

    [GeneratedRegex("<!-- file: app.json -->\\s*```jsonc\\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Files();

    [GeneratedRegex("<!-- sample: (?<name>\\w+) -->\\s*```(?:csharp|cs)\\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("// <sample>(?<code>.*)// </sample>", RegexOptions.Singleline)]
    private static partial Regex Marked();
}
