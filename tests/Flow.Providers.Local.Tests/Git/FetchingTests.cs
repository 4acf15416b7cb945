using Flow.Providers.Local.Tests.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Git;

public sealed class Fetching_a_revision : IDisposable
{
    private readonly TemporaryDirectory temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Tells_which_files_are_others()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("a.txt", "one"), ("run.sh", "x"), ("z/b.txt", "two"));
        using var provider = Provider.Create(temporary["data"]);
        var first = await HashesAsync(await origin.HeadAsync());
        File.SetUnixFileMode(Path.Combine(origin.Url, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var second = await HashesAsync(await origin.CommitAsync("More", ("a.txt", "changed")));
        first.Select(f => f.Path).Should().Equal("a.txt", "run.sh", "z/b.txt");
        second.Except(first).Select(f => f.Path).Should().Equal("a.txt", "run.sh");

        async Task<IReadOnlyList<(string Path, string Hash)>> HashesAsync(CommitSha commit) =>
            await ((IFileHashes)await provider.FetchAsync(Provider.Repository(origin.Url), commit, default)).ListHashesAsync(10, default);
    }

    [Fact]
    public async Task Describes_the_commit_and_its_tree()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("b.txt", "two"), ("a/b.txt", "ünï"), ("a.txt", "one"));
        var commit = await origin.CommitAsync(new string('x', 300) + "\n\nBody");
        using var provider = Provider.Create(temporary["data"]);

        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), commit, default);

        tree.TreeId.Should().Be((await origin.GitAsync("rev-parse", "HEAD^{tree}")).Trim());
        (tree.Author, tree.Subject).Should().Be(("Ada", new string('x', 200)));
        (await tree.ListFilesAsync(10, default)).Should().Equal("a.txt", "a/b.txt", "b.txt");
        (await tree.ReadTextAsync("a/b.txt", 100, default)).Should().Be("ünï");
        (await tree.ReadTextAsync("a", 100, default)).Should().BeNull();
        (await tree.ReadTextAsync("none", 100, default)).Should().BeNull();
        (await tree.ReadTextAsync("../a.txt", 100, default)).Should().BeNull();
    }

    [Fact]
    public async Task Works_without_the_remote_once_it_is_there()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("a.txt", "one"));
        var commit = await origin.HeadAsync();
        using (var first = Provider.Create(temporary["data"])) await first.FetchAsync(Provider.Repository(origin.Url), commit, default);
        Directory.Delete(origin.Url, recursive: true);
        using var restarted = Provider.Create(temporary["data"]);

        var tree = await restarted.FetchAsync(Provider.Repository(origin.Url), commit, default);

        (await tree.ReadTextAsync("a.txt", 100, default)).Should().Be("one");
    }

    [Fact]
    public async Task Keeps_a_commit_that_a_force_push_removed_and_garbage_collection_would_take()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var gone = await origin.CommitAsync("Gone", ("secret.txt", "x"));
        using var provider = Provider.Create(temporary["data"]);
        await provider.FetchAsync(Provider.Repository(origin.Url), gone, default);
        await origin.GitAsync("reset", "--quiet", "--hard", "HEAD~1");
        var mirror = Directory.GetDirectories(temporary["data/git"]).Single();
        await origin.GitAsync($"--git-dir={mirror}", "gc", "--quiet", "--prune=now");

        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), gone, default);

        (await tree.ListFilesAsync(10, default)).Should().Contain("secret.txt");
    }

    [Fact]
    public async Task Finds_a_commit_below_a_branch_when_the_server_hands_out_tips_only()
    {
        // The old protocol refuses commits that no ref points to.
        Environment.SetEnvironmentVariable("GIT_CONFIG_COUNT", "1");
        Environment.SetEnvironmentVariable("GIT_CONFIG_KEY_0", "protocol.version");
        Environment.SetEnvironmentVariable("GIT_CONFIG_VALUE_0", "0");
        var origin = await GitRepository.CreateAsync(temporary);
        var older = await origin.HeadAsync();
        await origin.CommitAsync("Newer");
        using var provider = Provider.Create(temporary["data"], null, null, "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0");

        (await provider.FetchAsync(Provider.Repository(origin.Url), older, default)).Subject.Should().Be("First commit");
    }

    [Fact]
    public async Task Says_so_when_the_repository_does_not_have_it()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        using var provider = Provider.Create(temporary["data"]);

        var refused = await Refused(() => provider.FetchAsync(Provider.Repository(origin.Url), CommitSha.Parse(new string('d', 40)), default));

        (refused.Code, refused.Transient).Should().Be(("revision-missing", false));
        refused.Message.Should().Contain(origin.Url).And.Contain("dddd");
    }

    [Fact]
    public async Task Reads_below_a_root_folder()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("src/shop/app.txt", "x"), ("src/other/app.txt", "y"));
        using var provider = Provider.Create(temporary["data"]);
        var commit = await origin.HeadAsync();

        var tree = await provider.FetchAsync(Provider.Repository(origin.Url, "/src/shop/"), commit, default);

        tree.TreeId.Should().Be((await origin.GitAsync("rev-parse", "HEAD:src/shop")).Trim());
        (await tree.ListFilesAsync(10, default)).Should().Equal("app.txt");
        (await Refused(() => provider.FetchAsync(Provider.Repository(origin.Url, "src/none"), commit, default))).Code.Should().Be("root-folder-missing");
        (await Refused(() => provider.FetchAsync(Provider.Repository(origin.Url, "src/../.."), commit, default))).Code.Should().Be("root-folder-invalid");
    }

    [Fact]
    public async Task Is_fetched_once_however_many_ask()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var commits = new List<CommitSha>();
        for (var i = 0; i < 4; i++) commits.Add(await origin.CommitAsync($"Commit {i}", ("a.txt", $"{i}")));
        using var provider = Provider.Create(temporary["data"]);

        var trees = await Task.WhenAll(commits.Concat(commits).Select(c => provider.FetchAsync(Provider.Repository(origin.Url), c, default).AsTask()));

        var texts = await Task.WhenAll(trees.Select(t => t.ReadTextAsync("a.txt", 10, default).AsTask()));
        texts.Should().Equal("0", "1", "2", "3", "0", "1", "2", "3");
    }

    [Fact]
    public async Task Makes_a_broken_mirror_anew()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var first = await origin.HeadAsync();
        using var provider = Provider.Create(temporary["data"]);
        await provider.FetchAsync(Provider.Repository(origin.Url), first, default);
        var second = await origin.CommitAsync("Second");
        // What a killed git leaves behind, and what a power cut does.
        var mirror = Directory.GetDirectories(temporary["data/git"]).Single();
        await File.WriteAllTextAsync(Path.Combine(mirror, "refs/flow", $"{second}.lock"), "");

        (await provider.FetchAsync(Provider.Repository(origin.Url), second, default)).Subject.Should().Be("Second");

        foreach (var file in Directory.GetFiles(Path.Combine(mirror, "objects"), "*", SearchOption.AllDirectories)) File.Delete(file);
        (await provider.FetchAsync(Provider.Repository(origin.Url), second, default)).Subject.Should().Be("Second");
    }

    [Fact]
    public async Task Runs_nothing_that_a_hostile_ref_or_path_says()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("$(touch canary)/`touch canary`", "x"), ("--output=canary", "y"));
        var commit = await origin.HeadAsync();
        await origin.RefAsync("refs/heads/$(touch${IFS}canary)", commit);
        using var provider = Provider.Create(temporary["data"]);

        var listing = await provider.ListAsync(Provider.Repository(origin.Url) with { ProposalBranches = ["*"] }, default);
        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), listing.Branches["$(touch${IFS}canary)"], default);
        await tree.ExportAsync(temporary.Create("out"), default);

        (await tree.ReadTextAsync("--output=canary", 10, default)).Should().Be("y");
        Directory.EnumerateFiles(temporary.Root, "canary", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task Fails_for_the_caller_only_when_it_is_cancelled()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var commit = await origin.HeadAsync();
        using var provider = Provider.Create(temporary["data"]);

        await FluentActions.Awaiting(() => provider.FetchAsync(Provider.Repository(origin.Url), commit, new CancellationToken(true)).AsTask())
            .Should().ThrowAsync<OperationCanceledException>();

        (await provider.FetchAsync(Provider.Repository(origin.Url), commit, default)).Subject.Should().Be("First commit");
    }

    private static async Task<FlowException> Refused(Func<ValueTask<ISourceTree>> fetch) =>
        (await FluentActions.Awaiting(() => fetch().AsTask()).Should().ThrowAsync<FlowException>()).Which;
}
