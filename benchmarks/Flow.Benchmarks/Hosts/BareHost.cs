using DbUp;
using DbUp.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Flow.Benchmarks.Hosts;

/// <summary>
/// An ASP.NET host that knows no Flow and uses what Flow uses: YARP's forwarder, SQLite, DbUp, data protection with keys on disk, options from the
/// configuration, health checks, an endpoint that answers JSON.
/// </summary>
internal static class BareHost
{
    public static async Task RunAsync(string directory)
    {
        var builder = WebApplication.CreateBuilder([]);
        Ports.Configure(builder, out var port);
        var routerPort = Ports.Free();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}", $"http://127.0.0.1:{routerPort}");
        builder.Services.AddHttpForwarder();
        builder.Services.AddHealthChecks();
        builder.Configuration["Shop:Patience"] = "00:00:30";
        builder.Services.AddOptions<ShopOptions>().Bind(builder.Configuration.GetSection("Shop")).ValidateOnStart();
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new(Path.Combine(directory, "keys")));
        var app = builder.Build();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
        app.MapHealthChecks("/health/live");
        app.MapGet("/orders/{id}", (int id, IDataProtectionProvider protection, IOptions<ShopOptions> options) => new Order(id + options.Value.Items.Count, protection.CreateProtector("orders").Protect("secret"), DateTimeOffset.UnixEpoch, [1, 2, 3]));
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        app.MapWhen(context => context.Connection.LocalPort == routerPort, routed => routed.Run(async context => await forwarder.SendAsync(context, $"http://127.0.0.1:{port}", client)));

        var file = new SqliteConnectionStringBuilder { DataSource = Path.Combine(directory, "bare.db"), Pooling = false }.ConnectionString;
        using var writing = new SqliteConnection(file);
        writing.Open();
        Execute(writing, "PRAGMA journal_mode=WAL");
        Execute(writing, "PRAGMA synchronous=FULL");
        var upgrade = DeployChanges.To.SqliteDatabase(file).WithScripts(new SqlScript("1", "CREATE TABLE events (id INTEGER PRIMARY KEY, json TEXT NOT NULL)")).LogToNowhere().Build().PerformUpgrade();
        if (!upgrade.Successful) throw upgrade.Error;
        for (var i = 0; i < 100; i++) Execute(writing, $"INSERT INTO events (json) VALUES ('{new string('x', 2_000)}')");
        using var reading = new SqliteConnection(file);
        reading.Open();
        Execute(reading, "SELECT count(*) FROM events WHERE json LIKE '%y%'");

        await app.StartAsync();
        await Ports.AskAsync(port, "/health/live");
        await Ports.AskAsync(port, "/orders/1");
        await Ports.AskAsync(routerPort, "/health/live");
        Console.WriteLine("working");
        await app.WaitForShutdownAsync();
    }

    internal sealed class ShopOptions
    {
        public TimeSpan Patience { get; set; }
        public List<string> Items { get; } = [];
    }

    private sealed record Order(int Id, string Token, DateTimeOffset At, IReadOnlyList<int> Items);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
