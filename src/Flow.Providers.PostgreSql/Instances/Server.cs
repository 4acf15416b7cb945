using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>The server as its administrator sees it: few connections, bounded statements, another try after what passes, and no foreign words in what it throws.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly NpgsqlConnectionStringBuilder admin;
    private readonly NpgsqlDataSource source;
    private readonly ResiliencePipeline retries;

    public Server(PostgreSqlOptions options, TimeProvider time, ILogger logger)
    {
        admin = new(options.AdminConnectionString)
        {
            ApplicationName = "flow",
            MaxPoolSize = options.AdminConnections,
            MinPoolSize = 0,
            Pooling = true,
            Timeout = 15,
            CommandTimeout = (int)options.StatementTimeout.TotalSeconds + 5,
            KeepAlive = 30,
            // Only what is the server's own is found by a bare name.
            SearchPath = "pg_catalog",
            Options = FormattableString.Invariant($"-c standard_conforming_strings=on -c statement_timeout={(long)options.StatementTimeout.TotalMilliseconds} -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"),
            // Nothing of a session changes but transactions, which end with its use, and locks, which are given back: so what is asked often stays prepared.
            NoResetOnClose = true,
            MaxAutoPrepare = 10,
            AutoPrepareMinUsages = 2,
            PersistSecurityInfo = false,
            IncludeErrorDetail = false,
            Enlist = false,
        };
        source = new NpgsqlDataSourceBuilder(admin.ConnectionString).Build();
        retries = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(Passes),
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(200),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                OnRetry = retry =>
                {
                    logger.TriedAgain((retry.Outcome.Exception as PostgresException)?.SqlState ?? "no answer", retry.AttemptNumber + 1);
                    return default;
                },
            })
            .Build();
    }

    /// <summary>Work that may be done again from its beginning.</summary>
    public async ValueTask<T> WorkAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await retries.ExecuteAsync(async token =>
            {
                await using var connection = await source.OpenConnectionAsync(token).ConfigureAwait(false);
                return await work(connection, token).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (Told(e) is { } told) { throw told; }
    }

    /// <summary>The same under the instance's lock, for what takes several statements and no transaction. Default: somebody else works on the instance.</summary>
    public ValueTask<T?> WorkAloneAsync<T>(InstanceNames names, bool wait, Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken) where T : class =>
        WorkAsync(async (connection, token) =>
        {
            if (wait) await connection.ExecuteAsync("select pg_advisory_lock($1)", token, names.Lock).ConfigureAwait(false);
            else if (!(bool)(await connection.ScalarAsync("select pg_try_advisory_lock($1)", token, names.Lock).ConfigureAwait(false))!) return null;
            try { return await work(connection, token).ConfigureAwait(false); }
            finally
            {
                await UnlockAsync(connection, names.Lock).ConfigureAwait(false);
            }
        }, cancellationToken);

    private static async ValueTask UnlockAsync(NpgsqlConnection connection, long key)
    {
        // A connection that is broken has no lock any more.
        if (connection.FullState != System.Data.ConnectionState.Open) return;
        try { await connection.ExecuteAsync("select pg_advisory_unlock($1)", CancellationToken.None, key).ConfigureAwait(false); }
        catch (NpgsqlException) { NpgsqlConnection.ClearPool(connection); }
    }

    /// <summary>A connection of its own to another database of the server.</summary>
    public async ValueTask<NpgsqlConnection> EnterAsync(string database, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(admin.ConnectionString) { Database = database, Pooling = false }.ConnectionString);
        try { await connection.OpenAsync(cancellationToken).ConfigureAwait(false); }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        return connection;
    }

    /// <summary>Where apps find it, unless the options say otherwise.</summary>
    public string Host => admin.Host!;
    public int Port => admin.Port;

    // 55006: somebody is connected to what is copied, renamed or dropped. 55P03: a lock is held. 57P0x: the server stops or starts. XX000: two changed one row of a catalogue.
    private static bool Passes(Exception trouble) => trouble switch
    {
        PostgresException e => e.IsTransient || e.SqlState is "55006" or "55P03" or "57P01" or "57P02" or "57P03" || e.SqlState.StartsWith("53", StringComparison.Ordinal)
            || (e.SqlState == "XX000" && e.MessageText.StartsWith("tuple concurrently", StringComparison.Ordinal)),
        NpgsqlException e => e.IsTransient || e.InnerException is IOException or SocketException or TimeoutException,
        _ => false,
    };

    /// <summary>In our words, with the server's five characters: its own text may quote statements and data.</summary>
    private static FlowException? Told(Exception trouble) => trouble switch
    {
        PostgresException { SqlState: "28P01" or "28000" or "3D000" } e => new("postgres-refused", $"The PostgreSQL server does not let the administrator in (SQLSTATE {e.SqlState}). Look at AdminConnectionString.", inner: e),
        PostgresException { SqlState: "42501" } e => new("postgres-rights", "The administrator of the PostgreSQL server lacks a right (SQLSTATE 42501): it needs CREATEDB and CREATEROLE, and membership of the owners of the seeds' objects.", inner: e),
        PostgresException { SqlState: "55006" or "55P03" } e => new("postgres-busy", $"Somebody is using what has to be changed on the PostgreSQL server (SQLSTATE {e.SqlState}). It is tried again.", transient: true, e),
        PostgresException { SqlState: "53100" } e => new("postgres-full", "The disk of the PostgreSQL server is full (SQLSTATE 53100). It is tried again.", transient: true, e),
        PostgresException { SqlState: "53300" } e => new("postgres-busy", "The PostgreSQL server has no connection left (SQLSTATE 53300). It is tried again.", transient: true, e),
        PostgresException e => new(Passes(e) ? "postgres-unavailable" : "postgres-failed", $"The PostgreSQL server refused a statement (SQLSTATE {e.SqlState}).", Passes(e), e),
        NpgsqlException e => new("postgres-unreachable", "The PostgreSQL server does not answer. It is tried again.", transient: true, e),
        TimeoutException e => new("postgres-unreachable", "The PostgreSQL server does not answer in time. It is tried again.", transient: true, e),
        _ => null,
    };

    public ValueTask DisposeAsync() => source.DisposeAsync();
}

/// <summary>Statements in a line.</summary>
internal static class Statements
{
    public static async ValueTask ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async ValueTask<object?> ScalarAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async ValueTask<List<string>> ColumnAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<string> column = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) column.Add(reader.GetString(0));
        return column;
    }

    /// <summary>All of them in one message to the server, which makes them one transaction.</summary>
    public static async ValueTask TogetherAsync(this NpgsqlConnection connection, IEnumerable<string> statements, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(string.Join("; ", statements), cancellationToken).ConfigureAwait(false);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
