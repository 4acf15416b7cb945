using Flow.AddOns;
using Flow.Providers.PostgreSql.Tests.Worlds;
using Npgsql;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class A_warm_database(OneServer one) : IAsyncLifetime
{
    private readonly World world = new(one.Server);

    public ValueTask InitializeAsync() => default;
    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Becomes_somebodys_in_one_step()
    {
        await world.MakeAsync(World.Warm("pool.1", World.Seed));
        (await world.Provider.ClaimAsync("pool.1", World.Request("shop-pr-7", World.Seed), default)).Value.Should().Be(new AddOnInstance("shop-pr-7", "shared"));
        await World.QueryAsync(await world.UrlAsync("shop-pr-7"), "drop table others; create table mine (x int)");
        // Again, after a lost answer, and by another process.
        (await world.Another().ClaimAsync("pool.1", World.Request("shop-pr-7", World.Seed), default)).Value!.Id.Should().Be("shop-pr-7");
        (await world.Provider.ProvisionAsync(World.Request("shop-pr-7", World.Seed), default)).Value!.Id.Should().Be("shop-pr-7");
        (await World.QueryAsync(await world.UrlAsync("shop-pr-7"), "select count(*) from pg_tables where tablename = 'mine'")).Should().Be(1L);
        (await world.Provider.ClaimAsync("pool.1", World.Request("other", World.Seed), default)).Failure!.Code.Should().Be("addon-missing");
        await world.Provider.DeprovisionAsync("pool.1", default);
        (await World.QueryAsync(await world.UrlAsync("shop-pr-7"), "select 1")).Should().Be(1, "the warm id is nothing's any more");
        await world.Provider.DeprovisionAsync("shop-pr-7", default);
        (await world.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Has_no_login_and_no_door_until_it_is_claimed()
    {
        await world.MakeAsync(World.Warm("pool.1"));
        (await world.CountAsync()).Should().Be(3, "a database, its owner, and a login that may not log in");
        (await world.AdminAsync($"select rolcanlogin from pg_roles where rolname = '{world.Names("pool.1").Login(0)}'")).Should().Be(false);
        (await world.AdminAsync($"select datallowconn from pg_database where datname = '{world.Names("pool.1").Database}'")).Should().Be(false);
        (await FluentActions.Awaiting(async () => await world.Provider.BindAsync("pool.1", default)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-unclaimed");
        (await FluentActions.Awaiting(async () => await world.Provider.RotateAsync("pool.1", default)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-unclaimed");
    }

    [Fact]
    public async Task In_which_somebody_is_or_was_is_not_given_away()
    {
        var names = world.Names("pool.1");
        await world.MakeAsync(World.Warm("pool.1"));
        await world.AdminAsync($"ALTER DATABASE {names.Database} ALLOW_CONNECTIONS true");
        (await world.Provider.ClaimAsync("pool.1", World.Request("a"), default)).Failure!.Code.Should().Be("addon-unfit");
        await using (var inside = new NpgsqlConnection($"{one.Server.AdminConnectionString};Database={names.Database};Pooling=false"))
        {
            await inside.OpenAsync();
            await world.AdminAsync($"ALTER DATABASE {names.Database} ALLOW_CONNECTIONS false");
            (await world.Provider.ClaimAsync("pool.1", World.Request("a"), default)).Failure!.Should().Match<Failure>(f => f.Code == "addon-unfit" && !f.Transient);
        }
        await world.Provider.DeprovisionAsync("pool.1", default);
        (await world.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Is_what_was_asked_for_or_is_not_given_away()
    {
        await world.MakeAsync(World.Warm("pool.1"));
        await world.MakeAsync(World.Request("somebodys"));
        async Task<string> RefusedAsync(string warm, AddOnRequest request) => (await world.Provider.ClaimAsync(warm, request, default)).Failure!.Code;
        (await RefusedAsync("pool.1", World.Request("a", World.Seed))).Should().Be("addon-unfit");
        (await RefusedAsync("pool.1", World.Request("a", plan: "shared-large"))).Should().Be("addon-unfit");
        (await RefusedAsync("somebodys", World.Request("a"))).Should().Be("addon-unfit");
        (await RefusedAsync("nobodys", World.Request("a"))).Should().Be("addon-missing");
        (await RefusedAsync("../x", World.Request("a"))).Should().Be("addon-missing");
        (await RefusedAsync("pool.1", World.Warm("a"))).Should().Be("addon-unowned");
        (await RefusedAsync("pool.1", World.Request("somebodys"))).Should().Be("addon-taken");
        (await world.Provider.ClaimAsync("pool.1", World.Request("a"), default)).Value.Should().NotBeNull();
    }

    [Fact]
    public async Task Is_given_to_one_of_fifty()
    {
        await world.MakeAsync(World.Warm("pool.1"));
        var other = world.Another();
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () => (Id: $"a{i}", Status: await (i % 2 == 0 ? world.Provider : other).ClaimAsync("pool.1", World.Request($"a{i}"), default)))));
        var winner = all.Single(a => a.Status.Value is not null);
        all.Where(a => a != winner).Should().OnlyContain(a => a.Status.Failure!.Code == "addon-missing");
        (await World.QueryAsync(await world.UrlAsync(winner.Id), "select 1")).Should().Be(1);
    }

    [Fact]
    public async Task Each_is_given_once_when_fifty_are_claimed_at_once()
    {
        const int Many = 12;
        for (var i = 0; i < Many; i++) await world.MakeAsync(World.Warm($"pool.{i}"));
        await Task.WhenAll(Enumerable.Range(0, Many).SelectMany(i => new[] { i, i }).Select(i => Task.Run(async () => (await world.Provider.ClaimAsync($"pool.{i}", World.Request($"a{i}"), default)).Value.Should().NotBeNull())));
        var names = new List<object?>();
        for (var i = 0; i < Many; i++) names.Add(await World.QueryAsync(await world.UrlAsync($"a{i}"), "select current_database()::text"));
        names.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Is_warm_or_somebodys_after_a_claim_that_was_cut_off()
    {
        await world.MakeAsync(World.Warm("pool.1"));
        for (var i = 0; i < 40; i++)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(i * 0.5));
            try { await world.Provider.ClaimAsync("pool.1", World.Request("a"), soon.Token); }
            catch (OperationCanceledException) { }
            var there = (string)(await world.AdminAsync($"select string_agg(r.rolname || ' ' || coalesce(d.datname, '-') || ' ' || coalesce(d.datallowconn::text, '-'), ', ' order by 1) from pg_roles r left join pg_database d on d.datdba = r.oid where starts_with(r.rolname, '{world.Options.NamePrefix}')"))!;
            var (warm, claimed) = (world.Names("pool.1").Owner, world.Names("a"));
            there.Should().BeOneOf($"{warm} {warm} false, {world.Names("pool.1").Login(0)} - -", $"{claimed.Owner} {claimed.Owner} true, {claimed.Login(0)} - -");
        }
        (await world.Provider.ClaimAsync("pool.1", World.Request("a"), default)).Value.Should().NotBeNull();
        (await World.QueryAsync(await world.UrlAsync("a"), "select 1")).Should().Be(1);
    }
}
