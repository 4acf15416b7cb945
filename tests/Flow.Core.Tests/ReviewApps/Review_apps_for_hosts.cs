using Flow.Apps;
using Flow.Core.Tests.Flows;
using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Secrets;
using Flow.Sources;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.ReviewApps;

/// <summary>Through the real engine: what a host asks for, and what it is shown.</summary>
public sealed class Review_apps_for_hosts
{
    private static readonly AppName Seven = AppName.Parse("shop-pr-7");

    private static async Task<FlowHost> StartedAsync(ReviewAppPolicy policy, Action<IServiceCollection>? configure = null, params Proposal[] proposals)
    {
        var flow = new FlowHost(f => configure?.Invoke(f.Services));
        flow.Source.Push("main", Commit(1));
        foreach (var proposal in proposals) flow.Source.Propose(proposal);
        return await flow.StartAsync(Definition with { ReviewApps = policy });
    }

    private static Proposal Open(string key, int commit, params string[] labels) =>
        new() { Key = key, Head = new() { Sha = Commit(commit), Ref = $"refs/pull/{key}/head", Trust = Trust.Trusted }, Labels = labels, Branch = $"branch-of-{key}", Number = commit };

    private static Task<ReviewApp> ShownAsync(FlowHost flow, string key, Func<ReviewApp, bool> so, string what) =>
        flow.UntilAsync(async () => await flow.ReviewApps.GetAsync(Shop, key) ?? new() { Key = "none", Status = ReviewAppStatus.Pending }, so, $"{key}: {what}");

    [Fact]
    public async Task Show_what_each_waits_for_and_how_it_stands()
    {
        await using var flow = await StartedAsync(new() { Create = ReviewAppCreation.ByLabel, Label = "preview" }, null, Open("pr-7", 7, "preview"), Open("pr-8", 8, "bug"));
        var seven = await ShownAsync(flow, "pr-7", r => r.Status == ReviewAppStatus.Created, "serves");
        seven.Should().Match<ReviewApp>(r => r.App == Seven && r.Url == new Uri("http://shop-pr-7.localhost/") && r.Proposal!.Number == 7 && r.ActiveAt != null && r.Reason == null);
        (await flow.ReviewApps.ListAsync(Shop)).Select(r => (r.Key, r.Status)).Should().Equal(("pr-7", ReviewAppStatus.Created), ("pr-8", ReviewAppStatus.Pending));
        (await flow.ReviewApps.GetAsync(Shop, "pr-8"))!.Reason.Should().Contain("label 'preview'");
        (await flow.ReviewApps.GetAsync(Shop, "pr-9")).Should().BeNull();
        (await flow.ReviewApps.ListAsync(PipelineName.Parse("none"))).Should().BeEmpty();

        var why = await flow.Pipelines.ExplainAsync(Shop);
        why.Should().ContainSingle(e => e.What.Contains("pr-8") && e.What.Contains("label 'preview'")).Which.Should().Match<Flow.Runs.Explanation>(e => e.Owner!.Contains("label") && e.Since != null);

        flow.Source.Change("pr-8", p => p with { Labels = ["preview"] });
        flow.Source.Change("pr-7", p => p with { Labels = [] });
        await ShownAsync(flow, "pr-8", r => r.Status == ReviewAppStatus.Created, "serves");
        await flow.AppAsync(Seven, a => a.Life == AppLife.Destroyed, "is destroyed");
    }

    [Fact]
    public async Task Are_destroyed_and_wanted_again_by_hand()
    {
        await using var flow = await StartedAsync(new(), null, Open("pr-7", 7));
        await flow.DeployedAsync(Seven, 7);
        (await flow.ReviewApps.DestroyAsync(Shop, "pr-7", "ada")).OrThrow();
        await flow.AppAsync(Seven, a => a.Life == AppLife.Destroyed, "is destroyed");
        (await flow.ReviewApps.GetAsync(Shop, "pr-7"))!.Reason.Should().Contain("ada destroyed its app");

        (await flow.ReviewApps.CreateAsync(Shop, "pr-7", null, "ada")).OrThrow();
        (await flow.DeployedAsync(Seven, 7)).Generation.Should().Be(2);
        (await flow.ReviewApps.PinAsync(Shop, "pr-7", true, "ada")).OrThrow();
        (await flow.ReviewApps.GetAsync(Shop, "pr-7"))!.PinnedBy.Should().Be("ada");
    }

    [Fact]
    public async Task That_are_going_stay_on_show_with_the_reason()
    {
        await using var flow = new FlowHost(f => f.AddProvider<Flow.AddOns.IAddOnProvisioner>("sticky", _ => new Sticky()));
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose(Open("pr-7", 7));
        await flow.StartAsync(Definition with { AddOns = [new() { Name = "data", Provider = "sticky" }] });
        await flow.DeployedAsync(Seven, 7);
        flow.Source.Change("pr-7", p => p with { Closed = true });
        var going = await ShownAsync(flow, "pr-7", r => r.Status == ReviewAppStatus.Deleting && r.Reason!.Contains("does not let go"), "is going");
        going.Should().Match<ReviewApp>(r => r.Proposal == null && r.App == Seven && r.Reason!.Contains("its host says that it is closed"));
        (await flow.Pipelines.ExplainAsync(Shop)).Should().ContainSingle(e => e.What.Contains("shop-pr-7 is being torn down")).Which.Because.Should().NotBeEmpty();
        (await flow.ReviewApps.ListAsync(Shop)).Should().ContainSingle();
    }

    [Fact]
    public async Task Whose_first_run_failed_say_so()
    {
        await using var flow = new FlowHost();
        flow.Builder.Answer = _ => WorkStatus<Flow.Builds.Artifact>.Failed(new("build-broken", "It does not compile."));
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose(Open("pr-7", 7));
        await flow.StartAsync();
        (await ShownAsync(flow, "pr-7", r => r.Status == ReviewAppStatus.Errored, "failed")).Reason.Should().Contain("does not compile");
    }

    [Fact]
    public async Task Wait_at_a_gate_and_say_at_which()
    {
        await using var flow = await StartedAsync(new() { WaitForChecks = true }, null, Open("pr-7", 7));
        (await ShownAsync(flow, "pr-7", r => r.Reason?.Contains("first check") == true, "waits")).Status.Should().Be(ReviewAppStatus.Creating);
        (await flow.Checks.ReportAsync(Shop, Commit(7), new("ci", CheckState.Success))).OrThrow();
        await flow.DeployedAsync(Seven, 7);
    }

    [Fact]
    public async Task Of_branches_live_as_long_as_the_branch()
    {
        await using var flow = await StartedAsync(new() { Create = ReviewAppCreation.ByHand });
        flow.Source.Push("feature/login", Commit(5));
        var key = (await flow.ReviewApps.CreateForBranchAsync(Shop, "feature/login", null, "ada")).OrThrow().Reason!;
        key.Should().StartWith("feature-login-");
        await flow.DeployedAsync(AppName.Parse($"shop-{key}"), 5);
        flow.Source.Delete("feature/login");
        await flow.AppAsync(AppName.Parse($"shop-{key}"), a => a.Life == AppLife.Destroyed, "is destroyed");
        (await flow.ReviewApps.CreateForBranchAsync(Shop, "a\nb", null, "ada")).Code.Should().Be("branch-invalid");
        (await flow.ReviewApps.CreateForBranchAsync(PipelineName.Parse("none"), "x", null, "ada")).Code.Should().Be("pipeline-unknown");
        (await flow.ReviewApps.CreateForBranchAsync(Shop, "nowhere", null, "ada")).OrThrow();
        (await flow.ReviewApps.GetAsync(Shop, "nowhere"))?.Reason.Should().Contain("has not been seen");
    }

    [Fact]
    public async Task Begin_with_the_config_that_was_given_bound_to_the_app()
    {
        await using var flow = await StartedAsync(new() { Create = ReviewAppCreation.ByHand }, s => s.AddSingleton<ISecretProtector>(new Places()), Open("pr-7", 7));
        await flow.UntilAsync(async () => (await flow.Pipelines.GetAsync(Shop))!, p => p.Proposals.ContainsKey("pr-7"), "seen");
        (await flow.ReviewApps.CreateAsync(Shop, "pr-7", new Dictionary<string, ConfigVar> { ["KEY"] = ConfigVar.Secret("short") }, "ada")).Code.Should().Be("config-invalid");
        (await flow.ReviewApps.CreateAsync(Shop, "pr-7", new Dictionary<string, ConfigVar> { ["KEY"] = ConfigVar.Secret("hunter22") }, "ada")).OrThrow();
        (await flow.Pipelines.GetAsync(Shop))!.Proposals["pr-7"].Config!["KEY"].Should().Be(new ConfigValue(null, "<app/shop-pr-7/config/KEY>", ConfigOrigin.Person));
        await flow.DeployedAsync(Seven, 7);
    }

    [Fact]
    public async Task Are_listed_by_the_hundred_without_asking_anybody_outside()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        // More than are read one by one. That a run failed is known of an app that was read only.
        flow.Builder.Answer = _ => WorkStatus<Flow.Builds.Artifact>.Failed(new("build-broken", "It does not compile."));
        for (var i = 1; i <= 60; i++) flow.Source.Propose(Open($"pr-{i}", 100 + i));
        await flow.StartAsync();
        await flow.UntilAsync(async () => await flow.ReviewApps.ListAsync(Shop), all => all.Count == 60 && all.All(r => r.Status == ReviewAppStatus.Errored), "all are there");
    }

    private sealed class Sticky : Flow.AddOns.IAddOnProvisioner
    {
        private readonly FakeAddOns instances = new();

        public ValueTask<WorkStatus<Flow.AddOns.AddOnInstance>> ProvisionAsync(Flow.AddOns.AddOnRequest request, CancellationToken cancellationToken) => instances.ProvisionAsync(request, cancellationToken);
        public ValueTask<Flow.AddOns.AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => instances.BindAsync(id, cancellationToken);
        public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken) => throw new FlowException("sticky", "It does not let go.", transient: true);
    }

    private sealed class Places : ISecretProtector
    {
        public string Protect(string purpose, string value) => $"<{purpose}>";
        public string Unprotect(string purpose, string ciphertext) => ciphertext == $"<{purpose}>" ? "hunter22" : throw new FlowException("secret-unreadable", "It belongs elsewhere.");
    }
}
