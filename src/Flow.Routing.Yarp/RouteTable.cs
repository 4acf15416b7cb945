using System.Collections.Immutable;

namespace Flow.Routing.Yarp;

/// <summary>
/// The whole truth about routes: plain data, and the rules by which it changes. Every change is a new table with the next number; a change
/// that changes nothing, or comes too late, gives the same table.
/// </summary>
internal sealed record RouteTable
{
    /// <summary>Removed apps are remembered so that a late change of an older life is refused; late means minutes, so a bounded number is enough.</summary>
    public const int RemovedKept = 1_000;

    public static readonly RouteTable Empty = new();

    /// <summary>0: no table was ever given.</summary>
    public long Number { get; init; }

    public ImmutableDictionary<AppName, Route> Routes { get; init; } = ImmutableDictionary<AppName, Route>.Empty;

    /// <summary>Oldest first, each app once.</summary>
    public ImmutableArray<RemovedApp> Removed { get; init; } = [];

    /// <summary>
    /// An older generation is refused, and an earlier turn, not a lower release: undoing a failed switch goes back to a lower one. What was removed stays so
    /// until a newer generation comes.
    /// </summary>
    public RouteTable Set(Route route)
    {
        route = Checked(route);
        var generation = route.Deployment.Generation;
        if (GenerationOf(route.App) > generation) return this;
        if (!Routes.TryGetValue(route.App, out var present))
        {
            if (Removed.Contains(new(route.App, generation))) return this;
        }
        else if (Same(present, route) || (present.Deployment.Generation == generation && present.Turn > route.Turn)) return this;
        return this with { Number = Number + 1, Routes = Routes.SetItem(route.App, route), Removed = Without(route.App) };
    }

    public RouteTable Remove(AppName app, int generation)
    {
        if (GenerationOf(app) > generation) return this;
        if (!Routes.ContainsKey(app) && Removed.Contains(new(app, generation))) return this;
        var removed = Without(app).Add(new(app, generation));
        if (removed.Length > RemovedKept) removed = removed.RemoveRange(0, removed.Length - RemovedKept);
        return this with { Number = Number + 1, Routes = Routes.Remove(app), Removed = removed };
    }

    /// <summary>The engine's own truth at its start: replaces everything, generations included.</summary>
    public RouteTable Restore(IReadOnlyList<Route> routes)
    {
        var restored = ImmutableDictionary.CreateBuilder<AppName, Route>();
        foreach (var route in routes)
            if (!restored.TryAdd(route.App, Checked(route))) throw new ArgumentException($"Two routes of the app '{route.App}'.", nameof(routes));
        var same = Number > 0 && Removed.IsEmpty && Routes.Count == restored.Count
            && restored.Values.All(route => Routes.TryGetValue(route.App, out var present) && Same(present, route));
        return same ? this : new() { Number = Number + 1, Routes = restored.ToImmutable() };
    }

    private int GenerationOf(AppName app)
    {
        if (Routes.TryGetValue(app, out var route)) return route.Deployment.Generation;
        foreach (var removed in Removed)
            if (removed.App == app) return removed.Generation;
        return int.MinValue;
    }

    private ImmutableArray<RemovedApp> Without(AppName app) => Removed.RemoveAll(removed => removed.App == app);

    private static bool Same(Route one, Route other) => one.Deployment == other.Deployment && one.Turn == other.Turn && one.Targets.SequenceEqual(other.Targets);

    private static Route Checked(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        foreach (var target in route.Targets)
            if (!IsTarget(target)) throw new ArgumentException($"A target of '{route.Deployment}' is not an absolute http(s) address without user, query and fragment.", nameof(route));
        return route with { Targets = [.. route.Targets.Distinct()] };
    }

    public static bool IsTarget(Uri? target) =>
        target is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "", Host.Length: > 0 };
}

/// <summary>An app that has no route any more, and the generation that was removed.</summary>
internal readonly record struct RemovedApp(AppName App, int Generation);
