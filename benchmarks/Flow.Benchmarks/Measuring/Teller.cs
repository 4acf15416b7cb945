using System.Diagnostics;
using System.Globalization;

namespace Flow.Benchmarks.Measuring;

/// <summary>Figures go to stdout, one JSON object a line; words for people to stderr.</summary>
internal static class Teller
{
    private static readonly Stopwatch Watch = Stopwatch.StartNew();

    public static void Say(string line) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{Watch.Elapsed.TotalSeconds,6:0.0} s, load {Load()}] {line}"));

    public static void Tell(Figure figure) => Console.WriteLine(figure.ToJson());

    /// <summary>How busy the machine is, with others too: the last minute's load average.</summary>
    private static string Load()
    {
        try { return File.ReadAllText("/proc/loadavg").Split(' ')[0]; }
        catch (IOException) { return "?"; }
    }
}
