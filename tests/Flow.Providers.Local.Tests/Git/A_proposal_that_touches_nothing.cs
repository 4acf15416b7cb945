using Flow.Providers.Local.Git;
using Flow.Providers.Local.Tests.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Git;

public sealed class A_proposal_that_touches_nothing : IAsyncLifetime
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly TemporaryDirectory temporary = new();
    private readonly ManualTime time = new();
    private GitSourceProvider provider = null!;
    private GitRepository origin = null!;

    private string Mirror => Directory.GetDirectories(temporary["data/git"]).Single();

    public async ValueTask InitializeAsync()
    {
        origin = await GitRepository.CreateAsync(temporary, ("services/api/a.cs", "1"), ("services/web/a.cs", "1"), ("services/api-docs/a.md", "1"), ("lib/x.cs", "1"), ("README.md", "1"));
        provider = Provider.Create(temporary["data"], time: time);
    }

    public ValueTask DisposeAsync()
    {
        provider.Dispose();
        temporary.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("services/api/b.cs", false)]
    [InlineData("services/web/b.cs", true)]
    [InlineData("services/api-docs/b.md", true)]
    [InlineData("README.md", true)]
    public async Task Is_one_that_changes_no_file_below_the_root_folder(string file, bool untouched)
    {
        await ProposeAsync("one", (file, "changed"));

        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(untouched);
        (await UntouchedAsync(Of())).Should().Equal(false);
    }

    [Theory]
    [InlineData("services/api/deep/b.cs", "services/api/**", false)]
    [InlineData("services/web/b.cs", "services/api/**", true)]
    [InlineData("services/api/deep/b.cs", "services/*/b.cs", true)]
    [InlineData("services/api/deep/b.cs", "services/api", false)]
    [InlineData("lib/y.cs", "services/api/**|lib/**", false)]
    [InlineData("lib/deep/notes.md", "lib/**|!lib/**/*.md", true)]
    [InlineData("lib/deep/notes.md", "!**/*.md|lib/**", false)]
    [InlineData("lib/keep.md", "lib/**|!**/*.md|lib/keep.md", false)]
    [InlineData("lib/lose.md", "lib/**|!**/*.md|lib/keep.md", true)]
    [InlineData("lib/y.cs", "lib/**|!**/*.md|services/**", false)]
    [InlineData("services/y.md", "services/**|!**/*.md|lib/**", true)]
    [InlineData("services/api/deep/b.cs", "services/*/deep", false)]
    [InlineData("services/api/deep/b.cs", "services/**|!services/*/deep", true)]
    [InlineData("services/api/deep/b.cs", "services/*", true)]
    [InlineData("services/api/b.cs", "services/api/", false)]
    [InlineData("lib/größe", "lib/gr?ße", false)]
    [InlineData("lib/größe", "lib/**|!lib/gr?ße", false)]
    [InlineData("lib/a1", "lib/**|!lib/a?", true)]
    [InlineData("lib/[x]", "lib/[x]", false)]
    [InlineData("lib/x", "lib/[x]", true)]
    [InlineData("lib/deep/notes.cs", "lib/**|!lib/**/*.md", false)]
    [InlineData("lib/deep/notes.md", "!**/*.md", true)]
    [InlineData("lib/deep/notes.cs", "!**/*.md", false)]
    [InlineData("app.json", "**/app.json", false)]
    [InlineData("services/api/b.cs", "lib/**", true)]
    public async Task Is_one_that_changes_no_file_that_the_globs_name(string file, string globs, bool untouched)
    {
        await ProposeAsync("one", (file, "changed"));

        (await UntouchedAsync(Of("services/api", globs.Split('|')))).Should().Equal(untouched);
    }

    [Fact]
    public async Task May_have_merged_what_others_changed_there()
    {
        await ProposeAsync("one", ("README.md", "changed"));
        await origin.CommitAsync("Meanwhile", ("services/api/a.cs", "2"));
        await origin.GitAsync("checkout", "--quiet", "review/one");
        await origin.GitAsync("merge", "--quiet", "--no-edit", "main");
        await origin.GitAsync("checkout", "--quiet", "main");
        await origin.CommitAsync("And more", ("services/api/a.cs", "3"));

        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(true);
    }

    [Fact]
    public async Task May_have_taken_back_what_it_changed_there_but_not_what_others_took_over()
    {
        await ProposeAsync("one", ("services/api/a.cs", "2"));
        await origin.GitAsync("checkout", "--quiet", "review/one");
        var half = await origin.HeadAsync();
        await origin.CommitAsync("Take back", ("services/api/a.cs", "1"), ("README.md", "2"));
        await origin.GitAsync("checkout", "--quiet", "main");
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(true);

        // Once the first half is in the default branch, the rest of the very same head would change it.
        await origin.GitAsync("merge", "--quiet", "--ff-only", half.ToString());
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(false);
    }

    [Fact]
    public async Task Is_not_one_that_moves_or_deletes_a_file_there()
    {
        await origin.GitAsync("checkout", "--quiet", "-b", "review/moved", "main");
        await origin.GitAsync("mv", "services/api/a.cs", "lib/a.cs");
        await origin.CommitAsync("Moved");
        await origin.GitAsync("checkout", "--quiet", "main");

        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(false);
    }

    [Fact]
    public async Task Is_found_among_pull_requests_of_strangers_with_one_fetch_for_all()
    {
        for (var i = 1; i <= 8; i++)
        {
            var head = await ProposeAsync($"n{i}", (i % 2 == 0 ? "services/api/a.cs" : "README.md", $"{i}"));
            await origin.GitAsync("branch", "--quiet", "-D", $"review/n{i}");
            await origin.RefAsync($"refs/pull/{i}/head", head);
        }

        // What git is told about local repositories, it is told here; it also counts.
        Directory.CreateDirectory(temporary["data/git"]);
        await File.WriteAllTextAsync(temporary["data/git/local.config"], $"[safe]\n\tdirectory = *\n[trace2]\n\tnormalTarget = {temporary["trace"]}\n", Cancellation);
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(true, false, true, false, true, false, true, false);
        (await File.ReadAllLinesAsync(temporary["trace"], Cancellation)).Count(l => l.Contains(" start git ", StringComparison.Ordinal) && l.Contains(" fetch ", StringComparison.Ordinal)).Should().Be(1);

        // Judged before: the listing is all, and nobody looks into the copy.
        Directory.Delete(Mirror, recursive: true);
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(true, false, true, false, true, false, true, false);
        Directory.GetDirectories(temporary["data/git"]).Should().BeEmpty();
    }

    [Fact]
    public async Task Is_nothing_that_costs_anything_where_all_files_matter()
    {
        await ProposeAsync("one", ("README.md", "changed"));

        (await UntouchedAsync(Of())).Should().Equal(false);
        (await UntouchedAsync(Of(root: "."))).Should().Equal(false);
        Directory.GetDirectories(temporary["data/git"]).Should().BeEmpty();
    }

    [Fact]
    public async Task Is_unknown_without_a_common_ancestor()
    {
        await origin.GitAsync("checkout", "--quiet", "--orphan", "review/alien");
        await origin.CommitAsync("Alien", ("README.md", "2"));
        await origin.GitAsync("checkout", "--quiet", "main");

        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(false);
    }

    [Fact]
    public async Task Is_unknown_while_its_commit_cannot_be_fetched_and_that_hides_no_other()
    {
        var good = await ProposeAsync("good", ("README.md", "2"));
        await origin.RefAsync("refs/pull/2/head", good);
        var broken = await ProposeAsync("broken", ("README.md", "3"));
        var blob = (await origin.GitAsync("rev-parse", $"{broken}:README.md")).Trim();
        await origin.GitAsync("branch", "--quiet", "-D", "review/broken");
        await origin.RefAsync("refs/pull/1/head", broken);
        var lost = Path.Combine(origin.Url, ".git", "objects", blob[..2], blob[2..]);
        File.Move(lost, temporary["blob"]);
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(false, true, true);

        File.Move(temporary["blob"], lost);
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal([false, true, true], "it is not fetched again with every look");
        time.Pass(TimeSpan.FromMinutes(11));
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(true, true, true);
    }

    [Fact]
    public async Task Is_unknown_in_a_shallow_repository()
    {
        await ProposeAsync("one", ("README.md", "2"));
        await origin.GitAsync("clone", "--quiet", "--depth=1", "--no-single-branch", $"file://{origin.Url}", temporary["shallow"]);
        await origin.GitAsync("-C", temporary["shallow"], "update-ref", "refs/heads/review/one", "refs/remotes/origin/review/one");

        (await UntouchedAsync(Of(root: "services/api") with { Url = temporary["shallow"] })).Should().Equal(false);
    }

    [Fact]
    public async Task Lets_its_objects_go_when_it_is_no_longer_listed()
    {
        var gone = await ProposeAsync("gone", ("README.md", "2"));
        await UntouchedAsync(Of(root: "services/api"));
        await origin.GitAsync("branch", "--quiet", "-D", "review/gone");
        var next = await ProposeAsync("next", ("README.md", "3"));
        (await UntouchedAsync(Of(root: "services/api"))).Should().Equal(true);

        (await origin.GitAsync($"--git-dir={Mirror}", "for-each-ref", "--format=%(refname)")).Should().Contain($"refs/seen/{next}").And.NotContain($"{gone}");
    }

    [Fact]
    public async Task Keeps_its_commit_when_it_was_deployed()
    {
        var head = await ProposeAsync("one", ("README.md", "2"));
        await provider.FetchAsync(Of(), head, Cancellation);
        await UntouchedAsync(Of(root: "services/api"));
        await origin.GitAsync("branch", "--quiet", "-D", "review/one");
        await ProposeAsync("two", ("README.md", "3"));
        await UntouchedAsync(Of(root: "services/api"));

        (await origin.GitAsync($"--git-dir={Mirror}", "for-each-ref", "--format=%(refname)")).Should().Contain($"refs/flow/{head}");
    }

    [Theory]
    [InlineData("/services/api/**")]
    [InlineData("services/../api")]
    [InlineData("!")]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a\\b")]
    public async Task Is_not_looked_for_with_a_glob_that_is_none(string glob) =>
        (await FluentActions.Awaiting(() => UntouchedAsync(Of(null, glob))).Should().ThrowAsync<FlowException>()).Which.Should().Match<FlowException>(e => e.Code == "paths-invalid" && !e.Transient);

    [Theory]
    [InlineData("--output=canary", true)]
    [InlineData(":(exclude)lib/**", true)]
    [InlineData("-lib/**", true)]
    public async Task Takes_a_glob_for_nothing_else(string glob, bool untouched)
    {
        await ProposeAsync("one", ("lib/x.cs", "2"));

        (await UntouchedAsync(Of(null, glob))).Should().Equal(untouched);
        File.Exists(temporary["data/git/canary"]).Should().BeFalse();
    }

    private static SourceRepository Template { get; } = new() { Url = "", ProposalBranches = ["review/*"] };

    private SourceRepository Of(string? root = null, params string[] paths) => Template with { Url = origin.Url, RootFolder = root, Paths = paths };

    private async Task<IReadOnlyList<bool>> UntouchedAsync(SourceRepository repository) => [.. (await provider.ListAsync(repository, Cancellation)).Proposals.Select(p => p.Untouched)];

    private async Task<CommitSha> ProposeAsync(string name, params (string Path, string Text)[] files)
    {
        await origin.GitAsync("checkout", "--quiet", "-b", $"review/{name}", "main");
        var head = await origin.CommitAsync(name, files);
        await origin.GitAsync("checkout", "--quiet", "main");
        return head;
    }

    private sealed class ManualTime : TimeProvider
    {
        private long passed;

        public void Pass(TimeSpan time) => passed += time.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => base.GetTimestamp() + passed;
    }
}
