namespace Flow.Benchmarks.Measuring;

/// <summary>
/// Measurements that were taken in turn: with Flow, without, with Flow, without. A machine drifts within minutes, so only neighbours are compared,
/// and the ratio is the median of the pairs' ratios.
/// </summary>
internal sealed class Pairs
{
    private readonly List<(double Value, double Baseline)> taken = [];

    public int Count => taken.Count;
    public double Value => Median(taken.Select(t => t.Value));
    public double Baseline => Median(taken.Select(t => t.Baseline));
    public double Ratio => Median(taken.Select(t => t.Value / t.Baseline));
    public double Difference => Median(taken.Select(t => t.Value - t.Baseline));

    public void Add(double value, double baseline) => taken.Add((value, baseline));

    public Figure ToFigure(string name, string unit, string? goal, Func<Pairs, bool>? met) => new()
    {
        Name = name,
        Value = Value,
        Unit = unit,
        Baseline = Baseline,
        Ratio = Ratio,
        Goal = goal,
        Met = met?.Invoke(this),
        Pairs = Count,
    };

    /// <summary>All of them, for whoever wants to see how much they scatter.</summary>
    public string Told(string format = "0.##") => string.Join("  ", taken.Select(t => FormattableString.Invariant($"{t.Value.ToString(format, null)}/{t.Baseline.ToString(format, null)}={t.Value / t.Baseline:0.00}")));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static double Percentile(IEnumerable<double> values, double at)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min((int)(sorted.Length * at), sorted.Length - 1)];
    }
}
