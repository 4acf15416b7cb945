using System.Text;
using CliWrap;
using CliWrap.Buffered;
using Flow.Providers.Local.Tests.Files;

namespace Flow.Providers.Local.Tests.Git;

/// <summary>A real repository to read from, made with the real git.</summary>
public sealed class GitRepository
{
    private GitRepository(string path) => Url = path;

    public string Url { get; }

    public static async Task<GitRepository> CreateAsync(string path)
    {
        var repository = new GitRepository(path);
        Directory.CreateDirectory(path);
        await repository.GitAsync("init", "--quiet", "--initial-branch=main");
        return repository;
    }

    /// <summary>With one commit on <c>main</c>.</summary>
    public static async Task<GitRepository> CreateAsync(TemporaryDirectory temporary, params (string Path, string Text)[] files)
    {
        var repository = await CreateAsync(temporary["origin"]);
        await repository.CommitAsync("First commit", files.Length > 0 ? files : [("README.md", "hello")]);
        return repository;
    }

    public async Task<CommitSha> CommitAsync(string message, params (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(Url, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllTextAsync(full, text);
        }
        await GitAsync("add", "--all");
        await GitAsync("commit", "--quiet", "--allow-empty", "--message", message);
        return await HeadAsync();
    }

    public async Task<CommitSha> HeadAsync() => CommitSha.Parse((await GitAsync("rev-parse", "HEAD")).Trim());

    public Task RefAsync(string name, CommitSha commit) => GitAsync("update-ref", name, commit.ToString());

    /// <summary>A commit of any tree, also one that git itself would never write.</summary>
    public async Task<CommitSha> CommitTreeAsync(params (string Mode, string Name, string Id)[] entries) =>
        CommitSha.Parse((await GitAsync("commit-tree", "-m", "Crafted", await TreeAsync(entries))).Trim());

    public Task<string> TreeAsync(params (string Mode, string Name, string Id)[] entries) =>
        HashAsync("tree", [.. entries.SelectMany(e => (byte[])[.. Encoding.UTF8.GetBytes($"{e.Mode} {e.Name}\0"), .. Convert.FromHexString(e.Id)])]);

    public Task<string> BlobAsync(string text) => HashAsync("blob", Encoding.UTF8.GetBytes(text));

    public async Task<string> HashAsync(string type, byte[] content) =>
        (await Git("hash-object", "-t", type, "-w", "--literally", "--stdin").WithStandardInputPipe(PipeSource.FromBytes(content)).ExecuteBufferedAsync()).StandardOutput.Trim();

    public async Task<string> GitAsync(params string[] arguments) => (await Git(arguments).ExecuteBufferedAsync()).StandardOutput;

    private Command Git(params string[] arguments) => Cli.Wrap("git").WithArguments(arguments).WithWorkingDirectory(Url).WithEnvironmentVariables(e => e
        .Set("GIT_CONFIG_NOSYSTEM", "1").Set("GIT_CONFIG_GLOBAL", "/dev/null")
        .Set("GIT_AUTHOR_NAME", "Ada").Set("GIT_AUTHOR_EMAIL", "ada@example.com").Set("GIT_COMMITTER_NAME", "Ada").Set("GIT_COMMITTER_EMAIL", "ada@example.com"));
}
