using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>How people ask: under a key, again when no answer came; and what nobody in their right mind would send.</summary>
internal sealed partial class People
{
    private StreamId AnyApp(bool busy = false)
    {
        var names = witness.Apps.Where(a => a.Value.Life == AppLife.Active && (!busy || a.Value.Slot is not null)).Select(a => a.Key).ToList();
        if (busy && names.Count == 0) return AnyApp();
        return names.Count == 0 ? AppDecider.StreamOf(Staging) : new(AppDecider.Kind, world.Any(names));
    }

    private void Hint()
    {
        if (world.OneIn(2)) Post(PipelineDecider.StreamOf(Shop), new LookNow());
    }

    private void Post(StreamId to, Input input) => store.Commit(null, new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input))] });

    private void Ask(StreamId to, Input input)
    {
        world.Tell($"somebody asks {to}: {input.GetType().Name}");
        if (input is DestroyApp) witness.UnwantedByHand.Add(AppName.Parse(to.Key));
        var key = $"ask/{posted.Count}";
        posted.Add((key, to, input));
        store.Commit(null, new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input), RequestKey: key)], Reserve = [key] });
    }

    /// <summary>Bytes that no version of the engine has written: each kind of nonsense that a damaged row or a newer binary could leave.</summary>
    private void SendGarbage()
    {
        List<StreamId> streams =
        [
            .. witness.Apps.Keys.Select(k => new StreamId(AppDecider.Kind, k)), .. witness.Runs.Keys.Select(k => new StreamId(RunDecider.Kind, k)),
            .. witness.Builds.Keys.Select(k => new StreamId(BuildDecider.Kind, k)), .. witness.Pipelines.Keys.Select(k => new StreamId(PipelineDecider.Kind, k)),
        ];
        if (streams.Count == 0) return;
        var to = world.Any(streams);
        var text = world.Any(["", "{", "{}", "null", "[]", "7", "\"look\"", "{\"$\":\"from-the-future\"}", "{\"$\":\"begin\",\"plan\":7}", "\0\0\0\0", "{\"$\":\"head\",\"order\":\"x\"}"]);
        world.Tell($"somebody writes nonsense to {to}");
        witness.ExpectUnreadable(to);
        var key = $"nonsense/{nonsense.Count}";
        nonsense.Add((key, to));
        store.Commit(null, new() { Enqueue = [new(to, System.Text.Encoding.UTF8.GetBytes(text), RequestKey: key)], Reserve = [key] });
    }

    /// <summary>Whoever did not hear the answer asks again under the same key: nothing may happen twice.</summary>
    private void RepeatSomething()
    {
        if (posted.Count == 0) return;
        var (key, to, input) = world.Any(posted);
        world.Tell($"somebody asks {to} once more: {input.GetType().Name}");
        if (store.Commit(null, new() { Enqueue = [new(to, kinds.Of(to).WriteInput(input), RequestKey: key)], Reserve = [key] }).Status == CommitStatus.KeyTaken) world.Count(FlowSituations.Repeated);
        else world.Violate(FlowInvariants.OneEffect, $"{key} was accepted twice");
    }
}
