using System.Diagnostics;
using System.Globalization;
using Flow.AddOns;
using Flow.Benchmarks.Measuring;
using Flow.Providers.PostgreSql;
using Flow.Providers.PostgreSql.Instances;
using Flow.Providers.PostgreSql.Tests.Worlds;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Flow.Benchmarks.AddOns;

/// <summary>What it takes to hand over a warm database, against making one from the same seed; and fifty at once. On a real server whose commits wait for the disk.</summary>
internal static class PostgresFigures
{
    public const string Claim = "postgres-claim", Burst = "postgres-claim-burst";
    public static readonly IReadOnlyList<string> Names = [Claim, Burst];
    private const string Seed = "shop_seed";
    private const int Count = 15, WarmUps = 3, Together = 50, Rounds = 3;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        if (PostgreSqlServer.Programs is null)
        {
            Teller.Say($"Left out: {string.Join(", ", Names.Where(wanted.Contains))}. PostgreSQL (initdb, postgres) is not installed; on Debian: apt-get install postgresql.");
            return [];
        }
        await using var server = await PostgreSqlServer.StartAsync(durable: true, "shared_buffers=128MB", "max_wal_size=4GB");
        await SeedAsync(server);
        await using var provider = new PostgreSqlAddOnProvisioner(
            new() { AdminConnectionString = server.AdminConnectionString, CredentialKey = Convert.ToBase64String(new byte[32]), Seeds = { Seed } }, TimeProvider.System, NullLogger.Instance);
        List<Figure> figures = [];
        if (wanted.Contains(Claim)) figures.Add(await MeasureClaimAsync(provider));
        if (wanted.Contains(Burst)) figures.Add(await MeasureBurstAsync(provider));
        return figures;
    }

    private static async Task<Figure> MeasureClaimAsync(PostgreSqlAddOnProvisioner provider)
    {
        Pairs pairs = new();
        for (var i = -WarmUps; i < Count; i++)
        {
            var (cold, warm, claimed) = ($"cold.{i}", $"pool.{i}", $"claimed.{i}");
            await MakeAsync(provider, Request(warm) with { Owner = null });
            var making = await TimedAsync(() => MakeAsync(provider, Request(cold)));
            var claiming = await TimedAsync(() => ClaimAsync(provider, warm, claimed));
            if (i >= 0) pairs.Add(claiming, making);
            await provider.DeprovisionAsync(cold, default);
            await provider.DeprovisionAsync(claimed, default);
        }
        Teller.Say($"{Claim}, ms, claimed/made: {pairs.Told("0.0")}");
        return pairs.ToFigure(Claim, "ms", "at most 0.1 x of a cold one with the same seed", p => p.Ratio <= 0.1);
    }

    private static async Task<Figure> MeasureBurstAsync(PostgreSqlAddOnProvisioner provider)
    {
        Pairs pairs = new();
        for (var round = 0; round < Rounds; round++)
        {
            // The first ten alone, the others at once.
            var ids = Enumerable.Range(0, Together + 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"{round}.{i}")).ToList();
            foreach (var id in ids) await MakeAsync(provider, Request($"pool.{id}") with { Owner = null });
            List<double> alone = [];
            foreach (var id in ids[..10]) alone.Add(await TimedAsync(() => ClaimAsync(provider, $"pool.{id}", $"claimed.{id}")));
            var together = await Task.WhenAll(ids[10..].Select(id => Task.Run(() => TimedAsync(() => ClaimAsync(provider, $"pool.{id}", $"claimed.{id}")))));

            HashSet<string> databases = [];
            foreach (var id in ids)
            {
                var binding = await provider.BindAsync($"claimed.{id}", default);
                if (!databases.Add(binding.Variables["DATABASE_NAME"])) throw new InvalidOperationException("Two have the same database.");
            }
            pairs.Add(Pairs.Percentile(together, 0.99), Pairs.Median(alone));
            foreach (var id in ids) await provider.DeprovisionAsync($"claimed.{id}", default);
        }
        Teller.Say($"{Burst}, ms, p99 of {Together} at once/median of one alone: {pairs.Told("0.0")}");
        return pairs.ToFigure(Burst, "ms", "p99 at most 20 x a single claim, no instance twice", p => p.Ratio <= 20);
    }

    private static AddOnRequest Request(string id) => new() { Id = id, Purpose = AddOnPurpose.Review, Seed = Seed, Owner = new(PipelineName.Parse("shop"), AppName.Parse("shop-pr-7"), "7") };

    private static async Task MakeAsync(PostgreSqlAddOnProvisioner provider, AddOnRequest request)
    {
        while (true)
        {
            var status = await provider.ProvisionAsync(request, default);
            if (status.Value is not null) return;
            if (status.Failure is { Transient: false } failure) throw new InvalidOperationException(failure.Message);
            await Task.Delay(20);
        }
    }

    private static async Task ClaimAsync(PostgreSqlAddOnProvisioner provider, string warm, string id)
    {
        var status = await provider.ClaimAsync(warm, Request(id), default);
        if (status.Value is null) throw new InvalidOperationException($"{status.Failure}");
    }

    private static async Task<double> TimedAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>As the development data of a shop: a few tables, 20,000 rows.</summary>
    private static async Task SeedAsync(PostgreSqlServer server)
    {
        foreach (var (database, sql) in new[]
        {
            ("postgres", $"CREATE DATABASE {Seed}"),
            (Seed, string.Join("; ", Enumerable.Range(0, 10).Select(i => $"CREATE TABLE t{i} (id serial PRIMARY KEY, name text); INSERT INTO t{i} (name) SELECT 'product ' || x FROM generate_series(1, 2000) x"))),
        })
        {
            await using var connection = new NpgsqlConnection($"{server.AdminConnectionString};Database={database};Pooling=false");
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
