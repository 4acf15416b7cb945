using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flow.Benchmarks.Measuring;

/// <summary>One figure, as it is printed: a median of interleaved pairs.</summary>
internal sealed record Figure
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    public required string Name { get; init; }
    /// <summary>What was measured of Flow.</summary>
    public required double Value { get; init; }
    public required string Unit { get; init; }
    /// <summary>The same without Flow; null when there is nothing to compare with.</summary>
    public double? Baseline { get; init; }
    /// <summary>Median of the ratios of the pairs.</summary>
    public double? Ratio { get; init; }
    /// <summary>In words; null: the figure stands for itself.</summary>
    public string? Goal { get; init; }
    public bool? Met { get; init; }
    public required int Pairs { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this with { Value = Rounded(Value), Baseline = Baseline is { } b ? Rounded(b) : null, Ratio = Ratio is { } r ? Math.Round(r, 3) : null }, Json);

    private static double Rounded(double value) => Math.Abs(value) >= 100 ? Math.Round(value) : Math.Round(value, 3);
}
