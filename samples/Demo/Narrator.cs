using System.Diagnostics;
using System.Text.Json;

namespace Flow.Samples.Demo;

/// <summary>Says what happens, while it happens.</summary>
internal static class Narrator
{
    private static readonly Stopwatch Watch = Stopwatch.StartNew();
    private static readonly bool Colours = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    public static void Chapter(string title) => Write("\n" + Bold(title));
    public static void Say(string line) => Write($"{Stamp} {line}");
    public static void Held(string line) => Write($"{Stamp} {Paint("✓", 32)} {line}");
    public static void Fail(string line) => Write($"{Stamp} {Paint("✗", 31)} {line}");

    /// <summary>Follows the engine's event feed until cancelled.</summary>
    public static async Task FollowAsync(PaasProcess paas, CancellationToken cancellationToken)
    {
        var after = 0L;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                foreach (var happened in await paas.EventsAsync(after, cancellationToken))
                {
                    after = happened.Position;
                    if (Told(happened) is { } line) Write($"{Stamp}   {Paint(line, 90)}");
                }
            }
            catch (HttpRequestException) { }   // the host is away: it comes back
            await Task.Delay(100, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string? Told(PaasEvent happened)
    {
        using var json = JsonDocument.Parse(happened.Data);
        var data = json.RootElement;
        var subject = happened.Stream[(happened.Stream.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return happened.Type switch
        {
            "pipeline.head-moved" => $"{subject}: saw {Text("branch")} at {Text("commit")[..7]}",
            "pipeline.proposal-seen" => $"{subject}: saw proposal {data.GetProperty("proposal").GetProperty("key").GetString()}",
            "pipeline.proposal-closed" => $"{subject}: proposal {Text("key")} is closed ({Text("evidence")})",
            "run.step-succeeded" => $"{subject}: {Text("step")} done. {Short(Text("output"))}",
            "run.step-given-up" => $"{subject}: {Text("step")} failed, and nothing is taken back: {Short(Text("reason"))}",
            "run.parked" => $"{subject}: waits: {Short(data.GetProperty("reason").GetProperty("for").GetString()!)}",
            "run.stopping" => $"{subject}: stops: {Short(Text("reason"))}",
            "build.built" => $"built {data.GetProperty("artifact").GetProperty("digest").GetString()![..19]}",
            "app.release-created" => $"{subject}: v{data.GetProperty("release").GetProperty("number").GetInt32()} begun",
            "app.release-succeeded" => $"{subject}: v{data.GetProperty("number").GetInt32()} serves",
            "app.release-failed" => $"{subject}: v{data.GetProperty("number").GetInt32()} failed, the one before goes on",
            "app.destroyed" => $"{subject}: destroyed",
            _ => null,
        };

        string Text(string name) => data.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
    }

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 110 ? line : line[..110] + "...";
    }

    private static string Stamp => Paint($"[{Watch.Elapsed.TotalSeconds,6:0.0}s]", 90);
    private static string Bold(string text) => Paint(text, 1);
    private static string Paint(string text, int code) => Colours ? $"\u001b[{code}m{text}\u001b[0m" : text;

    private static void Write(string line)
    {
        lock (Watch) Console.WriteLine(line);
    }
}
