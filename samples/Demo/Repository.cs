using CliWrap;
using CliWrap.Buffered;

namespace Flow.Samples.Demo;

/// <summary>A developer with a clone and plain <c>git push</c>.</summary>
internal sealed class Repository(string directory, string template)
{
    private readonly string clone = Path.Combine(directory, "clone");

    public string Url { get; } = Path.Combine(directory, "hello.git");

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await GitAsync(directory, cancellationToken, "init", "--quiet", "--bare", "--initial-branch=main", Url);
        await GitAsync(directory, cancellationToken, "clone", "--quiet", Url, clone);
        foreach (var file in Directory.EnumerateFiles(template, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(template, file);
            if (relative.Split(Path.DirectorySeparatorChar) is [var top, ..] && top is "bin" or "obj") continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(clone, relative))!);
            File.Copy(file, Path.Combine(clone, relative));
        }
    }

    /// <summary>Writes or (null) removes files, commits, and pushes to a ref. Returns the commit.</summary>
    public async Task<string> PushAsync(string message, string reference, CancellationToken cancellationToken, params (string Path, string? Text)[] files)
    {
        foreach (var (path, text) in files)
            if (text is null) File.Delete(Path.Combine(clone, path));
            else await File.WriteAllTextAsync(Path.Combine(clone, path), text, cancellationToken);
        await GitAsync(clone, cancellationToken, "add", "--all");
        await GitAsync(clone, cancellationToken, "commit", "--quiet", "--allow-empty", "--message", message);
        await GitAsync(clone, cancellationToken, "push", "--quiet", "origin", $"HEAD:{reference}");
        return (await GitAsync(clone, cancellationToken, "rev-parse", "HEAD")).Trim();
    }

    public Task<string> ReadAsync(string path, CancellationToken cancellationToken) => File.ReadAllTextAsync(Path.Combine(clone, path), cancellationToken);

    public Task CheckoutAsync(string branch, CancellationToken cancellationToken) => GitAsync(clone, cancellationToken, "checkout", "--quiet", "-B", branch);

    public Task ReturnToMainAsync(CancellationToken cancellationToken) => GitAsync(clone, cancellationToken, "checkout", "--quiet", "main");

    public Task DeleteAsync(string reference, CancellationToken cancellationToken) => GitAsync(clone, cancellationToken, "push", "--quiet", "origin", $":{reference}");

    private static async Task<string> GitAsync(string at, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await Cli.Wrap("git").WithArguments(arguments).WithWorkingDirectory(at).WithValidation(CommandResultValidation.None)
            .WithEnvironmentVariables(v => v.Set("GIT_AUTHOR_NAME", "Ada").Set("GIT_AUTHOR_EMAIL", "ada@example.org").Set("GIT_COMMITTER_NAME", "Ada").Set("GIT_COMMITTER_EMAIL", "ada@example.org")
                .Set("GIT_CONFIG_NOSYSTEM", "1").Set("GIT_CONFIG_GLOBAL", "/dev/null"))
            .ExecuteBufferedAsync(cancellationToken);
        return result.IsSuccess ? result.StandardOutput : throw new StoryException($"git {string.Join(' ', arguments)}: {result.StandardError.Trim()}");
    }
}
