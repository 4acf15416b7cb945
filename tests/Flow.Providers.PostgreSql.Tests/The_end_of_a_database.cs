using Flow.Providers.PostgreSql.Instances;
using Flow.Providers.PostgreSql.Tests.Worlds;
using Npgsql;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class The_end_of_a_database(OneServer one) : IAsyncLifetime
{
    private readonly World world = new(one.Server);

    public ValueTask InitializeAsync() => default;
    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Comes_although_clients_keep_coming()
    {
        await world.MakeAsync(World.Request("a"));
        var url = await world.UrlAsync("a");
        using var stop = new CancellationTokenSource();
        var came = new TaskCompletionSource();
        var flood = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await using var connection = new NpgsqlConnection(url);
                    await connection.OpenAsync();
                    came.TrySetResult();
                    await using var command = new NpgsqlCommand("select pg_sleep(30)", connection);
                    await command.ExecuteNonQueryAsync(stop.Token);
                }
                catch (Exception e) when (e is NpgsqlException or OperationCanceledException) { }
            }
        })).ToList();
        await came.Task;
        await world.Provider.DeprovisionAsync("a", default);
        await stop.CancelAsync();
        await Task.WhenAll(flood);
        (await world.CountAsync()).Should().Be(0);
    }

    [Theory]
    [InlineData("owner only")]
    [InlineData("closed database")]
    [InlineData("going, with database")]
    [InlineData("going, without database")]
    [InlineData("going, without logins")]
    public async Task Comes_from_every_half_way_state(string state)
    {
        var names = world.Names("a");
        await world.MakeAsync(World.Request("a"));
        var known = InstanceRecord.Parse((string)(await world.AdminAsync($"select shobj_description(oid, 'pg_authid') from pg_roles where rolname = '{names.Owner}'"))!)!;
        if (state == "closed database") await world.AdminAsync($"ALTER DATABASE {names.Database} ALLOW_CONNECTIONS false");
        if (state is "owner only" or "going, without database" or "going, without logins") await world.AdminAsync($"DROP DATABASE {names.Database}");
        if (state is "owner only" or "closed database" or "going, without logins") await world.AdminAsync($"DROP ROLE {names.Login(0)}");
        var at = state.StartsWith("going", StringComparison.Ordinal) ? InstanceState.Going : InstanceState.Making;
        await world.AdminAsync($"COMMENT ON ROLE {names.Owner} IS '{(known with { State = at }).ToJson()}'");
        (await FluentActions.Awaiting(async () => await world.Provider.BindAsync("a", default)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-missing");

        if (state != "going, with database")
        {
            // The other way out: asked for again, it is whole again.
            await world.MakeAsync(World.Request("a"));
            (await World.QueryAsync(await world.UrlAsync("a"), "select 1")).Should().Be(1);
        }
        await world.Provider.DeprovisionAsync("a", default);
        (await world.CountAsync()).Should().Be(0);
        await world.Provider.DeprovisionAsync("a", default);
    }

    [Fact]
    public async Task Does_not_give_the_data_of_what_was_going_to_what_is_asked_for_again()
    {
        var names = world.Names("a");
        await world.MakeAsync(World.Request("a"));
        await World.QueryAsync(await world.UrlAsync("a"), "create table old (x int)");
        var known = InstanceRecord.Parse((string)(await world.AdminAsync($"select shobj_description(oid, 'pg_authid') from pg_roles where rolname = '{names.Owner}'"))!)!;
        await world.AdminAsync($"COMMENT ON ROLE {names.Owner} IS '{(known with { State = InstanceState.Going }).ToJson()}'");
        await world.MakeAsync(World.Request("a"));
        (await World.QueryAsync(await world.UrlAsync("a"), "select count(*) from pg_tables where tablename = 'old'")).Should().Be(0L);
    }

    [Fact]
    public async Task Takes_along_what_the_logins_left_in_other_databases()
    {
        await world.MakeAsync(World.Request("a"));
        var elsewhere = new NpgsqlConnectionStringBuilder(await world.UrlAsync("a")) { Database = World.Seed + "_other" };
        await world.AdminAsync($"CREATE DATABASE {elsewhere.Database}");
        await World.QueryAsync(elsewhere.ConnectionString, "select lo_create(1)");
        await World.QueryAsync(new NpgsqlConnectionStringBuilder(elsewhere.ConnectionString) { Database = "postgres" }.ConnectionString, "select lo_create(2)");
        await world.Provider.DeprovisionAsync("a", default);
        (await world.CountAsync()).Should().Be(0);
        (await world.AdminAsync("select count(*) from pg_largeobject_metadata", elsewhere.Database)).Should().Be(0L);
    }

    [Fact]
    public async Task Stops_what_is_still_being_made()
    {
        // A lock that somebody else holds keeps the copy from beginning.
        await using var holder = new NpgsqlConnection($"{one.Server.AdminConnectionString};Pooling=false");
        await holder.OpenAsync();
        await using (var hold = new NpgsqlCommand("begin; lock table pg_database in access exclusive mode", holder)) await hold.ExecuteNonQueryAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await FluentActions.Awaiting(async () => await world.Provider.ProvisionAsync(World.Request("a"), soon.Token)).Should().ThrowAsync<OperationCanceledException>();
        var end = world.Provider.DeprovisionAsync("a", default).AsTask();
        await using (var free = new NpgsqlCommand("rollback", holder)) await free.ExecuteNonQueryAsync();
        await end;
        (await world.CountAsync()).Should().Be(0);
    }
}
