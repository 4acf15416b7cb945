using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Flow.Runtimes;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>A numbered table, as it is said over the socket and kept in the file.</summary>
internal sealed record TableDocument
{
    /// <summary>More than any machine routes; a bound, so that nothing on the socket can fill the memory.</summary>
    public const int MostRoutes = 100_000;
    public const int MostTargets = 1_000;

    public required long Number { get; init; }
    public required IReadOnlyList<RouteDocument> Routes { get; init; }
    public IReadOnlyList<RemovedDocument>? Removed { get; init; }

    public static TableDocument From(RouteTable table) => new()
    {
        Number = table.Number,
        Routes = [.. table.Routes.Values.Select(route => new RouteDocument(route.Deployment.ToString(), [.. route.Targets.Select(target => target.AbsoluteUri)], route.Turn))],
        Removed = [.. table.Removed.Select(removed => new RemovedDocument(removed.App.ToString(), removed.Generation))],
    };

    /// <exception cref="FormatException">Says what is wrong with it.</exception>
    public RouteTable ToTable()
    {
        if (Number is < 0 or > long.MaxValue / 2) throw new FormatException("A table's number is not negative, and one that can be counted on from.");
        if (Routes.Count > MostRoutes || Removed?.Count > MostRoutes) throw new FormatException($"A table has at most {MostRoutes} routes.");
        var routes = ImmutableDictionary.CreateBuilder<AppName, Route>();
        foreach (var document in Routes)
        {
            var route = document?.ToRoute() ?? throw new FormatException("A route is null.");
            if (!routes.TryAdd(route.App, route)) throw new FormatException($"Two routes of the app '{route.App}'.");
        }
        return new()
        {
            Number = Number,
            Routes = routes.ToImmutable(),
            Removed = [.. (Removed ?? []).TakeLast(RouteTable.RemovedKept).Select(removed => removed is null
                ? throw new FormatException("A removed app is null.")
                : new RemovedApp(AppName.Parse(removed.App), removed.Generation))],
        };
    }
}

internal sealed record RouteDocument(string Deployment, IReadOnlyList<string> Targets, long Turn = 0)
{
    public Route ToRoute()
    {
        var deployment = DeploymentId.Parse(Deployment);
        if (Targets is not { Count: <= TableDocument.MostTargets }) throw new FormatException($"A route has at most {TableDocument.MostTargets} targets.");
        return new(deployment, [.. Targets.Select(text => Uri.TryCreate(text, UriKind.Absolute, out var target) && RouteTable.IsTarget(target)
            ? target
            : throw new FormatException($"A target of '{deployment}' is not an absolute http(s) address without user, query and fragment.")).Distinct()], Turn);
    }
}

internal sealed record RemovedDocument(string App, int Generation);

/// <summary>The answer to a table: the number in force. Refused when it is not the one that was sent.</summary>
internal sealed record TableAnswer(long Number);

internal sealed record RouterStatus(int ProcessId, long Number, string Settings, int InFlight);

internal sealed record DrainRequest(IReadOnlyList<string> Targets, double DeadlineSeconds);

internal sealed record DrainAnswer(int InFlight);

/// <summary>When apps were last visited, in seconds since 1970.</summary>
internal sealed record VisitsDocument(IReadOnlyDictionary<string, long> Visits)
{
    public static VisitsDocument From(IReadOnlyDictionary<AppName, DateTimeOffset> visits) => new(visits.ToDictionary(v => v.Key.ToString(), v => v.Value.ToUnixTimeSeconds()));

    /// <exception cref="FormatException">Says what is wrong with it.</exception>
    public IReadOnlyDictionary<AppName, DateTimeOffset> ToVisits()
    {
        if (Visits.Count > TableDocument.MostRoutes) throw new FormatException($"At most {TableDocument.MostRoutes} apps are visited.");
        return Visits.ToDictionary(v => AppName.Parse(v.Key), v => v.Value is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(v.Value) : throw new FormatException("A visit is in no year."));
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(TableDocument))]
[JsonSerializable(typeof(TableAnswer))]
[JsonSerializable(typeof(RouterStatus))]
[JsonSerializable(typeof(DrainRequest))]
[JsonSerializable(typeof(DrainAnswer))]
[JsonSerializable(typeof(VisitsDocument))]
[JsonSerializable(typeof(RouterSettings))]
internal sealed partial class RouterJson : JsonSerializerContext;
