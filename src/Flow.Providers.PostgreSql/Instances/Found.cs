using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>An instance as it is on the server.</summary>
/// <param name="Record">Null: a role of that name is there, but is not ours.</param>
/// <param name="HasDatabase">A database of that name is there and belongs to the role.</param>
/// <param name="Whole">It is no ruin that an interrupted DROP DATABASE has left: such a one can be dropped, and nothing else.</param>
/// <param name="Open">The database accepts connections.</param>
/// <param name="Sessions">Clients connected to it.</param>
/// <param name="Now">The server's clock.</param>
internal sealed record Found(InstanceRecord? Record, bool HasDatabase, bool Whole, bool Open, long Sessions, DateTimeOffset Now)
{
    /// <summary>The one that was asked for, and not one whose name happens to be the same.</summary>
    public bool Is(string id) => Record?.Id == id;

    public bool Ready => HasDatabase && Whole && Record is { State: InstanceState.Ready };

    public const string Query = """
        select shobj_description(r.oid, 'pg_authid'), d.oid is not null, coalesce(d.datconnlimit <> -2, false), coalesce(d.datallowconn, false),
               (select count(*) from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend'), now()
        from pg_roles r left join pg_database d on d.datname = r.rolname and d.datdba = r.oid where r.rolname = $1::name
        """;

    /// <summary>Null: there is none.</summary>
    public static async ValueTask<Found?> AsyncFrom(NpgsqlDataReader reader, CancellationToken cancellationToken) =>
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new(InstanceRecord.Parse(reader.IsDBNull(0) ? null : reader.GetString(0)), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetInt64(4), reader.GetFieldValue<DateTimeOffset>(5))
            : null;

    public static async ValueTask<Found?> LookAsync(NpgsqlConnection connection, InstanceNames names, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection) { Parameters = { new() { Value = names.Owner } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await AsyncFrom(reader, cancellationToken).ConfigureAwait(false);
    }
}
