using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

internal sealed partial class PostgreSqlAddOnProvisioner
{
    /// <remarks>The number, the new password and the end of the old one are one transaction. After a lost answer it is rotated twice, which ends the old credentials at once.</remarks>
    public async ValueTask RotateAsync(string id, CancellationToken cancellationToken)
    {
        var names = NamesOf(id) ?? throw Missing(id);
        await server.WorkAsync((connection, token) => RotateAsync(connection, names, id, token), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> RotateAsync(NpgsqlConnection connection, InstanceNames names, string id, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync("select pg_advisory_xact_lock($1)", cancellationToken, names.Lock).ConfigureAwait(false);
        if (await Found.LookAsync(connection, names, cancellationToken).ConfigureAwait(false) is not { Ready: true } found || !found.Is(id)) throw Missing(id);
        if (found.Record!.Warm) throw new FlowException("addon-unclaimed", $"The database '{HostileText.Shown(id)}' waits in a pool: it has no credentials yet.");

        var until = found.Now + options.OldCredentials;
        var record = found.Record with { Rotation = found.Record.Rotation + 1, OldUntil = until };
        var (login, old) = (Text.Quoted(names.Login(record.Rotation)), Text.Quoted(names.Login(record.Rotation - 1)));
        await connection.TogetherAsync(
        [
            .. record.Rotation == 1 ? NewLogin(names, record) : [$"ALTER ROLE {login} LOGIN PASSWORD {Text.Literal(Credentials.Verifier(credentials.Password(record)))} VALID UNTIL 'infinity'"],
            $"ALTER ROLE {old} VALID UNTIL {Text.Literal(until.ToString("O", System.Globalization.CultureInfo.InvariantCulture))}",
            Recorded(names, record),
        ], cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        // This login was the old one of the rotation before: who came in with that password goes.
        if (record.Rotation > 1) await CutAsync(connection, names.Login(record.Rotation), cancellationToken).ConfigureAwait(false);
        logger.Rotated(names.Database, record.Rotation);
        return true;
    }
}
