using Flow.Providers.PostgreSql.Tests.Worlds;
using Npgsql;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class A_seed(OneServer one) : IAsyncLifetime
{
    private readonly World world = new(one.Server);

    public ValueTask InitializeAsync() => default;
    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Becomes_all_the_new_owners_and_stays_whose_it_was()
    {
        await world.MakeAsync(World.Request("a", World.Seed));
        var url = await world.UrlAsync("a");
        (await World.QueryAsync(url, "select count(*) from products")).Should().Be(100L);
        await World.QueryAsync(url, """
            insert into products (name) values ('new'); refresh materialized view counted; select nextval('loose');
            alter table "Odd ""Schema"."T'able" add x int; alter table products add y int; alter type pair rename to couple; alter domain positive drop constraint positive_check;
            alter type "Odd ""Schema".colour add value 'green'; drop function twice(int); drop procedure nothing(); drop aggregate total(int); drop statistics related; drop collation plain;
            drop table others; drop view names; select lo_unlink(4711); drop schema "Odd ""Schema" cascade
            """);
        (await world.AdminAsync("select pg_get_userbyid(datdba)::text from pg_database where datname = 'shop_seed'")).Should().Be(PostgreSqlServer.Admin);
        (await world.AdminAsync("select tableowner::text from pg_tables where tablename = 'others'", World.Seed)).Should().Be("seed_owner");
    }

    [Fact]
    public async Task Is_handed_over_again_where_a_crash_left_it_half_done()
    {
        await world.MakeAsync(World.Request("a", World.Seed));
        var names = world.Names("a");
        await world.AdminAsync("ALTER TABLE products OWNER TO postgres", names.Database);
        await world.AdminAsync($"DROP ROLE {names.Login(0)}");
        var known = Instances.InstanceRecord.Parse((string)(await world.AdminAsync($"select shobj_description(oid, 'pg_authid') from pg_roles where rolname = '{names.Owner}'"))!)!;
        await world.AdminAsync($"COMMENT ON ROLE {names.Owner} IS '{(known with { State = Instances.InstanceState.Making }).ToJson()}'");
        await world.MakeAsync(World.Request("a", World.Seed));
        await World.QueryAsync(await world.UrlAsync("a"), "drop table products cascade");
    }

    [Fact]
    public async Task That_is_not_there_is_refused()
    {
        await using var missing = new World(one.Server, o => o.SeedPrefix = "nowhere");
        (await missing.Provider.ProvisionAsync(World.Request("a", "nowhere1"), default)).Failure!.Should().Be(new Failure("seed-missing", "The server has no database 'nowhere1' to begin with."));
        (await missing.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task That_somebody_is_connected_to_is_tried_again()
    {
        await using var busy = new World(one.Server, o => o.Seeds.Add("busy"));
        await busy.AdminAsync("CREATE DATABASE busy TEMPLATE template0");
        await using (var somebody = new NpgsqlConnection($"{one.Server.AdminConnectionString};Database=busy;Pooling=false"))
        {
            await somebody.OpenAsync();
            (await busy.Provider.ProvisionAsync(World.Request("a", "busy"), default)).Failure!.Should().Match<Failure>(f => f.Code == "seed-busy" && f.Transient);
            (await busy.CountAsync()).Should().Be(0);
        }
        await busy.MakeAsync(World.Request("a", "busy"));
    }

    [Fact]
    public async Task That_is_too_large_to_hand_over_is_refused_and_can_be_dropped()
    {
        await using var bounded = new World(one.Server, o => o.MaxSeedObjects = 3);
        (await bounded.Provider.ProvisionAsync(World.Request("a", World.Seed), default)).Failure!.Code.Should().Be("seed-too-large");
        await bounded.Provider.DeprovisionAsync("a", default);
        (await bounded.CountAsync()).Should().Be(0);
    }
}
