using Flow.Builds;
using Flow.Providers.Local.Builds;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Builds;

/// <summary>Runs shell lines: a build of milliseconds.</summary>
internal sealed class ScriptLanguagePack(params string[] lines) : ILanguagePack
{
    public string Name => "script";
    public string Version => "script-1";

    public ValueTask<Detection> DetectAsync(ISourceTree source, IReadOnlyList<string> files, CancellationToken cancellationToken) => new(new Detection(true, "Script"));

    public ValueTask<IReadOnlyList<BuildStep>> PlanAsync(BuildWorkspace workspace, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(workspace.Output);
        return new([.. lines.Select(line => new BuildStep { Arguments = ["sh", "-c", line], Variables = new Dictionary<string, string> { ["OUT"] = workspace.Output } })]);
    }

    public ValueTask<IReadOnlyDictionary<string, string>> AssembleAsync(BuildWorkspace workspace, string directory, CancellationToken cancellationToken)
    {
        Directory.Move(workspace.Output, Path.Combine(directory, "bin"));
        return new(new Dictionary<string, string> { ["web"] = "./bin/app" });
    }

    public ValueTask<Failure> ExplainAsync(BuildWorkspace workspace, int exitCode, string tail, CancellationToken cancellationToken) => new(new Failure("build-failed", $"exit {exitCode}: {tail}"));
}
