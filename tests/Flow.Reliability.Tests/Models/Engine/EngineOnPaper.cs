using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Reliability.Tests.Models.Engine;

/// <summary>An input on its way; numbered in the order of sending.</summary>
internal sealed record OnItsWay(StreamId To, Input Input, DateTimeOffset Due, int Number);

/// <summary>
/// All streams and their real rules, without a store, a pump or a thread: states, and the inputs that are on their way. What happens next is the caller's choice,
/// within what a store promises: a stream's due inputs come in order. Cheap to copy, so one beginning serves many continuations.
/// </summary>
internal sealed class EngineOnPaper
{
    private static readonly Comparer<StreamId> ByName = Comparer<StreamId>.Create((a, b) => a.Kind == b.Kind ? string.CompareOrdinal(a.Key, b.Key) : string.CompareOrdinal(a.Kind, b.Kind));
    private static readonly Dictionary<string, IStreamKind> Kinds = new IStreamKind[]
    {
        new StreamKind<PipelineState, PipelineInput, PipelineEvent>(PipelineDecider.Kind, new PipelineDecider(), null),
        new StreamKind<AppState, AppInput, AppEvent>(AppDecider.Kind, new AppDecider(), null),
        new StreamKind<RunState, RunInput, RunEvent>(RunDecider.Kind, new RunDecider(), null),
        new StreamKind<BuildState, BuildInput, BuildEvent>(BuildDecider.Kind, new BuildDecider(), null),
        new StreamKind<ReportState, ReportInput, ReportEvent>(ReportDecider.Kind, new ReportDecider(), null),
    }.ToDictionary(k => k.Name);

    private readonly SortedDictionary<StreamId, object> states;
    private int sent;

    public EngineOnPaper() => states = new(ByName);

    public EngineOnPaper(EngineOnPaper other)
    {
        (states, OnTheirWay, Now, sent) = (new(other.states, ByName), [.. other.OnTheirWay], other.Now, other.sent);
    }

    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

    /// <summary>In the order of sending.</summary>
    public List<OnItsWay> OnTheirWay { get; } = [];

    public IReadOnlyDictionary<StreamId, object> States => states;

    /// <summary>Hears of every decision, with the state before it.</summary>
    public Action<StreamId, object, Decision>? Decided { get; set; }

    /// <summary>Planted: what streams send each other and themselves, and never arrives.</summary>
    public Func<Input, bool> Loses { get; set; } = _ => false;

    public T? Read<T>(StreamId stream) where T : class => states.GetValueOrDefault(stream) as T;

    /// <summary>States of a kind, by the streams' keys.</summary>
    public IEnumerable<(StreamId Stream, T State)> All<T>() where T : class => states.Where(s => s.Value is T).Select(s => (s.Key, (T)s.Value));

    public Effect? Owed(StreamId stream) => states.TryGetValue(stream, out var state) ? Kinds[stream.Kind].Next(stream, state) : null;

    /// <summary>Somebody says something to a stream.</summary>
    public void Send(StreamId to, Input input, TimeSpan after = default) => OnTheirWay.Add(new(to, input, Now + after, ++sent));

    /// <summary>What could happen now: the first due input of each stream, and each effect that is owed.</summary>
    public List<(StreamId Stream, OnItsWay? Input, Effect? Effect)> Possible()
    {
        var first = new SortedDictionary<StreamId, OnItsWay>(ByName);
        foreach (var on in OnTheirWay)
            if (on.Due <= Now && (!first.TryGetValue(on.To, out var other) || on.Due < other.Due)) first[on.To] = on;
        List<(StreamId, OnItsWay?, Effect?)> possible = [.. first.Select(f => (f.Key, (OnItsWay?)f.Value, (Effect?)null))];
        foreach (var stream in states.Keys)
            if (Owed(stream) is { } effect) possible.Add((stream, null, effect));
        return possible;
    }

    /// <summary>When the next input is due that is not yet; null when none is on its way.</summary>
    public DateTimeOffset? NextDue() => OnTheirWay.Where(o => o.Due > Now).Select(o => (DateTimeOffset?)o.Due).Min();

    public void Deliver(OnItsWay input)
    {
        OnTheirWay.Remove(input);
        Tell(input.To, input.Input);
    }

    public void Tell(StreamId to, Input input)
    {
        var kind = Kinds[to.Kind];
        var known = states.TryGetValue(to, out var before);
        before ??= kind.Initial;
        var decision = kind.Decide(to, before, input, Now);
        var after = before;
        foreach (var happened in decision.Events) after = kind.Evolve(after, happened);
        if (decision.Forgets)
        {
            states.Remove(to);
            OnTheirWay.RemoveAll(o => o.To == to);
        }
        else if (known || !ReferenceEquals(before, after)) states[to] = after;
        foreach (var message in decision.Messages.Where(m => (!decision.Forgets || m.To != to) && !Loses(m.Input))) Send(message.To, message.Input, message.After);
        Decided?.Invoke(to, before, decision);
    }
}
