using System.Diagnostics;
using System.Text.RegularExpressions;
using Flow.AddOns;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>
/// A database and its owner for each instance. The owner's comment says what it is (<see cref="InstanceRecord"/>), and is written in the transaction that makes it
/// true; a database counts as the instance's when it belongs to that very role.
/// </summary>
internal sealed partial class PostgreSqlAddOnProvisioner : IAddOnProvisioner, IAddOnPooling, IAddOnRotation, IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2), AskAgain = TimeSpan.FromSeconds(1);
    private readonly PostgreSqlOptions options;
    private readonly Catalogue plans;
    private readonly Server server;
    private readonly Credentials credentials;
    private readonly Ongoing<WorkStatus<AddOnInstance>> making = new();
    private readonly TimeProvider time;
    private readonly ILogger logger;

    public PostgreSqlAddOnProvisioner(PostgreSqlOptions options, TimeProvider time, ILogger logger)
    {
        (this.options, this.time, this.logger) = (options, time, logger);
        plans = new(options);
        server = new(options, time, logger);
        credentials = new(PostgreSqlOptionsValidator.KeyOf(options.CredentialKey) ?? throw new ArgumentException("CredentialKey is not base64 of at least 32 bytes.", nameof(options)));
    }

    AddOnCatalogue IAddOnProvisioner.Catalogue => plans.Offer;

    /// <remarks>The copy of a seed may take minutes: it goes on when its caller is gone, here or, after a crash, in the server until it ends or is undone.</remarks>
    public async ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Refusal(request) is { } refusal) return WorkStatus<AddOnInstance>.Failed(refusal);
        try
        {
            var result = await making.FollowAsync(request.Id, token => MakeAsync(request, token), Moment, time, cancellationToken).ConfigureAwait(false);
            return result?.Value ?? WorkStatus<AddOnInstance>.Running(AskAgain);
        }
        catch (FlowException e) { return Failed(e); }
    }

    public async ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        var names = NamesOf(id) ?? throw Missing(id);
        var found = await server.WorkAsync((connection, token) => Found.LookAsync(connection, names, token), cancellationToken).ConfigureAwait(false);
        if (found is not { Ready: true, Record: { } record } || !found.Is(id)) throw Missing(id);
        if (record.Warm) throw new FlowException("addon-unclaimed", $"The database '{HostileText.Shown(id)}' waits in a pool: it has credentials when it is claimed.");
        // The minute is over: what still runs on the old credentials is cut off.
        if (record.OldUntil is { } until && found.Now >= until && record.Rotation > 0)
            await server.WorkAsync((connection, token) => CutAsync(connection, names.Login(record.Rotation - 1), token), cancellationToken).ConfigureAwait(false);
        return Binding(names, record);
    }

    private async Task<WorkStatus<AddOnInstance>> MakeAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var names = InstanceNames.Of(options.NamePrefix, request.Id);
        return await server.WorkAloneAsync(names, wait: false, async (connection, token) =>
        {
            var found = await Found.LookAsync(connection, names, token).ConfigureAwait(false);
            // What was being dropped is dropped first: its data is not the new one's.
            if (found is { Record.State: InstanceState.Going } && found.Is(request.Id))
            {
                await DropAsync(connection, names, found, token).ConfigureAwait(false);
                found = null;
            }
            if (found is not null && !found.Is(request.Id)) return WorkStatus<AddOnInstance>.Failed(ForeignRole(names, request.Id));
            if (found is { Record.State: InstanceState.Ready })
                return found.Ready ? WorkStatus<AddOnInstance>.Done(new(request.Id, found.Record.Plan)) : WorkStatus<AddOnInstance>.Failed(Lost(request.Id));

            var record = found?.Record ?? NewRecord(request);
            if (record.Seed is { } wanted && found is not { HasDatabase: true } && await SeedTroubleAsync(connection, wanted, token).ConfigureAwait(false) is { } trouble) return WorkStatus<AddOnInstance>.Failed(trouble);
            if (found is null) await connection.TogetherAsync([$"CREATE ROLE {Text.Quoted(names.Owner)} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE ROLE CURRENT_USER", Recorded(names, record)], token).ConfigureAwait(false);
            if (found is not { HasDatabase: true } && await CopyAsync(connection, names, record, token).ConfigureAwait(false) is { } failure) return WorkStatus<AddOnInstance>.Failed(failure);
            if (record.Seed is { } seed && await AdoptAsync(connection, names, seed, token).ConfigureAwait(false) is { } refused) return WorkStatus<AddOnInstance>.Failed(refused);
            await connection.TogetherAsync(Finishing(names, record), token).ConfigureAwait(false);
            logger.Made(names.Database, HostileText.Shown(request.Id), record.Plan, record.Seed, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            return WorkStatus<AddOnInstance>.Done(new(request.Id, record.Plan));
        }, cancellationToken).ConfigureAwait(false) ?? WorkStatus<AddOnInstance>.Running(AskAgain);
    }

    /// <summary>Closed until nobody else can come in: PUBLIC may connect to a new database.</summary>
    private async ValueTask<Failure?> CopyAsync(NpgsqlConnection connection, InstanceNames names, InstanceRecord record, CancellationToken cancellationToken)
    {
        // template0 has nothing of anybody in it, and nobody is ever connected to it.
        var statement = $"CREATE DATABASE {Text.Quoted(names.Database)} OWNER {Text.Quoted(names.Owner)} TEMPLATE {Text.Quoted(record.Seed ?? "template0")} ALLOW_CONNECTIONS false CONNECTION LIMIT {plans.Of(record.Plan).ConnectionLimit}";
        if (connection.PostgreSqlVersion.Major >= 15) statement += $" STRATEGY {await StrategyAsync(connection, record.Seed, cancellationToken).ConfigureAwait(false)}";
        try { await connection.ExecuteAsync(statement, cancellationToken).ConfigureAwait(false); }
        catch (PostgresException e) when (e.SqlState == "42P04")
        {
            return new("addon-foreign", $"The server has a database {names.Database} that does not belong to Flow. Choose another NamePrefix.");
        }
        return null;
    }

    /// <summary>Small ones through the log, without a checkpoint (a third of the time); large ones as files, without writing everything twice. Between 50 and 200 MB it is much the same.</summary>
    private static async ValueTask<string> StrategyAsync(NpgsqlConnection connection, string? seed, CancellationToken cancellationToken) =>
        seed is null || (long)(await connection.ScalarAsync("select pg_database_size($1::name)", cancellationToken, seed).ConfigureAwait(false))! <= FileCopyFrom ? "WAL_LOG" : "FILE_COPY";

    internal const long FileCopyFrom = 64L * 1024 * 1024;

    private async ValueTask<Failure?> AdoptAsync(NpgsqlConnection connection, InstanceNames names, string seed, CancellationToken cancellationToken)
    {
        await connection.TogetherAsync([Private(names), Opened(names, true)], cancellationToken).ConfigureAwait(false);
        await using (var inside = await server.EnterAsync(names.Database, cancellationToken).ConfigureAwait(false))
            if (await Adoption.RunAsync(inside, names.Owner, seed, options.MaxSeedObjects, cancellationToken).ConfigureAwait(false) is { } refused) return refused;
        // The server ends a session a moment after it is closed; until then the instance would look as if somebody were in it.
        for (var looks = 0; looks < 500 && await Found.LookAsync(connection, names, cancellationToken).ConfigureAwait(false) is { Sessions: > 0 }; looks++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private IEnumerable<string> Finishing(InstanceNames names, InstanceRecord record) =>
    [
        Private(names), Opened(names, !record.Warm), .. NewLogin(names, record), Recorded(names, record with { State = InstanceState.Ready }),
    ];

    private IEnumerable<string> NewLogin(InstanceNames names, InstanceRecord record)
    {
        var login = Text.Quoted(names.Login(record.Rotation));
        yield return $"CREATE ROLE {login} {(record.Warm ? "NOLOGIN" : "LOGIN")} NOSUPERUSER NOCREATEDB NOCREATEROLE IN ROLE {Text.Quoted(names.Owner)} ROLE CURRENT_USER PASSWORD {Text.Literal(Credentials.Verifier(credentials.Password(record)))}";
        // CURRENT_USER: an administrator who is no superuser may end the sessions of its own members only.
        // What it makes belongs to the owner, and so to the next login as well.
        yield return Acting(names, record);
        if (plans.Of(record.Plan).StatementTimeout is { } timeout) yield return FormattableString.Invariant($"ALTER ROLE {login} SET statement_timeout = {(long)timeout.TotalMilliseconds}");
    }

    private static string Acting(InstanceNames names, InstanceRecord record) => $"ALTER ROLE {Text.Quoted(names.Login(record.Rotation))} SET role = {Text.Literal(names.Owner)}";
    private static string Private(InstanceNames names) => $"REVOKE ALL ON DATABASE {Text.Quoted(names.Database)} FROM PUBLIC";
    private static string Opened(InstanceNames names, bool open) => $"ALTER DATABASE {Text.Quoted(names.Database)} ALLOW_CONNECTIONS {(open ? "true" : "false")}";
    private static string Recorded(InstanceNames names, InstanceRecord record) => $"COMMENT ON ROLE {Text.Quoted(names.Owner)} IS {Text.Literal(record.ToJson())}";

    private static async ValueTask<bool> CutAsync(NpgsqlConnection connection, string login, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1::name", cancellationToken, login).ConfigureAwait(false);
        return true;
    }

    private InstanceRecord NewRecord(AddOnRequest request) => new InstanceRecord
    {
        FlowAddOn = 1,
        Id = request.Id,
        State = InstanceState.Making,
        Plan = request.Plan ?? plans.Offer.DefaultFor(request.Purpose).Name,
        Purpose = request.Purpose,
        Seed = request.Seed,
        Warm = request.Owner is null,
        Salt = NewSalt(),
        Created = time.GetUtcNow(),
    }.For(request);

    private static string NewSalt() => Base32.Of(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    private AddOnBinding Binding(InstanceNames names, InstanceRecord record)
    {
        var (host, port, user, password) = (options.PublicHost ?? server.Host, options.PublicPort ?? server.Port, names.Login(record.Rotation), credentials.Password(record));
        var authority = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return new(new Dictionary<string, string>
        {
            ["DATABASE_URL"] = FormattableString.Invariant($"postgres://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(password)}@{authority}:{port}/{Uri.EscapeDataString(names.Database)}{(options.SslMode is { } mode ? $"?sslmode={mode}" : "")}"),
            ["DATABASE_HOST"] = host,
            ["DATABASE_PORT"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["DATABASE_NAME"] = names.Database,
            ["DATABASE_USER"] = user,
            ["DATABASE_PASSWORD"] = password,
        }, new HashSet<string> { "DATABASE_URL", "DATABASE_PASSWORD" });
    }

    private Failure? Refusal(AddOnRequest request) => NamesOf(request.Id) is null ? BadId(request.Id) : plans.Refusal(request);

    /// <summary>Null: it can be the id of nothing.</summary>
    private InstanceNames? NamesOf(string id) => id is not null && IdPattern().IsMatch(id) ? InstanceNames.Of(options.NamePrefix, id) : null;

    private WorkStatus<AddOnInstance> Failed(FlowException e)
    {
        logger.Failed(e.Code, $": {e.Message}");
        return WorkStatus<AddOnInstance>.Failed(e.ToFailure());
    }

    private Failure ForeignRole(InstanceNames names, string id)
    {
        logger.Foreign(names.Owner, HostileText.Shown(id));
        return new("addon-foreign", $"The server has a role {names.Owner} that does not belong to Flow. Choose another NamePrefix.");
    }

    private static Failure BadId(string? id) => new("addon-invalid", $"'{HostileText.Shown(id)}' is no id of an add-on: letters, digits, dashes, underscores and dots, at most 200, no dot first.");
    private static Failure Lost(string id) => new("addon-lost", $"The database of '{HostileText.Shown(id)}' is gone, and Flow did not drop it. Restore it, or destroy the add-on.");
    private static FlowException Missing(string id) => new("addon-missing", $"There is no PostgreSQL database '{HostileText.Shown(id)}'.");

    public async ValueTask DisposeAsync()
    {
        await making.DisposeAsync().ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
