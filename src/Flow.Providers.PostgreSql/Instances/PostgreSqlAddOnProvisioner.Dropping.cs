using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

internal sealed partial class PostgreSqlAddOnProvisioner
{
    private const int MaxOtherDatabases = 20;

    public async ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        // An id that cannot exist is already gone.
        if (NamesOf(id) is not { } names) return;
        await making.StopAsync(id, cancellationToken).ConfigureAwait(false);
        await server.WorkAloneAsync(names, wait: true, async (connection, token) =>
        {
            var found = await Found.LookAsync(connection, names, token).ConfigureAwait(false);
            if (found is null) return names;
            if (found.Is(id)) await DropAsync(connection, names, found, token).ConfigureAwait(false);
            else logger.Foreign(names.Owner, HostileText.Shown(id));
            return names;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>From every state that a crash can leave: first nobody comes in any more, then all go out, and the owner with its comment goes last.</summary>
    private async ValueTask DropAsync(NpgsqlConnection connection, InstanceNames names, Found found, CancellationToken cancellationToken)
    {
        await connection.TogetherAsync([Recorded(names, found.Record! with { State = InstanceState.Going }), .. found.Whole ? [Opened(names, false)] : Array.Empty<string>()], cancellationToken).ConfigureAwait(false);
        if (found.HasDatabase) await connection.ExecuteAsync($"DROP DATABASE IF EXISTS {Text.Quoted(names.Database)} WITH (FORCE)", cancellationToken).ConfigureAwait(false);
        try { await DropRolesAsync(connection, names, cancellationToken).ConfigureAwait(false); }
        // They have something in other databases, into which the server lets everybody.
        catch (PostgresException e) when (e.SqlState == "2BP01")
        {
            await DropBelongingsAsync(connection, names, cancellationToken).ConfigureAwait(false);
            await DropRolesAsync(connection, names, cancellationToken).ConfigureAwait(false);
        }
        logger.Dropped(names.Database, HostileText.Shown(found.Record!.Id));
    }

    private static ValueTask DropRolesAsync(NpgsqlConnection connection, InstanceNames names, CancellationToken cancellationToken) =>
        connection.TogetherAsync(RolesOf(names).Select(role => $"DROP ROLE IF EXISTS {Text.Quoted(role)}"), cancellationToken);

    private async ValueTask DropBelongingsAsync(NpgsqlConnection connection, InstanceNames names, CancellationToken cancellationToken)
    {
        var roles = await connection.ColumnAsync("select rolname::text from pg_roles where rolname = any($1)", cancellationToken, (object)RolesOf(names)).ConfigureAwait(false);
        var databases = await connection.ColumnAsync(
            "select distinct d.datname::text from pg_shdepend s join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.refobjid where s.refclassid = 'pg_authid'::regclass and r.rolname = any($1) and d.datallowconn",
            cancellationToken, (object)roles.ToArray()).ConfigureAwait(false);
        // Only theirs: what somebody else has built on it makes this fail, and stays. What they were granted in the whole server goes with it.
        var drop = $"DROP OWNED BY {string.Join(", ", roles.Select(Text.Quoted))}";
        await connection.ExecuteAsync(drop, cancellationToken).ConfigureAwait(false);
        foreach (var database in databases.Take(MaxOtherDatabases))
        {
            await using var inside = await server.EnterAsync(database, cancellationToken).ConfigureAwait(false);
            await inside.ExecuteAsync(drop, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string[] RolesOf(InstanceNames names) => [names.Login(0), names.Login(1), names.Owner];
}
