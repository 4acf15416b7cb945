using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Flow.AspNetCore;
using Flow.Diagnostics;
using Flow.Providers.Local;
using Flow.Routing.Yarp;
using Flow.Storage.Sqlite;
using Flow.Testing;
using Microsoft.Extensions.Logging;

namespace Flow.Docs.Tests;

public sealed partial class Telemetry_in_the_documentation
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "telemetry", "telemetry.md"));

    [GeneratedRegex(@"^\| (\d{4})-(\d{4}) \|", RegexOptions.Multiline)]
    private static partial Regex Ranges();

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [Fact]
    public void Has_every_name() =>
        typeof(FlowTelemetry).GetFields().Select(f => (string)f.GetRawConstantValue()!).Should().NotBeEmpty().And.OnlyContain(name => Page.Contains($"`{name}`"));

    [Fact]
    public void Has_every_log_event_and_no_id_means_two_things()
    {
        Type[] packages = [typeof(FlowTelemetry), typeof(StatusPageExtensions), typeof(LocalOptions), typeof(YarpRouterOptions), typeof(SqliteStoreOptions), typeof(ConformanceCase<>)];
        var events = packages.SelectMany(p => p.Assembly.GetTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()?.EventId).OfType<int>().ToList();

        events.Should().NotBeEmpty().And.OnlyHaveUniqueItems();
        var ranges = Ranges().Matches(Page).Select(m => (From: Number(m, 1), To: Number(m, 2))).OrderBy(r => r.From).ToList();
        events.Where(id => !ranges.Any(r => id >= r.From && id <= r.To)).Should().BeEmpty("each has its range in docs/telemetry.md");
        ranges.Zip(ranges.Skip(1)).Should().OnlyContain(pair => pair.First.To < pair.Second.From, "no two ranges overlap");
        // Those of the engine and of the web pages are told one by one.
        events.Where(id => id is < 1500 or (>= 5000 and < 6000) && !Page.Contains($"{id}")).Should().BeEmpty("each stands in docs/telemetry.md");
    }
}
