using Flow.AspNetCore.Status;
using Flow.Engine;
using Flow.Manifests;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Runtime;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Reliability.Tests.Hostile;

/// <summary>Every payload where a name, a process line or a text for people is expected.</summary>
public sealed class Hostile_names
{
    [Fact]
    public void Are_enough() => (Corpus.Count * Places).Should().BeGreaterThanOrEqualTo(500);

    /// <summary>Refs, tags, pull-request refs, subjects, authors, file names, URLs, root folders, names and values of variables, arguments, programs, ids, process types, process lines, names of apps, texts on a page.</summary>
    private const int Places = 17;

    [Fact]
    public void Are_no_names_of_ours()
    {
        foreach (var payload in Corpus.For("/tmp"))
        {
            AppName.TryParse(payload, null, out _).Should().BeFalse(payload);
            PipelineName.TryParse(payload, null, out _).Should().BeFalse(payload);
            CommitSha.TryParse(payload, null, out _).Should().BeFalse(payload);
            ArtifactDigest.TryParse(payload, null, out _).Should().BeFalse(payload);
            RunId.TryParse(payload, null, out _).Should().BeFalse(payload);
            RunId.TryParse($"{payload}.1", null, out _).Should().BeFalse(payload);
            DeploymentId.TryParse($"{payload}.1.1", null, out _).Should().BeFalse(payload);
            ProcessName.Parse($"run.{payload}.1.1.web.1").Should().BeNull(payload);
            var parse = () => AppName.Parse(payload);
            parse.Should().Throw<FormatException>().Which.Message.Any(char.IsControl).Should().BeFalse();
        }
    }

    [Fact]
    public void Are_process_lines_that_are_only_kept_until_their_owner_starts_them()
    {
        var (kept, refused) = (0, 0);
        foreach (var payload in Corpus.For(Path.GetTempPath()))
        {
            foreach (var text in (string[])[$"web: {payload}", $"{payload}: run", payload])
            {
                try
                {
                    foreach (var (type, command) in Procfile.Parse(text))
                    {
                        kept++;
                        type.Should().MatchRegex(@"\A[A-Za-z0-9_-]{1,63}\z");
                        ShellCommand.Arguments(command).Should().Equal("/bin/sh", "-c", command);
                    }
                }
                catch (FlowException trouble)
                {
                    refused++;
                    trouble.Code.Should().Be("procfile-invalid");
                    trouble.Message.Any(char.IsControl).Should().BeFalse();
                    trouble.Message.Length.Should().BeLessThan(500);
                }
            }
        }
        Corpus.IsUntouched();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Corpus.Count * 3} process lines: {kept} kept, {refused} refused");
    }

    [Fact]
    public void Are_text_in_messages_and_on_pages()
    {
        foreach (var payload in Corpus.For("/tmp"))
        {
            HostileText.Shown(payload).Any(c => char.IsControl(c) || c is '\u202e' or '\u2066' or '\u2067' or '\u2028' or '\u2029' or '\u200b' or '\ufeff').Should().BeFalse(payload);
            var page = Html.Of($"<p title=\"{payload}\">{payload}</p>").ToString();
            page.Count(c => c == '<').Should().Be(2, payload);
            page.Count(c => c == '"').Should().Be(2, payload);
            page.Any(c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is '\u202e' or '\u2066' or '\u2028' or '\u200b').Should().BeFalse(payload);
            StreamId.TryParse(payload, null, out _);
        }
    }
}
