using System.Diagnostics;
using Flow.Benchmarks.Hosts;
using Flow.Benchmarks.Measuring;

namespace Flow.Benchmarks.Reviews;

/// <summary>What the engine adds to a review app's coming to life, and what a thousand of them cost.</summary>
internal static class ReviewFigures
{
    public const string Create = "review-app-create", Alive = "review-apps-1000", Verb = "review-host";
    public static readonly IReadOnlyList<string> Names = [Create, Alive];
    private const int Count = 5, Apps = 1_000, WarmUps = 200, Created = 100;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        List<Figure> figures = [];
        if (wanted.Contains(Create)) figures.Add(await MeasureCreateAsync());
        if (wanted.Contains(Alive)) figures.Add(await MeasureAliveAsync());
        return figures;
    }

    /// <summary>From the hint that something was proposed to an app whose set-up is done, one after the other; builder, runtime and source answer at once.</summary>
    private static async Task<Figure> MeasureCreateAsync()
    {
        using var scratch = new Scratch();
        await using var host = await ReviewHost.StartAsync(scratch.In("flow.db"), 0);
        List<double> taken = [];
        for (var i = 0; i < WarmUps + Created; i++)
        {
            host.Source.Open++;
            var started = Stopwatch.GetTimestamp();
            await host.UntilServingAsync(1);
            if (i >= WarmUps) taken.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        Teller.Say(FormattableString.Invariant($"{Create}, ms: p50 {Pairs.Median(taken):0.0}, p99 {Pairs.Percentile(taken, 0.99):0.0}, with {WarmUps} to {WarmUps + Created} others alive"));
        return new() { Name = Create, Value = Pairs.Median(taken), Unit = "ms", Goal = "at most 50 ms", Met = Pairs.Median(taken) <= 50, Pairs = taken.Count };
    }

    private static async Task<Figure> MeasureAliveAsync()
    {
        using var scratch = new Scratch();
        string empty = scratch.In("empty"), full = scratch.In("full");
        foreach (var directory in new[] { empty, full }) Directory.CreateDirectory(directory);
        await using (var seeding = await ReviewHost.StartAsync(Path.Combine(full, "flow.db"), Apps)) await seeding.UntilServingAsync(Apps);
        Pairs pairs = new();
        for (var pair = 0; pair < Count; pair++) pairs.Add(await OnceAsync(full, Apps), await OnceAsync(empty, 0));
        Teller.Say($"{Alive}, MB: {pairs.Told("0.0")}; one call for each look, and all of them listed");
        return pairs.ToFigure(Alive, "MB", "at most 100 MB over the baseline, one call for a page of proposals", p => p.Difference <= 100);
    }

    private static async Task<double> OnceAsync(string directory, int apps)
    {
        await using var host = new Child([Verb, directory, apps.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        // More than one call is another line, and the measurement fails.
        await host.UntilAsync("reconciled 1");
        await Task.Delay(Quiet);
        return host.ResidentBytes() / 1_000_000d;
    }
}
