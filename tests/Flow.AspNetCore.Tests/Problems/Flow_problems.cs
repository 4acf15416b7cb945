using System.Net;
using System.Text.Json;
using Flow.DependencyInjection;
using Flow.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Flow.AspNetCore.Tests.Problems;

public sealed class Flow_problems
{
    private static readonly FlowException Full = new("store-full", "The disk of '/var/lib/flow.db' is full.", transient: true);
    private static readonly FlowException Damaged = new("store-corrupt", "'/var/lib/flow.db' is damaged.");

    [Fact]
    public async Task Of_a_full_disk_is_503_with_its_code_and_nothing_is_accepted()
    {
        // A real file that may not grow: SQLite's own limit, which a test can set without root.
        using var folder = new TemporaryFolder();
        await using var flow = new WebFlowHost(app =>
        {
            app.MapGroup("/ops").WithFlowProblems().MapPost("/deploy", (string key, IFlowStore store, CancellationToken cancellationToken) => PostAsync(store, key, cancellationToken));
        }, database: Path.Combine(folder.Path, "flow.db"));
        await flow.ListenAsync();
        (await flow.Client.PostAsync("/ops/deploy?key=before", null)).StatusCode.Should().Be(HttpStatusCode.OK);
        TemporaryFolder.Limit(flow.Services, pages: 1);

        using var answer = await flow.Client.PostAsync("/ops/deploy?key=full", null);
        answer.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.Should().BePositive();
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        var problem = await ProblemAsync(answer);
        problem.GetProperty("code").GetString().Should().Be("store-full");
        problem.GetProperty("detail").GetString().Should().Contain("is full");
        var store = (IFlowStore)flow.Services.GetService(typeof(IFlowStore))!;
        (await store.FindKeyAsync("full", default)).Should().BeNull();

        TemporaryFolder.Limit(flow.Services, pages: 1_000_000);
        (await flow.Client.PostAsync("/ops/deploy?key=full", null)).StatusCode.Should().Be(HttpStatusCode.OK);
        (await store.FindKeyAsync("full", default)).Should().NotBeNull();
    }

    [Fact]
    public async Task Of_what_is_permanent_is_500_without_Retry_After()
    {
        await using var flow = new WebFlowHost(app => app.MapGet("/x", IResult () => throw Damaged).WithFlowProblems());
        await flow.ListenAsync();
        using var answer = await flow.Client.GetAsync("/x");
        answer.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        answer.Headers.RetryAfter.Should().BeNull();
        (await ProblemAsync(answer)).GetProperty("code").GetString().Should().Be("store-corrupt");
    }

    [Fact]
    public async Task Say_nothing_of_the_host_to_anybody()
    {
        await using var flow = new WebFlowHost(app => app.MapGet("/x", IResult () => throw Full).WithFlowProblems(showDetail: false));
        await flow.ListenAsync();
        using var answer = await flow.Client.GetAsync("/x");
        (await answer.Content.ReadAsStringAsync()).Should().Contain("store-full").And.NotContain("/var/lib");
    }

    [Fact]
    public async Task Cover_everything_that_the_host_serves_when_it_wants_that()
    {
        await using var flow = new WebFlowHost(app =>
        {
            app.UseExceptionHandler();
            ((IApplicationBuilder)app).Map("/middleware", branch => branch.Run(_ => throw Full));
            app.MapGet("/else", IResult () => throw new InvalidOperationException("a bug"));
        }, configure: (builder, _) => builder.Services.AddFlowProblems());
        await flow.ListenAsync();
        using var answer = await flow.Client.GetAsync("/middleware");
        answer.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.Should().BePositive();
        (await answer.Content.ReadAsStringAsync()).Should().Contain("store-full").And.NotContain("/var/lib");
        using var other = await flow.Client.GetAsync("/else");
        other.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        (await other.Content.ReadAsStringAsync()).Should().NotContain("code");
    }

    [Fact]
    public async Task Of_a_host_that_stands_by_name_the_owner_until_it_takes_over()
    {
        using var folder = new TemporaryFolder();
        var database = Path.Combine(folder.Path, "flow.db");
        void Map(WebApplication app)
        {
            app.MapFlowHealth();
            app.MapPost("/ops/deploy", (string key, IFlowStore store, CancellationToken cancellationToken) => PostAsync(store, key, cancellationToken)).WithFlowProblems();
        }
        var owner = new WebFlowHost(Map, configure: (b, _) => b.Services.AddHealthChecks().AddFlow(), database: database);
        await owner.ListenAsync();
        await owner.UntilAsync(() => owner.Client.GetStringAsync("/health/ready"), b => b == "Healthy", "the first is ready");
        await using var second = new WebFlowHost(Map, configure: (b, _) => b.Services.AddHealthChecks().AddFlow(), database: database);
        await second.ListenAsync();

        (await second.PageAsync("/health/live")).Should().Be("Healthy");
        using (var ready = await second.Client.GetAsync("/health/ready"))
        {
            ready.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            (await ready.Content.ReadAsStringAsync()).Should().Be("StandingBy");
        }
        using (var answer = await second.Client.PostAsync("/ops/deploy?key=k1", null))
        {
            answer.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            var problem = await ProblemAsync(answer);
            problem.GetProperty("code").GetString().Should().Be("store-standby");
            problem.GetProperty("detail").GetString().Should().Contain($"process {Environment.ProcessId} ");
        }

        await owner.DisposeAsync();
        await second.UntilAsync(async () => (await second.Client.GetAsync("/health/ready")).StatusCode, code => code == HttpStatusCode.OK, "the second is ready");
        (await second.Client.PostAsync("/ops/deploy?key=k1", null)).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static async Task<IResult> PostAsync(IFlowStore store, string key, CancellationToken cancellationToken)
    {
        await store.CommitAsync(new() { Reserve = [key], Enqueue = [new(new("pipeline", "nobody"), new byte[100_000], TimeSpan.FromDays(1))] }, cancellationToken);
        return Results.Ok();
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
}
