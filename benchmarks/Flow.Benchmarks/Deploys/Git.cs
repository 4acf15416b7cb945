using System.Diagnostics;

namespace Flow.Benchmarks.Deploys;

/// <summary>A bare repository with the sample app, and a clone to push from.</summary>
internal sealed class Git(string directory)
{
    private readonly string clone = Path.Combine(directory, "clone");
    private int changes;

    public string Url { get; } = Path.Combine(directory, "hello.git");

    public async Task CreateAsync()
    {
        await RunAsync(directory, "init", "--quiet", "--bare", "--initial-branch=main", Url);
        await RunAsync(directory, "clone", "--quiet", Url, clone);
        Copy(Path.Combine(AppContext.BaseDirectory, "hello"), clone);
    }

    /// <summary>A commit that changes the tree, so that it is built. Returns it, and when the push was over.</summary>
    public async Task<(string Commit, DateTimeOffset At)> PushAsync(bool releasePhase)
    {
        await File.WriteAllTextAsync(Path.Combine(clone, "Procfile"), $"web: dotnet bin/hello.dll\n{(releasePhase ? "release: dotnet bin/hello.dll migrate\n" : "")}");
        await File.WriteAllTextAsync(Path.Combine(clone, "NOTES.md"), $"Change {++changes}.\n");
        await RunAsync(clone, "add", "--all");
        await RunAsync(clone, "commit", "--quiet", "--message", $"Change {changes}");
        var commit = (await RunAsync(clone, "rev-parse", "HEAD")).Trim();
        await RunAsync(clone, "push", "--quiet", "origin", "HEAD:main");
        return (commit, DateTimeOffset.UtcNow);
    }

    /// <summary>The code as it is now, in a directory of its own.</summary>
    public void Export(string to)
    {
        Copy(clone, to);
        // As in the builder's workspace: MSBuild is to find nothing in the folders above.
        foreach (var name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" }) File.WriteAllText(Path.Combine(to, "..", name), "<Project />");
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(from, file);
            if (relative.Split(Path.DirectorySeparatorChar)[0] is ".git" or "bin" or "obj") continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, relative))!);
            File.Copy(file, Path.Combine(to, relative));
        }
    }

    private static async Task<string> RunAsync(string at, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = at, RedirectStandardOutput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var who in new[] { "AUTHOR", "COMMITTER" }) (start.Environment[$"GIT_{who}_NAME"], start.Environment[$"GIT_{who}_EMAIL"]) = ("Ada", "ada@example.org");
        (start.Environment["GIT_CONFIG_NOSYSTEM"], start.Environment["GIT_CONFIG_GLOBAL"]) = ("1", "/dev/null");
        using var git = Process.Start(start)!;
        var output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return git.ExitCode == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {git.ExitCode}.");
    }
}
