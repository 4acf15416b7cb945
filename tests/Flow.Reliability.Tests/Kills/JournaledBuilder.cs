using System.Diagnostics;
using Flow.Builds;
using Flow.Sources;
using Flow.Testing.Fakes;

namespace Flow.Reliability.Tests.Kills;

/// <summary>Builds nothing in up to 40 ms; each build that was begun is in the journal once.</summary>
internal sealed class JournaledBuilder(Journal journal) : IBuilder
{
    public const string Build = "build";
    private readonly Lock gate = new();
    private readonly HashSet<string> begun = [.. journal.Lines.Where(l => l[0] == Build).Select(l => l[1])];
    private readonly Dictionary<string, long> asked = [];

    public string Version => "1";
    public bool IsolatesUntrusted => false;

    public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => new(new Detection(true, "anything"));

    public ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (begun.Add(request.Id)) journal.Write(Build, request.Id);
            asked.TryAdd(request.Id, Stopwatch.GetTimestamp());
            return new(Stopwatch.GetElapsedTime(asked[request.Id]).TotalMilliseconds < request.Id.Sum(c => c) * 7 % 41
                ? WorkStatus<Artifact>.Running(TimeSpan.FromMilliseconds(3))
                : WorkStatus<Artifact>.Done(FakeBuilder.ArtifactOf(request.Source.TreeId, request.Revision, new Dictionary<string, string> { ["web"] = "./web", ["release"] = "./migrate" })));
        }
    }

    public ValueTask StopAsync(string buildId, CancellationToken cancellationToken) => default;
}
