namespace Flow.Engine;

/// <summary>The rules of one kind of stream. Pure: no clock (time arrives as <c>now</c>, the instant of the decision), no chance, no I/O, no async.</summary>
internal abstract class Decider<TState, TInput, TEvent>
    where TState : class where TInput : Input where TEvent : Event
{
    public abstract TState Initial { get; }

    public abstract Decision Decide(StreamId self, TState state, TInput input, DateTimeOffset now);

    public abstract TState Evolve(TState state, TEvent happened);

    /// <summary>What the world should be doing for this stream now, given what is committed. Null: nothing, wait for an input.</summary>
    public virtual Effect? Next(StreamId self, TState state) => null;

    /// <summary>The state after the decision so far; for rules that look at what they have just decided.</summary>
    protected TState After(TState before, Decision decided)
    {
        foreach (var happened in decided.Events) before = Evolve(before, (TEvent)happened);
        return before;
    }
}
