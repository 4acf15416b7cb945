using System.Reflection;
using Flow.AspNetCore;
using Flow.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Flow.Docs.Tests;

public sealed class Telemetry_in_the_documentation
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "telemetry", "telemetry.md"));

    [Fact]
    public void Has_every_name() =>
        typeof(FlowTelemetry).GetFields().Select(f => (string)f.GetRawConstantValue()!).Should().NotBeEmpty().And.OnlyContain(name => Page.Contains($"`{name}`"));

    [Fact]
    public void Has_every_log_event_and_no_id_means_two_things()
    {
        var events = new[] { typeof(FlowTelemetry).Assembly, typeof(StatusPageExtensions).Assembly }.SelectMany(a => a.GetTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()?.EventId).OfType<int>().ToList();

        events.Should().NotBeEmpty().And.OnlyHaveUniqueItems();
        events.Where(id => !Page.Contains($"{id}")).Should().BeEmpty("each stands in docs/telemetry.md");
    }
}
