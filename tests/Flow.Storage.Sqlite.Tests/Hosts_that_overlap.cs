using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Hosts_that_overlap
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_second_stands_by_and_goes_on_with_the_work_of_the_first_when_that_is_killed()
    {
        using var database = new TemporaryDatabase();
        using var first = await BuildingProcess.StartAsync(database.Path);
        await using var second = new FakeHost(database.Path);
        second.Source.Push("main", FakeHost.Commit(1));
        second.Router.Routes[FakeHost.Staging] = new(new(FakeHost.Staging, 1, 1), []);
        await second.StartAsync();

        second.Ownership.IsOwner.Should().BeFalse();
        var health = await second.HealthAsync();
        health.Status.Should().Be(HealthStatus.Degraded);
        health.Description.Should().StartWith("Standing by: ").And.Contain($"process {first.Id} ").And.Contain(Environment.MachineName);
        (await second.Apps.GetAsync(FakeHost.Staging))!.Candidates.Should().ContainSingle("what the owner does can be read");
        (await second.Pipelines.Awaiting(p => p.DeclareAsync(FakeHost.Definition).AsTask()).Should().ThrowAsync<FlowException>())
            .Where(e => e.Code == "store-standby" && e.Transient && e.Message.Contains($"process {first.Id} "));
        second.Router.Routes.Should().ContainKey(FakeHost.Staging, "it does not touch the routes");

        var killed = Stopwatch.StartNew();
        first.Kill();
        await second.Ownership.WaitForOwnershipAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        await Eventually.BeAsync(() => second.IsDeployedAsync(1), "the run that the first host left is finished");
        TestContext.Current.TestOutputHelper?.WriteLine($"deployed {killed.ElapsedMilliseconds} ms after the kill");
        await first.WaitForExitAsync(Token);

        second.Builder.Asked.Should().NotBeEmpty();
        await Eventually.BeAsync(async () => (await second.HealthAsync()).Status == HealthStatus.Healthy, "it is healthy");
        (await second.Pipelines.DeclareAsync(FakeHost.Definition)).OrThrow();
    }

    [Fact]
    public async Task The_second_takes_over_when_the_first_shuts_down_and_touches_nothing_when_it_ends_before()
    {
        using var database = new TemporaryDatabase();
        var first = new FakeHost(database.Path);
        first.Source.Push("main", FakeHost.Commit(1));
        await first.StartAsync();
        (await first.Pipelines.DeclareAsync(FakeHost.Definition)).OrThrow();
        await Eventually.BeAsync(() => first.IsDeployedAsync(1), "it is deployed");

        var passing = new FakeHost(database.Path, configure: o => o.StopAppsOnShutdown = true);
        foreach (var (id, spec) in first.Runtime.Running) passing.Runtime.Running[id] = spec;
        await passing.StartAsync();
        await passing.DisposeAsync();
        passing.Runtime.Running.Should().NotBeEmpty("the apps are the owner's");

        await using var second = new FakeHost(database.Path);
        second.Source.Push("main", FakeHost.Commit(2));
        await second.StartAsync();
        await first.DisposeAsync();
        await Eventually.BeAsync(() => second.IsDeployedAsync(2), "the second host goes on");
        second.Router.Routes.Should().ContainKey(FakeHost.Staging);
    }

    [Fact]
    public async Task The_second_stops_when_it_can_never_take_over()
    {
        using var database = new TemporaryDatabase();
        var first = new FakeHost(database.Path);
        await first.StartAsync();
        await using var second = new FakeHost(database.Path);
        await second.StartAsync();
        Sql.Execute(database.Path, "INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('9999-from-the-future.sql', '2030-01-01')");
        await first.DisposeAsync();
        await Eventually.BeAsync(() => second.Stopping.IsCancellationRequested, "the host stops, and says why in its log");
    }
}
