using System.Diagnostics;

namespace Flow.Reliability.Tests.Kills;

/// <summary>The git repository that people push to.</summary>
internal sealed class Origin(string path)
{
    public async Task CreateAsync()
    {
        Directory.CreateDirectory(path);
        await GitAsync("init", "--quiet", "--initial-branch=main");
        await File.WriteAllTextAsync(Path.Combine(path, "Procfile"), $"web: exec ${LocalHost.Program} {Child.Verb} {WebProcess.Name}\nrelease: printf 'release %s\\n' \"$FLOW_SUPERVISED\" >> \"${LocalHost.Effects}\"\n");
    }

    public async Task PushAsync(string pace)
    {
        await File.WriteAllTextAsync(Path.Combine(path, "pace"), pace + "\n");
        await GitAsync("add", "--all");
        await GitAsync("commit", "--quiet", "--allow-empty", "--message", $"A build of {pace} s");
    }

    private async Task GitAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = path };
        foreach (var (name, value) in (IEnumerable<(string, string)>)[("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com"), ("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
            start.Environment[name] = value;
        using var git = Process.Start(start)!;
        await git.WaitForExitAsync();
        if (git.ExitCode != 0) throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with code {git.ExitCode}.");
    }
}
