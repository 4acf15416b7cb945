using Flow.Engine;
using Flow.Storage;

namespace Flow.Testing.Simulation.Planting;

/// <summary>How the rules of one kind of stream are broken; what is not named is as it should be.</summary>
internal sealed class BrokenRules<TState>
{
    /// <summary>What the decider is shown and told, instead of its state and its input.</summary>
    public Func<TState, Input, (TState State, Input Input)>? Hears { get; init; }

    /// <summary>What is made of a decision, given the state before it.</summary>
    public Func<StreamId, TState, Input, Decision, Decision>? Decides { get; init; }

    /// <summary>What is said of an effect instead of doing it; null does it.</summary>
    public Func<TState, Effect, Input?>? Pretends { get; init; }

    /// <summary>What is made of an effect's result.</summary>
    public Func<TState, Effect, Input, Input>? Reports { get; init; }
}

/// <summary>A kind of stream whose rules are broken.</summary>
internal sealed class BrokenKind<TState>(IStreamKind kind, BrokenRules<TState> rules) : IStreamKind where TState : class
{
    public string Name => kind.Name;
    public object Initial => kind.Initial;
    public object ReadState(ReadOnlyMemory<byte> json) => kind.ReadState(json);
    public byte[] WriteState(object state) => kind.WriteState(state);
    public Input ReadInput(ReadOnlyMemory<byte> json) => kind.ReadInput(json);
    public byte[] WriteInput(Input input) => kind.WriteInput(input);
    public NewEvent WriteEvent(Event happened) => kind.WriteEvent(happened);
    public object Evolve(object state, Event happened) => kind.Evolve(state, happened);
    public Effect? Next(StreamId self, object state) => kind.Next(self, state);
    public void Committed(StreamId stream, object before, object after) => kind.Committed(stream, before, after);

    public Decision Decide(StreamId self, object state, Input input, DateTimeOffset now)
    {
        var (shown, told) = rules.Hears?.Invoke((TState)state, input) ?? ((TState)state, input);
        var decision = kind.Decide(self, shown, told, now);
        return rules.Decides?.Invoke(self, (TState)state, input, decision) ?? decision;
    }

    public async Task<Input> PerformAsync(EffectContext context, object state, Effect effect, CancellationToken unwanted)
    {
        if (rules.Pretends?.Invoke((TState)state, effect) is { } said) return said;
        var result = await kind.PerformAsync(context, state, effect, unwanted);
        return rules.Reports?.Invoke((TState)state, effect, result) ?? result;
    }
}

internal static class BrokenDecision
{
    public static Decision Without(this Decision decision, Func<Event, bool>? events = null, Func<Input, bool>? messages = null) => decision with
    {
        Events = [.. decision.Events.Where(e => events?.Invoke(e) != true)],
        Messages = [.. decision.Messages.Where(m => messages?.Invoke(m.Input) != true)],
    };

    public static Decision Changed(this Decision decision, Func<Event, Event>? events = null, Func<Input, Input>? messages = null) => decision with
    {
        Events = [.. decision.Events.Select(e => events?.Invoke(e) ?? e)],
        Messages = [.. decision.Messages.Select(m => messages is null ? m : m with { Input = messages(m.Input) })],
    };
}
