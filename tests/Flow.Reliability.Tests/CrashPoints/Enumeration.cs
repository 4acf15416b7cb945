using System.Collections.Concurrent;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>What came of all cases of a flow.</summary>
/// <param name="Flow">The flow.</param>
/// <param name="Points">How many there are.</param>
/// <param name="Cases">How often something went wrong.</param>
/// <param name="Delay">How much longer than without any fault something was open, at most, in the cases in which the host crashed and nothing else went wrong.</param>
/// <param name="Failures">What has not recovered.</param>
internal sealed record EnumerationResult(string Flow, int Points, int Cases, TimeSpan Delay, IReadOnlyList<string> Failures)
{
    public override string ToString() => Failures.Count == 0
        ? $"{Flow}: {Points} points, {Cases} cases, all recovered; a crash costs at most {Delay.TotalSeconds:0.#} s"
        : $"{Flow}: {Points} points, {Cases} cases, {Failures.Count} did not recover:\n{string.Join("\n", Failures.Take(5))}";
}

/// <summary>Fails at the first point, the second, ... until there is none left.</summary>
internal static class Enumeration
{
    private static readonly Fault[] Each = [Fault.CrashBefore, Fault.CrashAfter, Fault.Error, Fault.AnswerLost, Fault.Silence];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    public static readonly int Workers = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Every fault at every point.</summary>
    public static async Task<EnumerationResult> RunAsync(CanonicalFlow flow)
    {
        var points = Rehearse(flow, []).Points;
        return await PlayAsync(flow, points.Count, [.. CasesOf(points).Select(f => (FaultAt[])[f])]);
    }

    /// <summary>The first case that shows what is planted, in words; null when none does.</summary>
    public static string? Find(CanonicalFlow flow, Plant plant)
    {
        var undisturbed = CrashCase.Play(flow, [], plant);
        foreach (var faults in CasesOf(undisturbed.Points).Where(f => Fault.Crash.HasFlag(f.Fault)).Select(f => (FaultAt[])[f]).Prepend([]))
        {
            var result = CrashCase.Play(flow, faults, plant);
            if ((result.Violation ?? TooLong((result.Open - undisturbed.Open).Ticks)) is { } violation) return Explain(flow, faults, result, violation);
        }
        return null;
    }

    /// <summary>A crash, and a second fault in the recovery from it: of all crashes one in <paramref name="crashOneIn"/>, of the points after each one in <paramref name="thenOneIn"/>.</summary>
    public static async Task<EnumerationResult> RunTwiceAsync(CanonicalFlow flow, int crashOneIn, int thenOneIn)
    {
        var crashes = CasesOf(Rehearse(flow, []).Points).Where(f => Fault.Crash.HasFlag(f.Fault)).Where((_, n) => n % crashOneIn == 0).ToList();
        var recoveries = new IReadOnlyList<CrashPoint>[crashes.Count];
        await InParallelAsync(crashes, (crash, order) => recoveries[order] = Rehearse(flow, [crash]).Points);
        // Every n-th over all of them together, so that the sample does not always begin with the same one.
        var cases = crashes.SelectMany((crash, order) => CasesOf(recoveries[order]).Select(second => (FaultAt[])[crash, second])).Where((_, n) => n % thenOneIn == 0).ToList();
        return await PlayAsync(flow, recoveries.Sum(r => r.Count), cases);
    }

    /// <summary>One case with its story: <c>FLOW: POINT.FAULT [POINT.FAULT]</c>.</summary>
    public static (CaseResult Result, string Case) Again(string text)
    {
        var colon = text.LastIndexOf(':');
        var flow = CanonicalFlows.All.Single(f => f.Name == text[..colon]);
        var faults = text[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(FaultAt.Parse).ToArray();
        return (CrashCase.Play(flow, faults, tells: true), text);
    }

    private static CaseResult Rehearse(CanonicalFlow flow, IReadOnlyList<FaultAt> faults)
    {
        var result = CrashCase.Play(flow, faults);
        return result.Violation is null ? result : throw new InvalidOperationException($"{flow.Name}{(faults.Count > 0 ? $", {result.Faults[0]}" : " without any fault")}: {result.Violation}");
    }

    private static IEnumerable<FaultAt> CasesOf(IReadOnlyList<CrashPoint> points) =>
        points.SelectMany((point, at) => Each.Where(f => point.Faults.HasFlag(f)).Select(f => new FaultAt(at + 1, f)));

    private static async Task<EnumerationResult> PlayAsync(CanonicalFlow flow, int points, List<FaultAt[]> cases)
    {
        var undisturbed = Rehearse(flow, []).Open;
        var failures = new ConcurrentBag<(int Order, string Text)>();
        var delays = new long[cases.Count];
        await InParallelAsync(cases, (faults, order) =>
        {
            var result = CrashCase.Play(flow, faults);
            var crashesOnly = faults.All(f => Fault.Crash.HasFlag(f.Fault));
            if (crashesOnly) delays[order] = (result.Open - undisturbed).Ticks;
            if ((result.Violation ?? (crashesOnly ? TooLong(delays[order]) : null)) is { } violation) failures.Add((order, Explain(flow, faults, result, violation)));
        });
        return new(flow.Name, points, cases.Count, new(delays.DefaultIfEmpty().Max()), [.. failures.OrderBy(f => f.Order).Select(f => f.Text)]);
    }

    private static string? TooLong(long delay) => delay > Patience.Ticks ? $"it goes on only after {new TimeSpan(delay).TotalSeconds:0} s" : null;

    private static string Explain(CanonicalFlow flow, FaultAt[] faults, CaseResult result, string violation) =>
        $"  {string.Join("; then ", result.Faults)}: {violation}\n    again, with its story: FLOW_CRASH_CASE='{flow.Name}: {string.Join(' ', faults.Select(f => f.ToString()))}' and the test {nameof(Every_crash_point)}.{nameof(Every_crash_point.Is_played_again_as_its_failure_names_it)}";

    /// <summary>On threads of their own: a case waits for its store's writer, and that needs those of the pool.</summary>
    private static Task InParallelAsync<T>(IReadOnlyList<T> all, Action<T, int> each)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Factory.StartNew(() =>
        {
            for (int at; (at = Interlocked.Increment(ref next)) < all.Count;) each(all[at], at);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }
}
