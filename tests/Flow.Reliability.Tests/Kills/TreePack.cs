using Flow.Builds;
using Flow.Providers.Local.Builds;
using Flow.Sources;

namespace Flow.Reliability.Tests.Kills;

/// <summary>
/// A build that leaves three trees of processes behind that would live for ever: in the background, in a session of its own, and one that has forked twice and
/// dropped the supervisor's mark. It ends after as many seconds as the file <c>pace</c> says.
/// </summary>
internal sealed class TreePack : ILanguagePack
{
    /// <summary>In the environment of everything that a build starts: what kind of build it is.</summary>
    public const string Mark = "KILLS_BUILD";
    public const string Endless = "1000";

    private const string Line = """
        sleep 1000 &
        (setsid sleep 1000 &)
        (env -i KILLS_RUN="$KILLS_RUN" KILLS_BUILD="$KILLS_BUILD" setsid /bin/sh -c 'sleep 1000 & sleep 1000' &)
        sleep "$(cat pace)" && mkdir -p "$OUT" && cp Procfile pace "$OUT"
        """;

    public string Name => "tree";
    public string Version => "1";

    public ValueTask<Detection> DetectAsync(ISourceTree source, IReadOnlyList<string> files, CancellationToken cancellationToken) => new(new Detection(true, "A tree"));

    public ValueTask<IReadOnlyList<BuildStep>> PlanAsync(BuildWorkspace workspace, IReadOnlyList<string> files, CancellationToken cancellationToken) => new([new()
    {
        Arguments = ["sh", "-c", Line],
        Variables = new Dictionary<string, string> { ["OUT"] = workspace.Output, [Mark] = File.ReadAllText(Path.Combine(workspace.Source, "pace")).Trim() == Endless ? "endless" : "quick" },
    }]);

    public ValueTask<IReadOnlyDictionary<string, string>> AssembleAsync(BuildWorkspace workspace, string directory, CancellationToken cancellationToken)
    {
        Directory.Move(workspace.Output, Path.Combine(directory, "bin"));
        return new(new Dictionary<string, string>());
    }

    public ValueTask<Failure> ExplainAsync(BuildWorkspace workspace, int exitCode, string tail, CancellationToken cancellationToken) => new(new Failure("build-failed", $"exit {exitCode}: {tail}"));
}
