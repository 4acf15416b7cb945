using Flow.AddOns;
using Flow.Providers.PostgreSql.Tests.Worlds;
using Npgsql;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class A_database(OneServer one) : IAsyncLifetime
{
    private readonly World world = new(one.Server);

    public ValueTask InitializeAsync() => default;
    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Belongs_to_its_owner_whichever_login_made_what_is_in_it()
    {
        (await world.MakeAsync(World.Request("shop-pr-7.1.db"))).Should().Be(new AddOnInstance("shop-pr-7.1.db", "shared"));
        var url = await world.UrlAsync("shop-pr-7.1.db");
        await World.QueryAsync(url, "create table t (x int); insert into t values (1)");
        (await World.QueryAsync(url, "select tableowner from pg_tables where tablename = 't'")).Should().Be(world.Names("shop-pr-7.1.db").Owner);
        await world.Provider.RotateAsync("shop-pr-7.1.db", default);
        var next = await world.UrlAsync("shop-pr-7.1.db");
        (await World.QueryAsync(next, "select current_user::text || ' ' || session_user")).Should().Be($"{world.Names("shop-pr-7.1.db").Owner} {world.Names("shop-pr-7.1.db").Login(1)}");
        await World.QueryAsync(next, "alter table t add y int; drop table t");
    }

    [Fact]
    public async Task Lets_nobody_else_in()
    {
        await world.MakeAsync(World.Request("a"));
        await world.MakeAsync(World.Request("b"));
        var foreign = new NpgsqlConnectionStringBuilder(await world.UrlAsync("a")) { Database = world.Names("b").Database }.ConnectionString;
        (await World.RefusedAsync(foreign)).Should().Be("42501");
        (await World.QueryAsync(await world.UrlAsync("b"), $"select has_database_privilege('{world.Names("a").Login(0)}', current_database(), 'TEMPORARY')")).Should().Be(false);
    }

    [Fact]
    public async Task Has_as_many_connections_as_its_plan()
    {
        await using var small = new World(one.Server, o => o.Plans["tiny"] = new() { ConnectionLimit = 1, StatementTimeout = TimeSpan.FromSeconds(7) });
        await small.MakeAsync(World.Request("a"));
        var url = await small.UrlAsync("a");
        await using var first = new NpgsqlConnection(url);
        await first.OpenAsync();
        (await World.RefusedAsync(url)).Should().Be("53300");
        await using var command = new NpgsqlCommand("show statement_timeout", first);
        (await command.ExecuteScalarAsync()).Should().Be("7s");
    }

    [Fact]
    public async Task Tells_its_url_and_its_parts()
    {
        await using var told = new World(one.Server, o => (o.PublicHost, o.PublicPort, o.SslMode) = ("2001:db8::7", 6432, "verify-full"));
        await told.MakeAsync(World.Request("a"));
        var binding = await told.Provider.BindAsync("a", default);
        var v = binding.Variables;
        v["DATABASE_URL"].Should().Be($"postgres://{v["DATABASE_USER"]}:{v["DATABASE_PASSWORD"]}@[2001:db8::7]:6432/{v["DATABASE_NAME"]}?sslmode=verify-full");
        v["DATABASE_HOST"].Should().Be("2001:db8::7");
        v["DATABASE_PORT"].Should().Be("6432");
        v["DATABASE_PASSWORD"].Should().MatchRegex("^[a-z2-7]{32}$");
        binding.SecretNames.Should().BeEquivalentTo("DATABASE_URL", "DATABASE_PASSWORD");
    }

    [Fact]
    public async Task Is_the_same_for_another_process_with_the_same_key_and_keeps_its_password_nowhere()
    {
        await world.MakeAsync(World.Request("a"));
        var binding = await world.Provider.BindAsync("a", default);
        var other = world.Another();
        (await other.ProvisionAsync(World.Request("a"), default)).Value!.Id.Should().Be("a");
        (await other.BindAsync("a", default)).Variables.Should().BeEquivalentTo(binding.Variables);
        var known = await world.AdminAsync("select string_agg(description, ' ') from pg_shdescription");
        known.As<string>().Should().Contain("\"id\":\"a\"").And.NotContain(binding.Variables["DATABASE_PASSWORD"]);
        (await world.AdminAsync($"select rolpassword from pg_authid where rolname = '{binding.Variables["DATABASE_USER"]}'")).As<string>().Should().StartWith("SCRAM-SHA-256$4096:");
    }

    [Fact]
    public async Task That_comes_again_has_another_password()
    {
        await world.MakeAsync(World.Request("a"));
        var before = await world.UrlAsync("a");
        await world.Provider.DeprovisionAsync("a", default);
        await world.MakeAsync(World.Request("a"));
        (await world.UrlAsync("a")).Should().NotBe(before);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("x\n")]
    [InlineData("x\0")]
    [InlineData("a'; drop role postgres; --")]
    [InlineData("a\"b")]
    public async Task Has_no_hostile_id(string id)
    {
        (await world.Provider.ProvisionAsync(World.Request(id), default)).Failure!.Code.Should().Be("addon-invalid");
        await world.Provider.DeprovisionAsync(id, default);
        (await FluentActions.Awaiting(async () => await world.Provider.BindAsync(id, default)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-missing");
        (await world.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Refuses_in_words_what_it_does_not_have()
    {
        (await world.Provider.ProvisionAsync(World.Request("a", plan: "hu\u001bge"), default)).Failure!.Message.Should().Be("'huge' is no plan of PostgreSQL; there are 'shared', 'shared-large'.");
        (await world.Provider.ProvisionAsync(World.Request("a") with { Options = new Dictionary<string, string> { ["version"] = "9" } }, default)).Failure!.Code.Should().Be("option-unknown");
        foreach (var seed in new[] { "postgres", "template1", "shop_seed ", "Shop_Seed", "x'; drop database postgres; --", $"{world.Options.NamePrefix}x", "" })
            (await world.Provider.ProvisionAsync(World.Request("a", seed), default)).Failure!.Code.Should().Be("seed-unknown", seed);
        (await world.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Takes_hostile_owners_as_text()
    {
        var hostile = "7'; DROP TABLE x; --\\\u202e" + new string('x', 5_000);
        await world.MakeAsync(World.Request("a") with { Owner = new(PipelineName.Parse("shop"), AppName.Parse("shop-pr-7"), hostile) });
        var known = (string)(await world.AdminAsync($"select shobj_description(oid, 'pg_authid') from pg_roles where rolname = '{world.Names("a").Owner}'"))!;
        Instances.InstanceRecord.Parse(known)!.Proposal.Should().StartWith("7'; DROP TABLE x; --\\xxx").And.HaveLength(103);
    }

    [Fact]
    public async Task Whose_name_is_taken_is_refused_and_the_other_is_left_alone()
    {
        await world.AdminAsync($"CREATE ROLE {world.Names("role").Owner} NOLOGIN");
        await world.AdminAsync($"CREATE DATABASE {world.Names("database").Database}");
        (await world.Provider.ProvisionAsync(World.Request("role"), default)).Failure!.Code.Should().Be("addon-foreign");
        (await world.Provider.ProvisionAsync(World.Request("database"), default)).Failure!.Code.Should().Be("addon-foreign");
        await world.Provider.DeprovisionAsync("role", default);
        await world.Provider.DeprovisionAsync("database", default);
        (await world.CountAsync()).Should().Be(2, "what somebody else made is there");
    }

    [Fact]
    public async Task That_somebody_dropped_is_not_silently_made_anew()
    {
        await world.MakeAsync(World.Request("a", purpose: AddOnPurpose.Production));
        await world.AdminAsync($"DROP DATABASE {world.Names("a").Database}");
        (await world.Provider.ProvisionAsync(World.Request("a"), default)).Failure!.Code.Should().Be("addon-lost");
        await world.Provider.DeprovisionAsync("a", default);
        (await world.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Is_made_by_an_administrator_who_is_no_superuser()
    {
        await world.AdminAsync("CREATE ROLE plain_admin LOGIN CREATEDB CREATEROLE PASSWORD 'plain'; ALTER DATABASE shop_seed IS_TEMPLATE true; GRANT seed_owner TO plain_admin");
        await using var plain = new World(one.Server, o => o.AdminConnectionString = new NpgsqlConnectionStringBuilder(o.AdminConnectionString) { Username = "plain_admin", Password = "plain" }.ConnectionString);
        await plain.MakeAsync(World.Request("a"));
        await World.QueryAsync(await plain.UrlAsync("a"), "create table t (x int)");
        await plain.Provider.RotateAsync("a", default);
        await plain.Provider.RotateAsync("a", default);
        (await plain.Provider.ProvisionAsync(World.Warm("w"), default)).Value.Should().NotBeNull();
        (await plain.Provider.ClaimAsync("w", World.Request("b"), default)).Value.Should().NotBeNull();
        await World.QueryAsync(await plain.UrlAsync("b"), "create table t (x int)");
        foreach (var id in new[] { "a", "b" }) await plain.Provider.DeprovisionAsync(id, default);
        (await plain.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Says_nothing_of_the_administrators_password_when_the_server_is_away()
    {
        await using var away = new World(one.Server, o => o.AdminConnectionString = "Host=127.0.0.1;Port=1;Username=postgres;Password=topsecret;Timeout=2");
        var failure = (await away.Provider.ProvisionAsync(World.Request("a"), default)).Failure!;
        failure.Should().Match<Failure>(f => f.Transient && f.Code == "postgres-unreachable");
        var thrown = (await FluentActions.Awaiting(async () => await away.Provider.BindAsync("a", default)).Should().ThrowAsync<FlowException>()).Which;
        $"{failure} {thrown} {away.Log.Text}".Should().NotContain("topsecret");
    }
}
