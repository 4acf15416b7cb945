using System.Text.Json;
using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Microsoft.Extensions.Logging;

namespace Flow.Secrets;

/// <summary>Walks over everything that keeps ciphertexts; each stream changes its own, in commits of its own.</summary>
internal sealed partial class SecretKeys(FlowMailbox mailbox, ILogger<SecretKeys> logger, ISecretProtector? protector = null) : ISecretKeys, IDisposable
{
    // A message and an event hold at most so many pairs, and so much text unless one pair is longer.
    private const int MostPairs = 100;
    private const int MostText = 256 * 1024;

    private readonly SemaphoreSlim one = new(1, 1);

    public async ValueTask<RewrapReport> RewrapAsync(bool rotateFirst, CancellationToken cancellationToken = default)
    {
        if (protector is not ISecretRotation rotation)
            throw new FlowException("secret-rotation-unavailable", "The keys of secrets can be changed when the host has a protector with ISecretRotation, such as .UseDataProtection() of Flow.AspNetCore.");
        // Two at once would each encrypt the same secrets.
        await one.WaitAsync(cancellationToken);
        try
        {
            if (rotateFirst)
            {
                await rotation.RotateAsync(cancellationToken);
                LogRotated();
            }
            var walk = new RewrapWalk(rotation);
            // Before the apps, which hear of it from their pipelines, too.
            await foreach (var (stream, pipeline) in mailbox.ListAsync<PipelineState>(PipelineDecider.Kind, whole: true, cancellationToken: cancellationToken))
                await TellAsync(stream, walk, PipelineDecider.CiphertextsOf(PipelineName.Parse(stream.Key), pipeline), some => new RewrapStageConfig(some), cancellationToken);
            await foreach (var (stream, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, whole: true, cancellationToken: cancellationToken))
            {
                var name = AppName.Parse(stream.Key);
                var places = AppDecider.CiphertextsOf(app).Select(c => (c.Stage is { } stage ? ConfigSecrets.StagePurpose(stage.Pipeline, stage.Stage, c.Name) : ConfigSecrets.Purpose(name, c.Name), c.Ciphertext));
                await TellAsync(stream, walk, places, some => new RewrapConfig(some), cancellationToken);
            }
            var report = walk.Report();
            LogDone(report.Rewrapped, report.Current, report.Unreadable);
            return report;
        }
        catch (JsonException wreck)
        {
            throw new FlowException("state-unreadable", "A stored app or pipeline cannot be read, so its secrets cannot be encrypted anew; those before it are. The host's log has the details.", inner: wreck);
        }
        finally
        {
            one.Release();
        }
    }

    private async Task TellAsync(StreamId stream, RewrapWalk walk, IEnumerable<(string Purpose, string Ciphertext)> places, Func<IReadOnlyDictionary<string, string>, Input> say, CancellationToken cancellationToken)
    {
        var before = walk.Rewrapped;
        foreach (var some in Chunks(walk.Look(places.Distinct().ToList())))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Waited for: what is reported is committed.
            (await mailbox.AskAsync(stream, say(some), cancellationToken: cancellationToken)).OrThrow();
            walk.Rewrapped += some.Count;
        }
        if (walk.Rewrapped > before) LogStream(stream, walk.Rewrapped - before);
    }

    public void Dispose() => one.Dispose();

    internal static IEnumerable<IReadOnlyDictionary<string, string>> Chunks(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        Dictionary<string, string> some = [];
        var text = 0;
        foreach (var (old, now) in pairs)
        {
            if (some.Count == MostPairs || (some.Count > 0 && text + old.Length + now.Length > MostText))
            {
                yield return some;
                (some, text) = ([], 0);
            }
            some[old] = now;
            text += old.Length + now.Length;
        }
        if (some.Count > 0) yield return some;
    }

    [LoggerMessage(1170, LogLevel.Information, "Secrets have a new key: from now on they are encrypted with it.")]
    private partial void LogRotated();

    [LoggerMessage(1171, LogLevel.Information, "{Stream}: {Count} secrets are under the newest key now.")]
    private partial void LogStream(StreamId stream, int count);

    [LoggerMessage(1172, LogLevel.Information, "Every app has been looked at: {Rewrapped} secrets rewrapped, {Current} under the newest key before, {Unreadable} unreadable.")]
    private partial void LogDone(int rewrapped, int current, int unreadable);
}
