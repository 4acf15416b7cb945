using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

internal sealed partial class PostgreSqlAddOnProvisioner
{
    /// <summary>Looked at before anything is made.</summary>
    private static async ValueTask<Failure?> SeedTroubleAsync(NpgsqlConnection connection, string seed, CancellationToken cancellationToken)
    {
        var there = await connection.ScalarAsync("select (select count(*) from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend') from pg_database d where d.datname = $1::name", cancellationToken, seed).ConfigureAwait(false);
        return there switch
        {
            null => new("seed-missing", $"The server has no database '{HostileText.Shown(seed)}' to begin with."),
            > 0L => new("seed-busy", $"Somebody is connected to the seed '{HostileText.Shown(seed)}', and the server copies it only when nobody is. It is tried again.", Transient: true),
            _ => null,
        };
    }
}
