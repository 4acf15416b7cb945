using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Core.Tests.Flows;
using Flow.Engine;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Routing;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.ReviewApps;

public sealed class A_watch
{
    private static readonly AppName Seven = AppName.Parse("shop-pr-7");

    private static ReviewAppWatch Of(FlowHost flow, IRouter router, TimeSpan later) => new(
        flow.Services.GetRequiredService<FlowMailbox>(), router, flow.Services.GetRequiredService<IStoreOwnership>(), new FakeTimeProvider(DateTimeOffset.UtcNow + later), NullLogger<ReviewAppWatch>.Instance);

    private static async Task<FlowHost> ShownAsync()
    {
        var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Propose("pr-7", Commit(7));
        await flow.StartAsync(Definition with { ReviewApps = new() { StaleAfter = TimeSpan.FromDays(5) } });
        await flow.DeployedAsync(Seven, 7);
        return flow;
    }

    [Fact]
    public async Task Tells_the_pipeline_who_was_visited()
    {
        await using var flow = await ShownAsync();
        var before = (await flow.Pipelines.GetAsync(Shop))!.Proposals["pr-7"].ActiveAt;
        await Of(flow, new Visited(Seven, DateTimeOffset.UtcNow.AddDays(1)), TimeSpan.Zero).RoundAsync(default);
        await flow.UntilAsync(async () => (await flow.Pipelines.GetAsync(Shop))!.Proposals["pr-7"].ActiveAt, at => at > before, "the visit is known");
    }

    [Fact]
    public async Task Goes_on_without_a_router_that_does_not_answer()
    {
        await using var flow = await ShownAsync();
        var judged = async () => (await flow.Store.ReadEventsAsync(0, 10_000, default)).Count;
        await Of(flow, new Visited(Seven, null), TimeSpan.Zero).Invoking(w => w.RoundAsync(default)).Should().NotThrowAsync();
        await Of(flow, new FakeRouter(), TimeSpan.Zero).Invoking(w => w.RoundAsync(default)).Should().NotThrowAsync();
        (await judged()).Should().BePositive();
    }

    [Fact]
    public async Task Ends_a_teardown_whose_end_nobody_told_of()
    {
        await using var flow = await ShownAsync();
        flow.Source.Withdraw("pr-7");
        await flow.AppAsync(Seven, a => a.Life == AppLife.Destroyed, "is destroyed");
        await Of(flow, new FakeRouter(), TimeSpan.FromMinutes(2)).RoundAsync(default);
        await flow.UntilAsync(async () => (await flow.Pipelines.GetAsync(Shop))!.Teardowns.Count, n => n == 0, "nothing is being torn down");
    }

    [Fact]
    public void Says_only_what_makes_a_difference()
    {
        var pipeline = OnPaperReviews.With(new());
        pipeline.Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        pipeline.Sees(1, Paper.Proposal("pr-7", 7));
        List<ReviewAppVisit> News(double hours) => ReviewAppWatch.News(pipeline.State, new Dictionary<AppName, DateTimeOffset> { [Seven] = pipeline.Now.AddHours(hours), [AppName.Parse("other")] = pipeline.Now.AddHours(hours) }, TimeSpan.FromHours(50));
        News(0.9).Should().BeEmpty();
        News(-3).Should().BeEmpty("a router that forgot");
        News(1).Should().Equal(new ReviewAppVisit(Seven, pipeline.Now.AddHours(1)));
    }

    [Fact]
    public async Task Comes_round_every_few_minutes_and_ends_with_its_host()
    {
        var time = new FakeTimeProvider(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var flow = await ShownAsync();
        var router = new Visited(Seven, DateTimeOffset.MinValue);
        using var watch = new ReviewAppWatch(flow.Services.GetRequiredService<FlowMailbox>(), router, flow.Services.GetRequiredService<IStoreOwnership>(), time, NullLogger<ReviewAppWatch>.Instance);
        await watch.StartAsync(default);
        for (var rounds = 1; rounds <= 2; rounds++)
            await flow.UntilAsync(() =>
            {
                if (router.Asked < rounds) time.Advance(ReviewAppWatch.Interval);
                return Task.FromResult(router.Asked);
            }, asked => asked >= rounds, "it has looked");
        await watch.StopAsync(default);
        watch.ExecuteTask!.IsCompletedSuccessfully.Should().BeTrue();
    }

    /// <summary>Knows one visit; null: it does not answer.</summary>
    private sealed class Visited(AppName app, DateTimeOffset? at) : IRouter, IRouterVisits
    {
        private readonly FakeRouter routes = new();
        private int asked;

        public int Asked => asked;

        public ValueTask<IReadOnlyDictionary<AppName, DateTimeOffset>> ListVisitsAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref asked);
            return at is { } known ? ValueTask.FromResult<IReadOnlyDictionary<AppName, DateTimeOffset>>(new Dictionary<AppName, DateTimeOffset> { [app] = known })
                : throw new FlowException("router-down", "It does not answer.", transient: true);
        }

        public Uri UrlOf(AppName app) => routes.UrlOf(app);
        public ValueTask SetAsync(Route route, CancellationToken cancellationToken) => routes.SetAsync(route, cancellationToken);
        public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken) => routes.RemoveAsync(app, generation, cancellationToken);
        public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken) => this.routes.RestoreAsync(routes, cancellationToken);
        public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => routes.DrainAsync(targets, deadline, cancellationToken);
    }
}
