using Flow.Providers.Local.Git;
using Flow.Providers.Local.Tests.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Git;

public sealed class Listing_a_repository : IDisposable
{
    private readonly TemporaryDirectory temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Finds_branches_and_pull_requests()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var main = await origin.HeadAsync();
        var change = await origin.CommitAsync("Change", ("a", "b"));
        await origin.RefAsync("refs/heads/main", main);
        await origin.RefAsync("refs/heads/größe/ü", change);
        await origin.RefAsync("refs/pull/12/head", change);
        await origin.RefAsync("refs/pull/3/head", main);
        await origin.RefAsync("refs/pull/3/merge", main);
        await origin.RefAsync("refs/other/refs/heads/main", change);
        await origin.GitAsync("tag", "v1");
        using var provider = Provider.Create(temporary["data"]);

        var listing = await provider.ListAsync(Provider.Repository(origin.Url), default);

        listing.Branches.Should().Equal(new Dictionary<string, CommitSha> { ["main"] = main, ["größe/ü"] = change });
        listing.Proposals.Select(p => (p.Key, p.Head.Sha, p.Head.Ref, p.Head.Trust, p.Closed)).Should().Equal(
            ("pr-3", main, "refs/pull/3/head", Trust.Untrusted, false), ("pr-12", change, "refs/pull/12/head", Trust.Untrusted, false));
        listing.Proposals.Select(p => p.Number).Should().Equal(3, 12);
        listing.Proposals.Should().AllSatisfy(p => (p.Branch, p.Base, p.Labels, p.Draft, p.Untouched).Should().Be((null, null, null, false, false), "plain git does not know"));
    }

    [Fact]
    public async Task Trusts_pull_requests_only_when_the_repository_says_so()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        await origin.RefAsync("refs/pull/3/head", await origin.HeadAsync());
        using var provider = Provider.Create(temporary["data"]);

        var listing = await provider.ListAsync(Provider.Repository($"file://{origin.Url}") with { TrustPullRequestRefs = true }, default);

        listing.Proposals.Single().Head.Trust.Should().Be(Trust.Trusted);
    }

    [Fact]
    public async Task Takes_branches_that_match_a_pattern_as_trusted_proposals()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var head = await origin.HeadAsync();
        foreach (var branch in (string[])["review/login", "review/a/b", "login-page", "other"]) await origin.RefAsync($"refs/heads/{branch}", head);
        using var provider = Provider.Create(temporary["data"]);

        var listing = await provider.ListAsync(Provider.Repository(origin.Url) with { ProposalBranches = ["review/*", "login*", "m*n"] }, default);

        listing.Proposals.Select(p => p.Title).Should().Equal("login-page", "review/a/b", "review/login");
        listing.Proposals.Should().AllSatisfy(p => p.Head.Trust.Should().Be(Trust.Trusted));
        listing.Proposals[0].Key.Should().Be("login-page");
        listing.Proposals[2].Key.Should().MatchRegex("^review-login-[0-9a-f]{8}$");
        listing.Proposals[2].Head.Ref.Should().Be("refs/heads/review/login");
        listing.Proposals.Select(p => (p.Branch, p.Number)).Should().Equal(("login-page", null), ("review/a/b", null), ("review/login", null));
    }

    [Fact]
    public void Skips_names_that_could_be_taken_for_something_else()
    {
        var sha = new string('a', 40);
        var output = string.Concat(((string[])["main", "-x", "--upload-pack=touch canary", "$(touch canary)", "a\u001bb", "ünïcode"]).Select(b => $"{sha}\trefs/heads/{b}\n"))
            + $"{sha}\trefs/pull/-1/head\n{sha}\trefs/pull/1x/head\n{sha}\trefs/pull//head\n{sha}\trefs/pull/01/head\n{sha}\trefs/pull/head\nnonsense\n\t\nabc\trefs/heads/b\n";

        var listing = GitRefs.Read(Provider.Repository("/x") with { ProposalBranches = ["*"] }, "/x", output);

        listing.Branches.Keys.Should().BeEquivalentTo("main", "$(touch canary)", "ünïcode");
        listing.Proposals.Should().HaveCount(2).And.AllSatisfy(p => p.Key.Should().MatchRegex("^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$"));
    }

    [Fact]
    public void Bounds_what_a_proposal_says_of_itself()
    {
        var sha = new string('a', 40);
        var branch = new string('x', 199) + "\U0001F600" + new string('y', 100);

        var listing = GitRefs.Read(Provider.Repository("/x") with { ProposalBranches = ["x*"] }, "/x", $"{sha}\trefs/heads/main\n{sha}\trefs/heads/{branch}\n{sha}\trefs/pull/99999999999/head\n");

        listing.Proposals.Select(p => (p.Number, p.Branch)).Should().Equal((null, null), (null, new string('x', 199)));
    }

    [Fact]
    public async Task Says_which_branches_there_are_when_the_default_branch_is_gone()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        await origin.GitAsync("branch", "-m", "main", "trunk");
        using var provider = Provider.Create(temporary["data"]);

        var refused = await Refused(() => provider.ListAsync(Provider.Repository(origin.Url), default));

        refused.Code.Should().Be("branch-missing");
        refused.Transient.Should().BeFalse();
        refused.Message.Should().Contain("'main'").And.Contain("trunk").And.Contain(origin.Url);
    }

    [Fact]
    public async Task Tells_a_newcomer_what_to_do_with_an_empty_repository()
    {
        var origin = await GitRepository.CreateAsync(temporary["origin"]);
        using var provider = Provider.Create(temporary["data"]);

        var refused = await Refused(() => provider.ListAsync(Provider.Repository(origin.Url), default));

        refused.Code.Should().Be("branch-missing");
        refused.Message.Should().Contain("no branches yet").And.Contain("git push");
    }

    [Theory]
    [InlineData("no-such-directory")]
    [InlineData("data")]
    public async Task Says_that_there_is_no_repository(string path)
    {
        temporary.Create("data");
        using var provider = Provider.Create(temporary["data"]);

        var refused = await Refused(() => provider.ListAsync(Provider.Repository(temporary[path]), default));

        refused.Code.Should().Be("repository-missing");
        refused.Message.Should().Contain(temporary[path]);
    }

    [Fact]
    public void Refuses_more_than_can_be_handled()
    {
        var output = string.Concat(Enumerable.Range(0, GitRefs.Max + 1).Select(i => $"{new string('a', 40)}\trefs/heads/b{i}\n"));

        FluentActions.Invoking(() => GitRefs.Read(Provider.Repository("/x"), "/x", output)).Should().Throw<FlowException>().Which.Code.Should().Be("listing-too-large");
    }

    [Theory]
    [InlineData("login-page", "^login-page$")]
    [InlineData("Login-Page", "^login-page-[0-9a-f]{8}$")]
    [InlineData("login_page", "^login-page-[0-9a-f]{8}$")]
    [InlineData("pr-7", "^pr-7-[0-9a-f]{8}$")]
    [InlineData("fix-0123abcd", "^fix-0123abcd-[0-9a-f]{8}$")]
    [InlineData("日本語", "^branch-[0-9a-f]{8}$")]
    [InlineData("$(touch canary)", "^touch-canary-[0-9a-f]{8}$")]
    [InlineData("a-very-long-branch-name-that-goes-on-and-on", "^a-very-long-branch-na-[0-9a-f]{8}$")]
    public void Gives_every_branch_a_key_of_its_own(string branch, string key)
    {
        ProposalKey.For(branch).Should().MatchRegex(key).And.Match(k => k.Length <= 30);
        ProposalKey.For(branch).Should().Be(ProposalKey.For(branch)).And.NotBe(ProposalKey.For(branch + "x"));
        if (ProposalKey.For(branch) != branch) ProposalKey.For(ProposalKey.For(branch)).Should().NotBe(ProposalKey.For(branch), "a branch may be called like such a key");
    }

    private static async Task<FlowException> Refused(Func<ValueTask<SourceListing>> list) =>
        (await FluentActions.Awaiting(() => list().AsTask()).Should().ThrowAsync<FlowException>()).Which;
}
