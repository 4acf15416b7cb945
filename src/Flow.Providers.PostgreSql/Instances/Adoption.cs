using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>
/// Makes all that came with a seed the new owner's. Not <c>REASSIGN OWNED</c>: that would hand over the seed itself too, which belongs to the same role.
/// </summary>
internal static class Adoption
{
    private const int AtOnce = 500;

    /// <summary>Null: done. Again after a crash, it goes on with the rest.</summary>
    public static async ValueTask<Failure?> RunAsync(NpgsqlConnection inside, string owner, string seed, int most, CancellationToken cancellationToken)
    {
        var statements = await inside.ColumnAsync(Foreign, cancellationToken, owner, most + 1).ConfigureAwait(false);
        if (statements.Count > most) return new("seed-too-large", $"The seed '{HostileText.Shown(seed)}' has more than {most} objects to hand over: see MaxSeedObjects.");
        // A lock for each until the transaction ends, and the server has a limited number of locks.
        foreach (var chunk in statements.Chunk(AtOnce)) await inside.TogetherAsync(chunk, cancellationToken).ConfigureAwait(false);
        return null;
    }

    // Objects of the system and of extensions stay whose they are; a sequence of a column, an array and a row type follow what they belong to.
    private const string Foreign = """
        with o as (select oid, rolname from pg_roles where rolname = $1::name),
        ours as (
            select 1 as place, n.oid, 'pg_namespace'::regclass as kind, format('ALTER SCHEMA %I', n.nspname) as what, n.nspowner as owner
            from pg_namespace n where n.oid >= 16384 or (n.nspname = 'public' and n.nspowner::regrole::text <> 'pg_database_owner')
            union all
            select 2, c.oid, 'pg_class'::regclass, format('ALTER %s %s', case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'S' then 'SEQUENCE' when 'f' then 'FOREIGN TABLE' else 'TABLE' end, c.oid::regclass), c.relowner
            from pg_class c where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relpersistence <> 't'
                and not (c.relkind = 'S' and exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
            union all
            select 3, p.oid, 'pg_proc'::regclass, format('ALTER ROUTINE %s', p.oid::regprocedure), p.proowner from pg_proc p where p.oid >= 16384
            union all
            select 4, t.oid, 'pg_type'::regclass, format('ALTER %s %s', case t.typtype when 'd' then 'DOMAIN' else 'TYPE' end, t.oid::regtype), t.typowner
            from pg_type t left join pg_class c on c.oid = t.typrelid
            where t.oid >= 16384 and t.typtype in ('b', 'c', 'd', 'e', 'r') and t.typcategory <> 'A' and (t.typrelid = 0 or c.relkind = 'c')
            union all
            select 5, s.oid, 'pg_statistic_ext'::regclass, format('ALTER STATISTICS %I.%I', s.stxnamespace::regnamespace::name, s.stxname), s.stxowner from pg_statistic_ext s where s.oid >= 16384
            union all
            select 6, x.oid, 'pg_collation'::regclass, format('ALTER COLLATION %s', x.oid::regcollation), x.collowner from pg_collation x where x.oid >= 16384
            union all
            select 7, x.oid, 'pg_ts_dict'::regclass, format('ALTER TEXT SEARCH DICTIONARY %s', x.oid::regdictionary), x.dictowner from pg_ts_dict x where x.oid >= 16384
            union all
            select 8, x.oid, 'pg_ts_config'::regclass, format('ALTER TEXT SEARCH CONFIGURATION %s', x.oid::regconfig), x.cfgowner from pg_ts_config x where x.oid >= 16384
            union all
            select 9, l.oid, 'pg_largeobject_metadata'::regclass, format('ALTER LARGE OBJECT %s', l.oid), l.lomowner from pg_largeobject_metadata l
        )
        select ours.what || format(' OWNER TO %I', o.rolname) from ours, o
        where ours.owner <> o.oid and not exists (select from pg_depend d where d.classid = ours.kind and d.objid = ours.oid and d.deptype = 'e')
        order by place, ours.oid limit $2
        """;
}
