using Flow.Builds;
using Flow.Sources;

namespace Flow.Providers.Local.Builds;

/// <summary>
/// How code of one language becomes something that runs. A pack decides and reads; the builder does the rest: it exports the code, runs the plan's commands one
/// after the other under the supervisor, and keeps the output. So a pack has nothing to remember.
/// </summary>
internal interface ILanguagePack
{
    /// <summary>Stable; kept in plans.</summary>
    string Name { get; }

    /// <summary>Changes whenever the same code could give other output: of the pack and of the tools it finds on this machine.</summary>
    string Version { get; }

    /// <summary>Buildpacks that the pack stands in for, by their <see cref="Builds.Buildpacks.NameOf"/>; the first one is shown to people. Empty: none, it is chosen by its detection alone.</summary>
    IReadOnlyList<string> Buildpacks => [];

    /// <summary>"Is this mine?", by the names of the files and the text of small ones.</summary>
    /// <param name="source">The code.</param>
    /// <param name="files">All its files.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    ValueTask<Detection> DetectAsync(ISourceTree source, IReadOnlyList<string> files, CancellationToken cancellationToken);

    /// <summary>Commands that leave the output below <see cref="BuildWorkspace.Output"/>; may write beside the code, never into it.</summary>
    ValueTask<IReadOnlyList<BuildStep>> PlanAsync(BuildWorkspace workspace, IReadOnlyList<string> files, CancellationToken cancellationToken);

    /// <summary>After the commands succeeded: puts together what is run, in an empty directory, and says how it is started.</summary>
    /// <exception cref="FlowException">The output cannot be run: permanent, for the user.</exception>
    ValueTask<IReadOnlyDictionary<string, string>> AssembleAsync(BuildWorkspace workspace, string directory, CancellationToken cancellationToken);

    /// <summary>Why a command failed: the first errors with their places. Output is hostile text.</summary>
    ValueTask<Failure> ExplainAsync(BuildWorkspace workspace, int exitCode, string tail, CancellationToken cancellationToken);
}

/// <summary>One command of a build.</summary>
internal sealed record BuildStep
{
    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }
    /// <summary>On top of what every build gets. Kept on disk: never secret.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}

/// <summary>Where one build works. All paths are absolute.</summary>
/// <param name="Root">Its own directory, removed at the end.</param>
/// <param name="Cache">Kept between builds of one pipeline and one trust.</param>
internal sealed record BuildWorkspace(string Root, string Cache)
{
    /// <summary>The exported code; commands run here.</summary>
    public string Source => Path.Combine(Root, "src");
    /// <summary>For what the commands make.</summary>
    public string Output => Path.Combine(Root, "out");
    /// <summary>What becomes the artifact.</summary>
    public string Assembled => Path.Combine(Root, "artifact");
    /// <summary>Its presence says that somebody began to put the output together.</summary>
    public string Assembling => Path.Combine(Root, "assembling");
    /// <summary>The plan; its presence says that the export is complete.</summary>
    public string Plan => Path.Combine(Root, "plan.json");
}
