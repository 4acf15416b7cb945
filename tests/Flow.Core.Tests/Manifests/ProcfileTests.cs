using Flow.Manifests;

namespace Flow.Core.Tests.Manifests;

public sealed class Reading_a_procfile
{
    public static TheoryData<string> Corpus() => [.. CorpusFiles.In("procfile"), .. CorpusFiles.In("procfile-variants")];

    [Theory]
    [MemberData(nameof(Corpus))]
    public void Accepts_real_files(string file)
    {
        Procfile.Parse(CorpusFiles.Text(file)).Should().NotBeEmpty()
            .And.AllSatisfy(t => t.Value.Should().NotBeNullOrWhiteSpace().And.NotContainAny("\r", "\n"));
    }

    [Fact]
    public void Are_all_there() => Corpus().Should().HaveCount(41);

    [Fact]
    public void Takes_the_last_line_of_a_type_that_is_named_twice()
    {
        var types = Procfile.Parse(CorpusFiles.Text("procfile-variants/luissilva1044894__FlaskPyrezAPI@314c76c3"));

        types["web"].Should().Be("sh ./scripts/heroku.sh");
        types.Keys.Should().StartWith(["web", "bot"]);
    }

    [Fact]
    public void Keeps_commands_as_they_are()
    {
        var types = Procfile.Parse("web: FOO=\"a: b\" bin/run --url=http://x:${PORT:-80} | tee $(date) # not a comment\nworker-2:run\n");

        types["web"].Should().Be("FOO=\"a: b\" bin/run --url=http://x:${PORT:-80} | tee $(date) # not a comment");
        types["worker-2"].Should().Be("run");
    }

    [Theory]
    [InlineData("\uFEFFweb: run")]
    [InlineData("web: run\r\n")]
    [InlineData("# comment\r\n\r\n  web :\trun \t\r\n")]
    [InlineData("   # indented\n\t\nweb: run")]
    public void Forgives_line_ends_white_space_and_byte_order_marks(string text) =>
        Procfile.Parse(text).Should().Equal(new Dictionary<string, string> { ["web"] = "run" });

    [Theory]
    [InlineData("")]
    [InlineData("\n\n# nothing yet\n")]
    public void Has_no_types_when_there_are_only_comments(string text) => Procfile.Parse(text).Should().BeEmpty();

    [Theory]
    [InlineData("web: run\nthis is no process type", "Line 2*no colon*type: command*")]
    [InlineData("web server: run", "Line 1*web server*letters, digits*")]
    [InlineData("wéb: run", "Line 1*letters, digits*")]
    [InlineData(": run", "Line 1*letters, digits*")]
    [InlineData("# a\n\nweb:   ", "Line 3*'web' no command*")]
    [InlineData("web: run\0; rm", "Line 1*control character (U+0000)*")]
    [InlineData("web: run\rworker: run", "Line 1*control character (U+000D)*")]
    [InlineData("web: \u001b[2Jrun", "Line 1*control character (U+001B)*")]
    public void Names_line_and_fix_when_it_is_nonsense(string text, string message) => Refused(text).Message.Should().Match(message);

    [Fact]
    public void Refuses_names_that_are_too_long()
    {
        Procfile.Parse(new string('a', 63) + ": run").Should().HaveCount(1);
        Refused(new string('a', 64) + ": run").Message.Should().Contain("1 to 63");
    }

    [Fact]
    public void Is_bounded_in_bytes_of_utf8()
    {
        Refused("web: " + new string('é', Procfile.MaxLineBytes / 2)).Message.Should().Contain("Line 1").And.Contain("4 KiB");
        Refused(new string('#', Procfile.MaxBytes + 1)).Message.Should().Contain("64 KiB");
        Procfile.Parse(new string('#', Procfile.MaxBytes)).Should().BeEmpty();
    }

    [Fact]
    public void Is_bounded_in_types()
    {
        var most = string.Join('\n', Enumerable.Range(1, Procfile.MaxTypes).Select(i => $"t{i}: run"));
        Procfile.Parse(most).Should().HaveCount(Procfile.MaxTypes);
        Refused(most + "\nt65: run").Message.Should().Contain("Line 65").And.Contain("at most 64");
    }

    private static FlowException Refused(string text)
    {
        var refused = FluentActions.Invoking(() => Procfile.Parse(text)).Should().Throw<FlowException>().Which;
        refused.Code.Should().Be("procfile-invalid");
        refused.Transient.Should().BeFalse();
        refused.Message.Length.Should().BeLessThan(400);
        return refused;
    }
}
