namespace Flow;

/// <summary>Why something did not work.</summary>
/// <param name="Code">Stable and machine-readable, kebab-case.</param>
/// <param name="Message">For a person: place and remedy. At most a few lines; never a secret.</param>
/// <param name="Transient">The engine tries again with back-off; otherwise the failure is final.</param>
public sealed record Failure(string Code, string Message, bool Transient = false);

/// <summary>
/// How far long work is. An adapter never blocks until such work is done: it starts it (or finds it, by the id the engine chose) and
/// answers at once, and is asked again. So a restarted engine reattaches instead of doing things twice.
/// </summary>
public sealed record WorkStatus<T> where T : class
{
    private WorkStatus() { }

    /// <summary>The result; null unless done.</summary>
    public T? Value { get; private init; }

    /// <summary>Why it failed; null unless failed.</summary>
    public Failure? Failure { get; private init; }

    /// <summary>When to ask again; only while running.</summary>
    public TimeSpan? AskAgainIn { get; private init; }

    /// <summary>Neither done nor failed.</summary>
    public bool IsRunning => AskAgainIn is not null;

    /// <summary>Going on. Ask again, with the same id, after <paramref name="askAgainIn"/>.</summary>
    public static WorkStatus<T> Running(TimeSpan askAgainIn) => new() { AskAgainIn = askAgainIn };

    /// <summary>Done, with its result. Asking again gives the same answer.</summary>
    public static WorkStatus<T> Done(T value) => new() { Value = value };

    /// <summary>Failed, finally or for now (<see cref="Failure.Transient"/>).</summary>
    public static WorkStatus<T> Failed(Failure failure) => new() { Failure = failure };
}
