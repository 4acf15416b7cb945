using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Flow.Providers.PostgreSql.Tests.Worlds;

/// <summary>A real PostgreSQL in a directory of its own, on a free port; it ends with the process that started it, however that ends. For tests and measurements.</summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly string[] Hasty = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly StringBuilder said = new();
    private readonly string directory, programs;
    private Process? process;

    private PostgreSqlServer(string programs, string directory) => (this.programs, this.directory) = (programs, directory);

    public const string Admin = "postgres";

    /// <summary>So that a search for it in what was told finds it.</summary>
    public string Password { get; } = $"admin{Guid.NewGuid():N}";

    public int Port { get; private set; }

    public string AdminConnectionString => $"Host=127.0.0.1;Port={Port};Username={Admin};Password={Password};Database=postgres";

    /// <summary>Where initdb and postgres are; null: not on this machine.</summary>
    public static string? Programs { get; } =
        new[] { Environment.GetEnvironmentVariable("FLOW_POSTGRES_PROGRAMS") ?? "" }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var major) ? major : 0).Select(d => Path.Combine(d, "bin")) : [])
            .FirstOrDefault(d => d.Length > 0 && File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "postgres")));

    /// <param name="durable">Whether commits wait for the disk, and the data is on one.</param>
    /// <param name="settings">Further settings of the server.</param>
    public static async Task<PostgreSqlServer> StartAsync(bool durable = false, params string[] settings)
    {
        var server = new PostgreSqlServer(Programs ?? throw new InvalidOperationException("PostgreSQL (initdb, postgres) is not installed: see test.sh."), DirectoryFor(durable));
        try
        {
            await server.InitializeAsync();
            await server.ListenAsync([.. settings, .. durable ? [] : Hasty]);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            // Immediate: there is nothing to keep.
            if (!process.HasExited) await RunAsync("kill", ["-QUIT", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync();
            process.Dispose();
            process = null;
        }
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
    }

    private async Task InitializeAsync()
    {
        var (uid, gid) = User();
        await RunAsync("install", ["-d", "-m", "700", .. Environment.IsPrivilegedProcess ? ["-o", uid, "-g", gid] : Array.Empty<string>(), directory]);
        var password = Path.Combine(directory, "password");
        await File.WriteAllTextAsync(password, Password);
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", [uid, password]);
        var (program, arguments) = Unprivileged("initdb", ["-D", Data, "-U", Admin, "-A", "scram-sha-256", "--pwfile", password, "--no-sync", "-E", "UTF8", "--locale=C"]);
        await RunAsync(program, arguments);
        File.Delete(password);
    }

    private string Data => Path.Combine(directory, "data");

    private async Task ListenAsync(IReadOnlyList<string> settings)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            Port = FreePort();
            await StartAsync(settings);
            while (!process!.HasExited)
            {
                try
                {
                    await using var connection = new NpgsqlConnection($"{AdminConnectionString};Pooling=false;Timeout=5");
                    await connection.OpenAsync();
                    return;
                }
                catch (NpgsqlException) when (Stopwatch.GetElapsedTime(began) < Patience) { await Task.Delay(20); }
            }
            // Somebody was quicker to take the port.
            if (!said.ToString().Contains("Address already in use", StringComparison.Ordinal) || Stopwatch.GetElapsedTime(began) > Patience) throw new InvalidOperationException($"PostgreSQL does not start: {said}");
        }
    }

    /// <summary>The kernel ends it with the <em>thread</em> that started it: one that lives as long as this process.</summary>
    private async Task StartAsync(IReadOnlyList<string> settings)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        string[] all = [$"port={Port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=120", "shared_buffers=64MB", "autovacuum=off", "log_min_messages=fatal", .. settings];
        var (program, arguments) = Unprivileged("postgres", ["-D", Data, .. all.SelectMany(s => new[] { "-c", s })]);
        var thread = new Thread(() =>
        {
            try
            {
                var child = Process.Start(Start(program, arguments))!;
                child.OutputDataReceived += (_, line) => Keep(line.Data);
                child.ErrorDataReceived += (_, line) => Keep(line.Data);
                child.BeginOutputReadLine();
                child.BeginErrorReadLine();
                started.SetResult(child);
                child.WaitForExit();
            }
            catch (Exception e) when (!started.Task.IsCompleted) { started.SetException(e); }
            catch (InvalidOperationException) { }
        }) { IsBackground = true, Name = "postgres" };
        thread.Start();
        process = await started.Task;
    }

    private void Keep(string? line)
    {
        lock (said) said.AppendLine(line);
    }

    /// <summary>The server refuses to be root.</summary>
    private (string Program, IReadOnlyList<string> Arguments) Unprivileged(string name, IEnumerable<string> arguments)
    {
        var (uid, gid) = User();
        string[] user = Environment.IsPrivilegedProcess ? ["--reuid", uid, "--regid", gid, "--clear-groups"] : [];
        return ("setpriv", [.. user, "--pdeathsig", "QUIT", Path.Combine(programs, name), .. arguments]);
    }

    private static (string Uid, string Gid) User() => File.ReadLines("/etc/passwd").Select(l => l.Split(':')).Where(f => f is ["postgres" or "nobody", ..]).OrderByDescending(f => f[0]).Select(f => (f[2], f[3])).First();

    /// <summary>In memory where nothing need last, and where the unprivileged user can come.</summary>
    private static string DirectoryFor(bool durable)
    {
        var parents = durable ? new[] { Path.GetTempPath(), "/tmp", "/var/tmp" } : ["/dev/shm", Path.GetTempPath(), "/tmp"];
        var parent = parents.FirstOrDefault(p => Directory.Exists(p) && (!Environment.IsPrivilegedProcess || Reachable(p))) ?? throw new InvalidOperationException("No directory for PostgreSQL.");
        return Path.Combine(parent, $"flow-postgres-{Environment.GetEnvironmentVariable("FLOW_TEST_RUN") ?? "alone"}-{Guid.NewGuid():N}");
    }

    private static bool Reachable(string path)
    {
        for (var at = new DirectoryInfo(path); at is not null; at = at.Parent)
            if (!at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        return true;
    }

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        using var child = Process.Start(Start(program, arguments))!;
        var (output, errors) = (child.StandardOutput.ReadToEndAsync(), child.StandardError.ReadToEndAsync());
        await child.WaitForExitAsync();
        if (child.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {child.ExitCode}: {await output}{await errors}");
    }

    private static ProcessStartInfo Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Below the range that systems hand out themselves.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var candidate = Random.Shared.Next(15_000, 30_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, candidate);
                listener.Start();
                return candidate;
            }
            catch (SocketException) { }
        }
    }
}
