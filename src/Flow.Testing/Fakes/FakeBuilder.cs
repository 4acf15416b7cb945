using System.Security.Cryptography;
using System.Text;
using Flow.Builds;
using Flow.Sources;

namespace Flow.Testing.Fakes;

/// <summary>Builds at once, or as tests decide; counts.</summary>
public sealed class FakeBuilder : IBuilder
{
    /// <summary>Ids of builds that were asked for, every time.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Ids of builds that were stopped.</summary>
    public List<string> Stopped { get; } = [];

    /// <summary>What to answer instead of a finished artifact; null answers with one.</summary>
    public Func<BuildRequest, WorkStatus<Artifact>?>? Answer { get; set; }

    /// <summary>Process types of every artifact.</summary>
    public Dictionary<string, string> ProcessTypes { get; } = new() { ["web"] = "./web" };

    /// <inheritdoc/>
    public string Version => "fake 1";

    /// <inheritdoc/>
    public bool IsolatesUntrusted { get; set; }

    /// <inheritdoc/>
    public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => ValueTask.FromResult(new Detection(true, "anything"));

    /// <inheritdoc/>
    public ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken)
    {
        lock (Asked) Asked.Add(request.Id);
        return ValueTask.FromResult(Answer?.Invoke(request) ?? WorkStatus<Artifact>.Done(ArtifactOf(request.Source.TreeId, request.Revision, ProcessTypes)));
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(string buildId, CancellationToken cancellationToken)
    {
        lock (Asked) Stopped.Add(buildId);
        return ValueTask.CompletedTask;
    }

    /// <summary>The artifact of a tree: equal trees, equal digests.</summary>
    public static Artifact ArtifactOf(string tree, Revision revision, IReadOnlyDictionary<string, string> processTypes) => new()
    {
        Digest = ArtifactDigest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tree)))),
        Builder = "fake",
        ProcessTypes = new Dictionary<string, string>(processTypes),
        Trust = revision.Trust,
        Provenance = new() { Repository = "fake", Commit = revision.Sha, TreeId = tree, BuilderVersion = "fake 1", BuiltAt = DateTimeOffset.UnixEpoch },
        Size = 1,
    };
}
