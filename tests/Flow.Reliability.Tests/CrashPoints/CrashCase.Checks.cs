using System.Text;
using System.Text.Json;
using Flow.Engine;
using Flow.Reporting;
using Flow.Runs;
using Flow.Storage;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>How all must be in the end: what the simulator's final check says, and what a file can be asked.</summary>
internal sealed partial class CrashCase
{
    private void CheckAll()
    {
        check.Settled(pushedOnceMore: false);
        CheckAnswers();
        CheckHistory();
        CheckTold();
        if (!boundary.Fell(Fault.Silence))
            foreach (var (what, isSo) in expected)
                if (!isSo()) world.Violate(FlowInvariants.Serves, $"it must be that {what}");
    }

    private void CheckAnswers()
    {
        foreach (var key in asked)
            switch (CrashingStore.Done(file.Store.FindKeyAsync(key, default)))
            {
                case null: world.Violate(FlowInvariants.Consequence, $"{key} was acknowledged, and is lost"); break;
                case { Answer: null }: world.Violate(FlowInvariants.Consequence, $"{key} was never answered"); break;
                case { Answer: { } json } when JsonSerializer.Deserialize(json.Span, FlowJson.Default.Answer) is { Code: "internal-error" }: world.Violate(FlowInvariants.Soundness, $"{key} could not be digested"); break;
            }
    }

    /// <summary>The file's history is what was committed, in its order; but for reports, which go when all is told.</summary>
    private void CheckHistory()
    {
        var stored = CrashingStore.Done(file.Store.ReadEventsAsync(0, 100_000, default)).Where(e => e.Stream.Kind != ReportDecider.Kind).Select(Line).ToList();
        var committed = heard.Where(e => e.Stream.Kind != ReportDecider.Kind).Select(Line).ToList();
        if (stored.SequenceEqual(committed)) return;
        var at = stored.Zip(committed).TakeWhile(e => e.First == e.Second).Count();
        world.Violate(FlowInvariants.Consequence, $"event {at + 1} of {stored.Count} stored is '{stored.ElementAtOrDefault(at)}', and of {committed.Count} committed it was '{committed.ElementAtOrDefault(at)}'");

        static string Line(StoredEvent e) => $"{e.Stream} v{e.Version} {e.Type} {Encoding.UTF8.GetString(e.Json.Span)}";
    }

    private void CheckTold()
    {
        foreach (var (name, run) in witness.Runs)
            if (run is { Closed: true, Plan.Policy.Reporters.Count: > 0 } && outside.Told.GetValueOrDefault(RunId.Parse(name), RunStatus.Waiting) != run.Status)
                world.Violate(FlowInvariants.Consequence, $"{name} is {run.Status}, and the reporter was told {(outside.Told.TryGetValue(RunId.Parse(name), out var told) ? told : "nothing")}");
    }
}
