using System.Globalization;
using Flow.AddOns;
using Flow.Providers.PostgreSql.Instances;
using Microsoft.Extensions.Logging;
using Npgsql;

[assembly: AssemblyFixture(typeof(Flow.Providers.PostgreSql.Tests.Worlds.OneServer))]

namespace Flow.Providers.PostgreSql.Tests.Worlds;

/// <summary>The server of all tests of the run. Left out only where test.sh says that there is none.</summary>
public sealed class OneServer : IAsyncLifetime
{
    private PostgreSqlServer? server;

    public PostgreSqlServer Server
    {
        get
        {
            if (server is null) Assert.Skip("PostgreSQL is not installed on this machine.");
            return server;
        }
    }

    public async ValueTask InitializeAsync()
    {
        var told = (Environment.GetEnvironmentVariable("FLOW_TESTS_WITHOUT") ?? "").Split(' ').Contains("initdb");
        if (told && Environment.GetEnvironmentVariable("CI") != "true") return;
        server = await PostgreSqlServer.StartAsync();
        await using var world = new World(server);
        await world.AdminAsync($"CREATE DATABASE {World.Seed}");
        await world.AdminAsync("CREATE ROLE seed_owner NOLOGIN");
        await world.SeedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
    }
}

/// <summary>A provider with a prefix of its own, so that tests do not see each other's instances.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Seed = "shop_seed";
    private static int last;
    private readonly PostgreSqlServer server;
    private readonly List<IAsyncDisposable> providers = [];

    public World(PostgreSqlServer server, Action<PostgreSqlOptions>? configure = null)
    {
        this.server = server;
        Options = new()
        {
            AdminConnectionString = server.AdminConnectionString,
            CredentialKey = Convert.ToBase64String(Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray()),
            NamePrefix = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref last)}_"),
        };
        Options.Seeds.Add(Seed);
        configure?.Invoke(Options);
        Provider = Another();
    }

    public PostgreSqlOptions Options { get; }
    public PostgreSqlAddOnProvisioner Provider { get; }
    public KeptLog Log { get; } = new();

    /// <summary>As another process would have it.</summary>
    public PostgreSqlAddOnProvisioner Another()
    {
        var another = new PostgreSqlAddOnProvisioner(Options, TimeProvider.System, Log);
        providers.Add(another);
        return another;
    }

    public static AddOnRequest Request(string id, string? seed = null, string? plan = null, AddOnPurpose purpose = AddOnPurpose.Review) =>
        new() { Id = id, Purpose = purpose, Plan = plan, Seed = seed, Owner = new(PipelineName.Parse("shop"), AppName.Parse("shop-pr-7"), "7") };

    public static AddOnRequest Warm(string id, string? seed = null) => Request(id, seed) with { Owner = null };

    public InstanceNames Names(string id) => InstanceNames.Of(Options.NamePrefix, id);

    public async Task<AddOnInstance> MakeAsync(AddOnRequest request)
    {
        for (var tries = 0; ; tries++)
        {
            var status = await Provider.ProvisionAsync(request, default);
            if (status.Value is { } value) return value;
            if (status is { IsRunning: false, Failure.Transient: false } || tries > 200) throw new InvalidOperationException($"{status.Failure}");
            await Task.Delay(status.AskAgainIn ?? TimeSpan.FromMilliseconds(50));
        }
    }

    public async Task<string> UrlAsync(string id) => Of(await Provider.BindAsync(id, default));

    /// <summary>As a connection string of Npgsql.</summary>
    public static string Of(AddOnBinding binding)
    {
        var url = new Uri(binding.Variables["DATABASE_URL"]);
        var user = url.UserInfo.Split(':').Select(Uri.UnescapeDataString).ToList();
        return $"Host={url.Host};Port={url.Port};Username={user[0]};Password={user[1]};Database={Uri.UnescapeDataString(url.AbsolutePath[1..])};Pooling=false;Timeout=20";
    }

    public static async Task<object?> QueryAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>The state of whoever is refused; null: it came in.</summary>
    public static async Task<string?> RefusedAsync(string connectionString)
    {
        try
        {
            await QueryAsync(connectionString, "select 1");
            return null;
        }
        catch (PostgresException e) { return e.SqlState; }
    }

    public Task<object?> AdminAsync(string sql, string database = "postgres") => QueryAsync($"{server.AdminConnectionString};Database={database};Pooling=false", sql);

    /// <summary>Databases and roles that carry this world's prefix.</summary>
    public async Task<long> CountAsync() => (long)(await AdminAsync($"select (select count(*) from pg_database where starts_with(datname, '{Options.NamePrefix}')) + (select count(*) from pg_roles where starts_with(rolname, '{Options.NamePrefix}'))"))!;

    /// <summary>One of everything that adoption knows.</summary>
    public Task SeedAsync() => AdminAsync("""
        SET ROLE NONE;
        CREATE EXTENSION IF NOT EXISTS plpgsql;
        CREATE SCHEMA "Odd ""Schema";
        CREATE TYPE "Odd ""Schema".colour AS ENUM ('red', 'blue');
        CREATE DOMAIN positive AS int CHECK (value > 0);
        CREATE TYPE pair AS (a int, b text);
        CREATE TABLE products (id serial PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY, name text, colour "Odd ""Schema".colour, amount positive);
        CREATE TABLE "Odd ""Schema"."T'able" (id int) PARTITION BY RANGE (id);
        CREATE TABLE "Odd ""Schema".part PARTITION OF "Odd ""Schema"."T'able" FOR VALUES FROM (0) TO (10);
        CREATE SEQUENCE loose;
        CREATE VIEW names AS SELECT name FROM products;
        CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM products;
        CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'select $1 * 2';
        CREATE PROCEDURE nothing() LANGUAGE sql AS 'select 1';
        CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
        CREATE STATISTICS related ON name, colour FROM products;
        CREATE COLLATION plain FROM "C";
        SELECT lo_create(4711);
        INSERT INTO products (name, colour, amount) SELECT 'p' || i, 'red', i FROM generate_series(1, 100) i;
        CREATE TABLE others (x int);
        ALTER TABLE others OWNER TO seed_owner;
        """, Seed);

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in providers) await provider.DisposeAsync();
    }
}

/// <summary>All that was logged, with the exceptions.</summary>
internal sealed class KeptLog : ILogger
{
    private readonly List<string> lines = [];

    public string Text
    {
        get { lock (lines) return string.Join('\n', lines); }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines) lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
    }
}
