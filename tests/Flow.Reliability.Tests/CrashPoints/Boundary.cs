namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>Where the engine ends and its store and the world outside begin: counts what crosses it, and knows where the next fault is due.</summary>
internal sealed class Boundary(IReadOnlyList<FaultAt> faults)
{
    private readonly List<CrashPoint> points = [];
    private readonly List<string> fired = [];
    private bool counting;

    /// <summary>Points since the last fault, or since counting began.</summary>
    public IReadOnlyList<CrashPoint> Points => points;

    /// <summary>What has gone wrong so far.</summary>
    public IReadOnlyList<string> Fired => fired;

    public bool Fell(Fault fault) => faults.Take(fired.Count).Any(f => fault.HasFlag(f.Fault));

    public void Count() => counting = true;

    /// <summary>What goes wrong with this crossing; mostly nothing.</summary>
    public Fault Cross(Func<string> what, Fault possible)
    {
        if (!counting) return Fault.None;
        var last = fired.Count == faults.Count;
        var due = !last && points.Count + 1 == faults[fired.Count].Point;
        // Whoever only looks for his next fault needs no names.
        points.Add(new(last || due ? what() : "", possible));
        if (!due) return Fault.None;
        var fault = faults[fired.Count].Fault;
        if (!possible.HasFlag(fault)) throw new InvalidOperationException($"{fault} is not possible at {points[^1].What}.");
        fired.Add(FaultAt.Tell(points[^1].What, fault));
        points.Clear();
        return fault;
    }
}
