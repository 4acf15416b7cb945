using System.Collections.Concurrent;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>What came of all cases of a flow.</summary>
internal sealed record EnumerationResult(string Flow, int Points, int Cases, TimeSpan LongestRecovery, IReadOnlyList<string> Failures)
{
    public override string ToString() => Failures.Count == 0
        ? $"{Flow}: {Points} points, {Cases} cases, all recovered; the longest recovery from a crash took {LongestRecovery.TotalSeconds:0} s of virtual time"
        : $"{Flow}: {Points} points, {Cases} cases, {Failures.Count} did not recover:\n{string.Join("\n", Failures.Take(60))}";
}

/// <summary>Fails at the first point, the second, ... until there is none left.</summary>
internal static class Enumeration
{
    private static readonly Fault[] Each = [Fault.CrashBefore, Fault.CrashAfter, Fault.Error, Fault.AnswerLost, Fault.Silence];
    private static readonly int Workers = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Every fault at every point.</summary>
    public static EnumerationResult Run(CanonicalFlow flow, Plant plant = Plant.None)
    {
        var points = Rehearse(flow, [], plant);
        return Play(flow, points.Count, [.. CasesOf(points).Select(f => (FaultAt[])[f])], plant);
    }

    /// <summary>After every crash, a second fault at every point of the recovery: one in <paramref name="oneIn"/> of them.</summary>
    public static EnumerationResult RunTwice(CanonicalFlow flow, int oneIn)
    {
        var crashes = CasesOf(Rehearse(flow, [], Plant.None)).Where(f => Fault.Crash.HasFlag(f.Fault)).ToList();
        var cases = new ConcurrentBag<(int Order, FaultAt[] Faults)>();
        var points = 0;
        InParallel(crashes, (crash, order) =>
        {
            var recovery = Rehearse(flow, [crash], Plant.None);
            Interlocked.Add(ref points, recovery.Count);
            foreach (var second in CasesOf(recovery)) cases.Add((order, [crash, second]));
        });
        var chosen = cases.OrderBy(c => c.Order).ThenBy(c => c.Faults[1].Point).ThenBy(c => c.Faults[1].Fault).Select(c => c.Faults).Where((_, n) => n % oneIn == 0).ToList();
        return Play(flow, points, chosen, Plant.None);
    }

    /// <summary>One case with its story: <c>FLOW: POINT.FAULT [POINT.FAULT]</c>.</summary>
    public static (CaseResult Result, string Case) Again(string text)
    {
        var colon = text.LastIndexOf(':');
        var flow = CanonicalFlows.All.Single(f => f.Name == text[..colon]);
        var faults = text[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(FaultAt.Parse).ToArray();
        return (CrashCase.Play(flow, faults, tells: true), text);
    }

    private static IReadOnlyList<CrashPoint> Rehearse(CanonicalFlow flow, IReadOnlyList<FaultAt> faults, Plant plant)
    {
        var result = CrashCase.Play(flow, faults, plant);
        return result.Violation is null || plant != Plant.None ? result.Points : throw new InvalidOperationException($"{flow.Name}{(faults.Count > 0 ? $", {result.Faults[0]}" : " without any fault")}: {result.Violation}");
    }

    private static IEnumerable<FaultAt> CasesOf(IReadOnlyList<CrashPoint> points) =>
        points.SelectMany((point, at) => Each.Where(f => point.Faults.HasFlag(f)).Select(f => new FaultAt(at + 1, f)));

    private static EnumerationResult Play(CanonicalFlow flow, int points, List<FaultAt[]> cases, Plant plant)
    {
        var failures = new ConcurrentBag<(int Order, string Text)>();
        var longest = new long[cases.Count];
        InParallel(cases, (faults, order) =>
        {
            var result = CrashCase.Play(flow, faults, plant);
            longest[order] = result.Recovery.Ticks;
            if (result.Violation is not null) failures.Add((order, Explain(flow, faults, result)));
        });
        return new(flow.Name, points, cases.Count, new(longest.DefaultIfEmpty().Max()), [.. failures.OrderBy(f => f.Order).Select(f => f.Text)]);
    }

    private static string Explain(CanonicalFlow flow, FaultAt[] faults, CaseResult result) =>
        $"  {string.Join("; then ", result.Faults)}: {result.Violation}\n    again, with its story: FLOW_CRASH_CASE='{flow.Name}: {string.Join(' ', faults.Select(f => f.ToString()))}' and the test {nameof(Every_crash_point)}.{nameof(Every_crash_point.The_case_that_is_asked_for)}";

    /// <summary>On threads of their own: the store's writer needs those of the pool.</summary>
    private static void InParallel<T>(IReadOnlyList<T> all, Action<T, int> each)
    {
        var next = -1;
        var trouble = new ConcurrentQueue<Exception>();
        var workers = Enumerable.Range(0, Workers).Select(_ => new Thread(() =>
        {
            try
            {
                for (int at; trouble.IsEmpty && (at = Interlocked.Increment(ref next)) < all.Count;) each(all[at], at);
            }
            catch (Exception e) { trouble.Enqueue(e); }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        if (trouble.TryDequeue(out var first)) throw new InvalidOperationException("A case could not be played.", first);
    }
}
