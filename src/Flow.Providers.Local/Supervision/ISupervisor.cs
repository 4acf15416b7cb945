using Flow.Logs;

namespace Flow.Providers.Local.Supervision;

/// <summary>
/// Starts commands under a supervisor process of their own (the host's binary with a hidden verb, in a session of its own) that owns the
/// pipes, masks, writes the log and keeps the exit code, so that a host that was killed finds everything again by id.
/// </summary>
internal interface ISupervisor
{
    /// <summary>Starts the command, or reports on it when one with this id was started before (also by a host that has died since).</summary>
    ValueTask<SupervisedState> StartAsync(SupervisedCommand command, CancellationToken cancellationToken);

    /// <summary>Null when there is nothing under this id.</summary>
    ValueTask<SupervisedState?> InspectAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// SIGTERM to the whole session; after the grace SIGKILL to every descendant (also those that left the session: found by a tag in their environment).
    /// Returns when nothing is left, the record included. Unknown ids are no error.
    /// </summary>
    ValueTask StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Ids that start with a prefix, ended ones included.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken);
}

/// <summary>What to run.</summary>
internal sealed record SupervisedCommand
{
    /// <summary>Letters, digits, dashes, underscores and dots; also the name of its directory.</summary>
    public required string Id { get; init; }
    /// <summary>Program and arguments; never interpreted by a shell.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }
    /// <summary>Existing directory.</summary>
    public required string WorkingDirectory { get; init; }
    /// <summary>The whole environment: nothing of the host's is inherited. Never written to disk.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    /// <summary>Values masked in the log and in the tail. Never written to disk.</summary>
    public IReadOnlyCollection<string> Secrets { get; init; } = [];
    /// <summary>Where both streams go.</summary>
    public required LogId Log { get; init; }
    /// <summary>Killed after so long; null: never.</summary>
    public TimeSpan? Timeout { get; init; }
    /// <summary>Started again, with back-off, when it ends by itself.</summary>
    public bool KeepRunning { get; init; }
    /// <summary>Facts kept beside it, not secret: <c>port</c>.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();
}

/// <summary>How it stands.</summary>
internal sealed record SupervisedState
{
    /// <summary>The command runs, or will be started again.</summary>
    public required bool Running { get; init; }
    /// <summary>Of its last end. Null with <see cref="Running"/> false: it vanished (the machine went down, the supervisor was killed).</summary>
    public int? ExitCode { get; init; }
    /// <summary>Killed because its time was up.</summary>
    public bool TimedOut { get; init; }
    /// <summary>How often it was started again.</summary>
    public int Restarts { get; init; }
    /// <summary>How long the command has been running since it was last (re)started; null while it is not: not started yet, between two starts, or ended.</summary>
    public TimeSpan? Up { get; init; }
    /// <summary>Last output, masked; at most 2,000 characters.</summary>
    public string Tail { get; init; } = "";
    /// <summary>As given.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();
}
