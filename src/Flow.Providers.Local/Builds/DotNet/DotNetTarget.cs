using Flow.Builds;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Builds.DotNet;

/// <summary>What to publish: a solution at the top, else a project, else a single C# file (Heroku: the order of its .NET buildpack).</summary>
internal sealed record DotNetTarget(string File, DotNetTargetKind Kind)
{
    private static readonly string[] Solutions = [".sln", ".slnx"];
    private static readonly string[] Projects = [".csproj", ".fsproj", ".vbproj"];

    /// <summary>The target, or why there is none; never both.</summary>
    public static (DotNetTarget? Target, Detection Detection) Find(IReadOnlyList<string> files)
    {
        var top = files.Where(f => !f.Contains('/')).ToList();
        return Pick(top, Solutions, DotNetTargetKind.Solution, "solution")
            ?? Pick(top, Projects, DotNetTargetKind.Project, "project")
            ?? Pick(top, [".cs"], DotNetTargetKind.SingleFile, "C# file")
            ?? (null, new(false, Nothing(files)));
    }

    private static (DotNetTarget?, Detection)? Pick(List<string> top, string[] extensions, DotNetTargetKind kind, string word)
    {
        var found = With(top, extensions);
        return found switch
        {
            [] => null,
            [var only] => (new(only, kind), new(true, $".NET: the {word} {HostileText.Shown(only)}")),
            _ => (null, new(false, $".NET: there are several {word}s at the top ({Some(found)}) and Flow does not guess: keep one there{(kind == DotNetTargetKind.Solution ? "" : ", add a solution that holds what belongs together")}, or set the pipeline's root folder to the folder of the one to build.")),
        };
    }

    private static string Nothing(IReadOnlyList<string> files)
    {
        const string Sought = ".NET: no solution (*.sln, *.slnx), no project (*.csproj, *.fsproj, *.vbproj) and no single *.cs file at the top";
        var deeper = With(files, [.. Solutions, .. Projects]);
        if (deeper.Count == 0) return $"{Sought}, nor a solution or project below it.";
        var folder = deeper[0][..deeper[0].LastIndexOf('/')];
        return $"{Sought}, but below it there is {Some(deeper)}: add a solution at the top, or set the pipeline's root folder, for example to '{HostileText.Shown(folder)}'.";
    }

    private static List<string> With(IReadOnlyList<string> files, string[] extensions) => [.. files.Where(f => extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))];

    private static string Some(List<string> files) => string.Join(", ", files.Take(5).Select(f => HostileText.Shown(f))) + (files.Count > 5 ? $" and {files.Count - 5} more" : "");
}

internal enum DotNetTargetKind
{
    Solution,
    Project,
    SingleFile,
}
