using Flow.Apps;
using Flow.Engine;
using Flow.Storage;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>What is broken on purpose, to prove that the enumeration can fail.</summary>
internal enum Plant
{
    None,
    /// <summary>A commit is acknowledged before it is durable: a crash takes the last one away.</summary>
    AckBeforeDurable,
    /// <summary>Messages are written after the commit they belong to, in a transaction of their own.</summary>
    MessagesApart,
    /// <summary>Commits never say that an effect is owed.</summary>
    OwesForgotten,
    /// <summary>An app starts things that its ledger knows nothing of.</summary>
    IntentMissing,
}

internal sealed class CarelessApps(IStreamKind apps) : IStreamKind
{
    public string Name => apps.Name;
    public object Initial => apps.Initial;
    public object ReadState(ReadOnlyMemory<byte> json) => apps.ReadState(json);
    public byte[] WriteState(object state) => apps.WriteState(state);
    public Input ReadInput(ReadOnlyMemory<byte> json) => apps.ReadInput(json);
    public byte[] WriteInput(Input input) => apps.WriteInput(input);
    public NewEvent WriteEvent(Event happened) => apps.WriteEvent(happened);
    public object Evolve(object state, Event happened) => apps.Evolve(state, happened);
    public Effect? Next(StreamId self, object state) => apps.Next(self, state);
    public Task<Input> PerformAsync(EffectContext context, object state, Effect effect, CancellationToken unwanted) => apps.PerformAsync(context, state, effect, unwanted);
    public void Committed(StreamId stream, object before, object after) => apps.Committed(stream, before, after);

    public Decision Decide(StreamId self, object state, Input input, DateTimeOffset now)
    {
        var decision = apps.Decide(self, state, input, now);
        return decision with { Events = [.. decision.Events.Where(e => e is not ResourcesIntended)] };
    }
}
