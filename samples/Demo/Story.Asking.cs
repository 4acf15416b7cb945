using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Flow.Samples.Demo;

/// <summary>How the story finds out: it asks the URLs, and the host.</summary>
internal sealed partial class Story
{
    /// <summary>A file that makes another artifact.</summary>
    private static (string Path, string? Text) Version(int number) =>
        ("Version.cs", string.Create(CultureInfo.InvariantCulture, $"internal static class Version {{ public const int Number = {number}; }}\n"));

    private void Count(Hammer hammer)
    {
        facts.Requests += hammer.Requests;
        facts.FailedRequests += hammer.Failed;
    }

    private async Task<JsonElement> ReleaseAsync(string app, int number, string state)
    {
        JsonElement found = default;
        await UntilAsync(async () =>
        {
            if (await world.Paas.AppAsync(app, stop) is not { } now) return false;
            found = now.GetProperty("releases").EnumerateArray().FirstOrDefault(r => r.GetProperty("number").GetInt32() == number);
            return found.ValueKind == JsonValueKind.Object && found.GetProperty("state").GetString() == state;
        }, $"v{number} of {app} is {state}");
        return found;
    }

    /// <summary>Waits until the app's URL answers with this commit.</summary>
    private async Task<JsonElement> AnswersAsync(string app, string commit)
    {
        JsonElement answer = default;
        await UntilAsync(async () => (answer = await GetAsync(app)).ValueKind == JsonValueKind.Object && answer.GetProperty("commit").GetString() == commit, $"{app} answers with {commit[..7]}");
        return answer;
    }

    private async Task<JsonElement> GetAsync(string app)
    {
        using var http = world.Paas.ClientOf(app);
        using var answer = await http.GetAsync(new Uri("/", UriKind.Relative), stop);
        return answer.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(stop)) : default;
    }

    private async Task<int> BuildsOfAsync(string commit) => (await AllEventsAsync()).Count(e => e.Type == "build.built" && e.Data.Contains(commit, StringComparison.Ordinal));

    private async Task<bool> StepsInOrderAsync(string run, params string[] steps)
    {
        var done = (await AllEventsAsync()).Where(e => e.Type == "run.step-succeeded" && e.Stream.StartsWith(run, StringComparison.Ordinal))
            .Select(e => JsonSerializer.Deserialize<JsonElement>(e.Data).GetProperty("step").GetString()).Where(s => steps.Contains(s));
        return done.SequenceEqual(steps);
    }

    private async Task<List<PaasEvent>> AllEventsAsync()
    {
        List<PaasEvent> all = [];
        while (await world.Paas.EventsAsync(all.Count == 0 ? 0 : all[^1].Position, stop) is { Count: > 0 } page) all.AddRange(page);
        return all;
    }

    private static async Task UntilAsync(Func<Task<bool>> so, string what, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!await so())
        {
            if (watch.Elapsed > Patience) throw new StoryException($"Not within {Patience.TotalMinutes} minutes: {what}.");
            await Task.Delay(100, cancellationToken);
        }
    }

    private Task UntilAsync(Func<Task<bool>> so, string what) => UntilAsync(so, what, stop);

    private static void Hold(bool held, string what)
    {
        if (!held) throw new StoryException($"It did not hold: {what}.");
        Narrator.Held(what);
    }
}
