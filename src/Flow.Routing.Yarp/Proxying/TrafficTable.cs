using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Flow.Routing.Yarp.Proxying;

/// <summary>
/// The table in force, as requests see it: an immutable snapshot behind one volatile reference. A target in the present snapshot is never
/// retired, so a request that finds its target retired holds an old snapshot and looks again: no request is lost in a switch, and none
/// reaches a target after it was found drained.
/// </summary>
internal sealed class TrafficTable(TimeProvider time)
{
    // A process that died is found last for so long; with all of them dead it is tried all the same.
    private static readonly TimeSpan AvoidedAfterRefusal = TimeSpan.FromSeconds(2);

    private readonly Lock writing = new();
    private readonly Dictionary<Uri, RoutedTarget> known = [];
    private readonly Dictionary<AppName, AppVisits> visits = [];
    private volatile Snapshot snapshot = new(RouteTable.Empty, []);
    private int turn;

    public RouteTable Table => snapshot.Table;

    /// <summary>Puts a table in force; when it returns, new requests follow it. False: its number is not greater than the present one.</summary>
    public bool Apply(RouteTable table)
    {
        lock (writing)
        {
            if (table.Number <= snapshot.Table.Number) return false;
            Publish(table);
            return true;
        }
    }

    /// <summary>The same for a change of whatever is in force.</summary>
    public bool Apply(Func<RouteTable, RouteTable> change)
    {
        lock (writing)
        {
            var table = change(snapshot.Table);
            if (ReferenceEquals(table, snapshot.Table)) return false;
            Publish(table);
            return true;
        }
    }

    private void Publish(RouteTable table)
    {
        var apps = new Dictionary<string, RoutedApp>(table.Routes.Count, StringComparer.OrdinalIgnoreCase);
        var named = new HashSet<RoutedTarget>();
        foreach (var (app, route) in table.Routes)
        {
            var targets = ImmutableArray.CreateBuilder<RoutedTarget>(route.Targets.Count);
            foreach (var address in route.Targets)
            {
                if (!known.TryGetValue(address, out var target)) known.Add(address, target = new(address));
                target.Revive();
                named.Add(target);
                targets.Add(target);
            }
            // Another life of an app begins without visitors.
            if (!visits.TryGetValue(app, out var visited) || visited.Generation != route.Deployment.Generation) visits[app] = visited = new(app, route.Deployment.Generation);
            apps.Add(app.ToString(), new(targets.DrainToImmutable(), visited));
        }
        foreach (var app in visits.Keys)
            if (!table.Routes.ContainsKey(app)) visits.Remove(app);

        snapshot = new(table, apps);

        // Only now: whoever is refused by a retired target finds the new snapshot.
        foreach (var (address, target) in known)
            if (!named.Contains(target) && target.Retire()) known.Remove(address);
    }

    /// <summary>Chooses a target and counts the request in; the caller says <see cref="RoutedTarget.Leave"/> when it is over.</summary>
    /// <param name="app">First label of the host name, in any case.</param>
    /// <param name="refused">Targets that have refused this very request.</param>
    /// <param name="entered">The target; null unless found.</param>
    /// <param name="cut">Cancelled when the request must end.</param>
    public Lookup Enter(string app, IReadOnlyCollection<RoutedTarget> refused, out RoutedTarget? entered, out CancellationToken cut)
    {
        entered = null;
        cut = default;
        while (true)
        {
            var present = snapshot;
            if (!present.Apps.TryGetValue(app, out var routed)) return present.Table.Number == 0 ? Lookup.NoTableYet : Lookup.UnknownApp;
            // Also when nobody serves it: somebody wants it.
            routed.Visits.Note(time);
            if (!TryChoose(routed.Targets, refused, out var target)) return Lookup.NoTarget;
            if (!target.TryEnter(out cut)) continue;
            entered = target;
            return Lookup.Found;
        }
    }

    // The least busy one; a rotating start shares out the ties.
    private bool TryChoose(ImmutableArray<RoutedTarget> targets, IReadOnlyCollection<RoutedTarget> refused, [NotNullWhen(true)] out RoutedTarget? chosen)
    {
        chosen = null;
        var best = (Avoided: true, InFlight: int.MaxValue);
        var start = targets.Length > 1 ? (int)((uint)Interlocked.Increment(ref turn) % (uint)targets.Length) : 0;
        for (var i = 0; i < targets.Length; i++)
        {
            var target = targets[(start + i) % targets.Length];
            if (refused.Contains(target)) continue;
            var rank = (Avoided: target.RefusedAt is var at && at != 0 && time.GetElapsedTime(at) < AvoidedAfterRefusal, target.InFlight);
            if (chosen is not null && rank.CompareTo(best) >= 0) continue;
            (chosen, best) = (target, rank);
        }
        return chosen is not null;
    }

    /// <summary>See <see cref="IRouter.DrainAsync"/>: what is left at the deadline is cut.</summary>
    public async ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var draining = new List<RoutedTarget>();
        lock (writing)
            foreach (var address in targets.Distinct())
                if (known.TryGetValue(address, out var target) && target.Retired) draining.Add(target);

        var wait = TimeSpan.FromTicks(Math.Clamp(deadline.Ticks, 0, TimeSpan.TicksPerDay));
        try
        {
            await Task.WhenAll(draining.Select(target => target.WhenDrained())).WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Said by the number returned.
        }

        var left = 0;
        foreach (var target in draining) left += await target.CutAsync().ConfigureAwait(false);
        return left;
    }

    /// <summary>Requests in flight to all targets, retired ones included.</summary>
    public int InFlight
    {
        get { lock (writing) return known.Values.Sum(target => target.InFlight); }
    }

    /// <summary>See <see cref="IRouterVisits"/>.</summary>
    public IReadOnlyDictionary<AppName, DateTimeOffset> Visits() =>
        snapshot.Apps.Values.Where(app => app.Visits.Last is not null).ToDictionary(app => app.Visits.App, app => app.Visits.Last!.Value);

    private sealed record Snapshot(RouteTable Table, Dictionary<string, RoutedApp> Apps);

    private sealed record RoutedApp(ImmutableArray<RoutedTarget> Targets, AppVisits Visits);
}

internal enum Lookup
{
    Found,
    /// <summary>The router has just started and was not told anything yet: not the same as "no such app".</summary>
    NoTableYet,
    UnknownApp,
    /// <summary>The app has no target, or every one has refused this request.</summary>
    NoTarget,
}
