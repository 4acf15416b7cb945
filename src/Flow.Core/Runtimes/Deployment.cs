using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Logs;

namespace Flow.Runtimes;

/// <summary>
/// Names one set of processes of one life of an app: <c>shop-staging.1.7</c> is the seventh of its first generation. A restart has a new number, a
/// review app that is destroyed and created again a new generation: nothing old is ever mistaken for the new.
/// </summary>
[JsonConverter(typeof(ParsableJsonConverter<DeploymentId>))]
public readonly record struct DeploymentId(AppName App, int Generation, int Number) : IParsable<DeploymentId>
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{App}.{Generation}.{Number}");

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static DeploymentId Parse(string s, IFormatProvider? provider = null) => Names.Parse<DeploymentId>(s, "APP.GENERATION.NUMBER");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DeploymentId result)
    {
        result = default;
        var parts = s?.Split('.', 4) ?? [];
        if (parts.Length != 3 || !AppName.TryParse(parts[0], null, out var app)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        result = new(app, generation, number);
        return true;
    }
}

/// <summary>One process type of a deployment.</summary>
/// <param name="Type">As in the Procfile: <c>web</c>, <c>worker</c>.</param>
/// <param name="Command">The user's own shell line. Values reach it by environment only.</param>
/// <param name="Quantity">How many; 0 is none.</param>
/// <param name="Routed">Gets traffic: it is given <c>PORT</c> and must answer its health check.</param>
/// <param name="Health">When it counts as healthy, if it is routed; null: as <see cref="DeploymentSpec.Health"/> says.</param>
/// <param name="Limits">What each of them may use; null: no limit.</param>
public sealed record ProcessSpec(string Type, string Command, int Quantity, bool Routed, HealthCheck? Health = null, ProcessLimits? Limits = null);

/// <summary>What one process may use.</summary>
/// <param name="MemoryBytes">Bytes of memory; null: no limit.</param>
/// <param name="Cpu">Processors, 0.01 to 1,024; null: no limit.</param>
public sealed record ProcessLimits(long? MemoryBytes = null, double? Cpu = null);

/// <summary>When a routed process counts as healthy.</summary>
public sealed record HealthCheck
{
    /// <summary>Absolute path to GET; an answer below 500 that is not 404 is healthy for the default <c>/</c>, otherwise 200-299 is asked for.</summary>
    public string Path { get; init; } = "/";

    /// <summary>How long a process may take from its start to its first healthy answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What a deployment should look like. The same id may come again with other quantities.</summary>
public sealed record DeploymentSpec
{
    /// <summary>Chosen by the engine.</summary>
    public required DeploymentId Id { get; init; }
    /// <summary>What to run.</summary>
    public required Artifact Artifact { get; init; }
    /// <summary>Which processes.</summary>
    public required IReadOnlyList<ProcessSpec> Processes { get; init; }
    /// <summary>Config vars, add-on credentials and Flow's own variables; resolved now. <c>PORT</c> is the runtime's to add.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Values that must never reach a log or a message.</summary>
    public IReadOnlyCollection<string> Secrets { get; init; } = [];
    /// <summary>When routed processes are healthy.</summary>
    public HealthCheck Health { get; init; } = new();
    /// <summary>Logs go to <c>{LogPrefix}/{type}.{n}</c>.</summary>
    public required LogId LogPrefix { get; init; }
}

/// <summary>A deployment as the runtime sees it.</summary>
public sealed record Deployment
{
    /// <summary>Which.</summary>
    public required DeploymentId Id { get; init; }
    /// <summary>Its processes.</summary>
    public required IReadOnlyList<RunningProcess> Processes { get; init; }
    /// <summary>Where traffic can go: one absolute http URI for each routed process that runs.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. Processes.Where(p => p is { Running: true, Endpoint: not null }).Select(p => p.Endpoint!)];
}

/// <summary>One process.</summary>
/// <param name="Type">Process type.</param>
/// <param name="Index">From 1.</param>
/// <param name="Running">It runs now.</param>
/// <param name="Endpoint">Where it listens, when it is routed.</param>
/// <param name="Restarts">How often it was started again after it ended by itself.</param>
/// <param name="LastExitCode">Of its last end, if it ever ended.</param>
public sealed record RunningProcess(string Type, int Index, bool Running, Uri? Endpoint, int Restarts, int? LastExitCode);

/// <summary>A command that runs to its end.</summary>
public sealed record CommandSpec
{
    /// <summary>Chosen by the engine: a new attempt is a new id. Letters, digits, dashes and dots.</summary>
    public required string Id { get; init; }
    /// <summary>For whom; stopped with that app.</summary>
    public required AppName App { get; init; }
    /// <summary>What to run it in.</summary>
    public required Artifact Artifact { get; init; }
    /// <summary>The user's own shell line.</summary>
    public required string Command { get; init; }
    /// <summary>As for a deployment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Values that must never reach a log or a message.</summary>
    public IReadOnlyCollection<string> Secrets { get; init; } = [];
    /// <summary>Where its output goes, both streams.</summary>
    public required LogId Log { get; init; }
    /// <summary>It is killed after this long; the result says so.</summary>
    public required TimeSpan Timeout { get; init; }
}

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">0 is success; 128 + n for signal n. Null: it vanished, nobody knows how it ended.</param>
/// <param name="TimedOut">It was killed because its time was up.</param>
/// <param name="Tail">The last lines of its output, masked; at most 2,000 characters.</param>
public sealed record CommandResult(int? ExitCode, bool TimedOut, string Tail);
