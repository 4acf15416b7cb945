using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flow.Samples.Demo;

/// <summary>What the story saw; printed as the last line of <c>./demo.sh --once</c>.</summary>
internal sealed class StoryFacts
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly Stopwatch watch = Stopwatch.StartNew();

    public bool Ok { get; private set; } = true;
    public double Seconds { get; private set; }
    public string? StagingDigest { get; set; }
    public string? ProductionDigest { get; set; }
    public int Builds { get; set; }
    public bool MissingConfigRefused { get; set; }
    public bool ReviewAppCreated { get; set; }
    public bool Injected { get; set; }
    public int PostdeployRuns { get; set; }
    public bool ManifestReread { get; set; }
    public bool PredestroyRan { get; set; }
    public bool ReviewDatabaseSeeded { get; set; }
    public bool ReviewDatabaseDropped { get; set; }
    public long PoolClaims { get; set; }
    public bool ReviewAppDestroyed { get; set; }
    public int Leftovers { get; set; }
    public long Requests { get; set; }
    public long FailedRequests { get; set; }
    public long Events { get; set; }
    public string? RolledBackTo { get; set; }
    public bool HeldDeployWaited { get; set; }
    public bool RollbackPreempted { get; set; }
    public int KillsSurvived { get; set; }
    public string? Problem { get; private set; }

    public void Break(string problem) => (Ok, Problem) = (false, Problem ?? problem);

    public StoryFacts Finish()
    {
        Seconds = Math.Round(watch.Elapsed.TotalSeconds, 1);
        return this;
    }
}

/// <summary>A part of the story did not hold.</summary>
internal sealed class StoryException(string message) : Exception(message);
