namespace Flow.Packages.Tests.Worlds;

/// <summary>A bare repository, and a developer's clone of it with <c>samples/apps/hello</c>.</summary>
internal sealed class HelloRepository(string root)
{
    private readonly string clone = Path.Combine(root, "hello");

    public string Url { get; } = Path.Combine(root, "hello.git");

    public async Task CreateAsync()
    {
        await Tool.RunAsync("git", root, null, "init", "--quiet", "--bare", "--initial-branch=main", Url);
        await Tool.RunAsync("git", root, null, "clone", "--quiet", Url, clone);
        var template = Checkout.In("samples", "apps", "hello");
        foreach (var file in Directory.GetFiles(template)) File.Copy(file, Path.Combine(clone, Path.GetFileName(file)));
    }

    /// <summary>Returns the commit.</summary>
    public async Task<string> PushAsync()
    {
        await Tool.RunAsync("git", clone, null, "add", "--all");
        await Tool.RunAsync("git", clone, null, "commit", "--quiet", "--message", "The first version");
        await Tool.RunAsync("git", clone, null, "push", "--quiet", "origin", "HEAD:main");
        return (await Tool.RunAsync("git", clone, null, "rev-parse", "HEAD")).Trim();
    }
}
