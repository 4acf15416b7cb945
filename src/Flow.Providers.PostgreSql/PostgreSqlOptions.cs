using Flow.AddOns;

namespace Flow.Providers.PostgreSql;

/// <summary>Which server, and what is given out of it.</summary>
public sealed class PostgreSqlOptions
{
    /// <summary>
    /// Npgsql's connection string of a role that may create databases and roles (or a superuser); directly to the server, because a pooler that
    /// shares sessions breaks the locks. A secret: never logged, never in a message.
    /// </summary>
    public string AdminConnectionString { get; set; } = "";

    /// <summary>
    /// At least 32 bytes, in base64 (<c>openssl rand -base64 32</c>): passwords are derived from it, so that nobody need keep them. With another key
    /// all instances have other passwords, which the server does not know until they are rotated.
    /// </summary>
    public string CredentialKey { get; set; } = "";

    /// <summary>Host by which apps reach the server; null: that of <see cref="AdminConnectionString"/>.</summary>
    public string? PublicHost { get; set; }

    /// <summary>Port by which apps reach the server; null: that of <see cref="AdminConnectionString"/>.</summary>
    public int? PublicPort { get; set; }

    /// <summary>Told to apps as <c>sslmode</c> of the URL: disable, allow, prefer, require, verify-ca or verify-full; null: nothing is told.</summary>
    public string? SslMode { get; set; }

    /// <summary>Begins the name of every database and role made here: lower-case letters, digits and underscores, at most 20. Each Flow host on one server needs its own.</summary>
    public string NamePrefix { get; set; } = "flow_";

    /// <summary>Plans by name; empty: <c>shared</c> (20 connections) for all purposes, and <c>shared-large</c> (100).</summary>
    public IDictionary<string, PostgreSqlPlan> Plans { get; } = new Dictionary<string, PostgreSqlPlan>(StringComparer.Ordinal);

    /// <summary>Databases that instances may begin with, by their exact names. Nobody should be connected to one: the server refuses to copy it meanwhile.</summary>
    public IList<string> Seeds { get; } = [];

    /// <summary>Databases whose names begin so are seeds as well; null: none.</summary>
    public string? SeedPrefix { get; set; }

    /// <summary>A seed whose owner cannot be changed within so many objects (tables, functions, ...) is refused.</summary>
    public int MaxSeedObjects { get; set; } = 10_000;

    /// <summary>Connections to the server at once, for all that the provider does; the rest waits.</summary>
    public int AdminConnections { get; set; } = 8;

    /// <summary>Longest that one statement of the provider may take: the copy of the largest seed.</summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the old credentials go on working after a rotation, at most a minute.</summary>
    public TimeSpan OldCredentials { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>What a plan gives.</summary>
public sealed class PostgreSqlPlan
{
    /// <summary>For people.</summary>
    public string Description { get; set; } = "A database on a shared server.";

    /// <summary>Connections to the database at once; the server refuses more.</summary>
    public int ConnectionLimit { get; set; } = 20;

    /// <summary>Default for statements of apps, which may set another; null: the server's.</summary>
    public TimeSpan? StatementTimeout { get; set; }

    /// <summary>Purposes for which it is taken when nobody names a plan.</summary>
    public IList<AddOnPurpose> DefaultFor { get; } = [];

    /// <summary>In the host's currency, for cost caps; null: unknown, counts as nothing.</summary>
    public decimal? CostPerHour { get; set; }
}
