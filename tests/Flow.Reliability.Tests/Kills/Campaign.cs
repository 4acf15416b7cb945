using System.Diagnostics;
using System.Globalization;

namespace Flow.Reliability.Tests.Kills;

/// <summary>A seeded choice of what to ask and when to kill. What the machine makes of it differs from time to time; the choices do not.</summary>
internal sealed class Campaign(string name)
{
    private readonly List<double> starts = [];
    private readonly long began = Stopwatch.GetTimestamp();

    public int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("FLOW_KILLS_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
    public Book Book { get; } = new();
    public List<string> Problems { get; } = [];
    public int Kills { get; private set; }
    public int KilledInTheStart { get; private set; }

    /// <summary>How many lives it takes: <c>FLOW_KILLS</c> where somebody wants another number.</summary>
    public static int Lives(int usually, int thoroughly) => int.TryParse(Environment.GetEnvironmentVariable("FLOW_KILLS"), CultureInfo.InvariantCulture, out var wanted) ? wanted
        : LongTests.Wanted ? thoroughly : usually;

    public void Ready(TimeSpan after) => starts.Add(after.TotalMilliseconds);

    public void Killed(HostProcess host, bool inItsStart)
    {
        Kills++;
        if (inItsStart) KilledInTheStart++;
        Problems.AddRange(host.Complaints.Select(c => $"kill {Kills}: the host logged: {c}"));
    }

    /// <summary>For whoever reads the output, and for whoever must repeat it.</summary>
    public void Report(string more)
    {
        starts.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: seed {Seed} (FLOW_KILLS_SEED), {Kills} kills ({KilledInTheStart} of them in the start), {Book.Requests.Count} requests, {Book.Answered} answered, healthy after {starts[starts.Count / 2]:0} ms (median), {starts[^1]:0} ms (longest); {more}; {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
    }
}
