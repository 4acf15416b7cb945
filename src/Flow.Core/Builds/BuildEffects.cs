using Flow.Engine;
using Flow.Runs.Steps;
using Flow.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Builds;

/// <summary>Builds, as many at once as this host may.</summary>
internal sealed partial class BuildEffects(Providers providers, IOptions<FlowOptions> options, TimeProvider time, ILogger<BuildEffects> logger) : IEffectPerformer<BuildState>, IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FetchPatience = TimeSpan.FromMinutes(10);
    private readonly SemaphoreSlim room = new(options.Value.MaxConcurrentBuilds);

    public async Task<Input> PerformAsync(EffectContext context, BuildState state, Effect effect, CancellationToken unwanted)
    {
        try
        {
            return effect switch
            {
                ExecuteBuild build => await BuildAsync(build, unwanted),
                StopBuild stop => await StopAsync(stop, unwanted),
                _ => throw new InvalidOperationException($"Nobody does {effect.IdempotencyKey}."),
            };
        }
        catch (FlowException trouble) when (effect is ExecuteBuild)
        {
            return new BuildAttemptFailed(trouble.ToFailure(), Unsure: true);
        }
        catch (Exception bug) when (effect is ExecuteBuild && bug is not OutOfMemoryException && !(bug is OperationCanceledException && unwanted.IsCancellationRequested))
        {
            LogBug(context.Stream, bug);
            // A cancellation that nobody here asked for is the adapter's own time-out: that may pass.
            return new BuildAttemptFailed(new("builder-threw", $"{bug.GetType().Name} in the builder; the host's log has the details.", Transient: bug is OperationCanceledException), Unsure: true);
        }
    }

    private async Task<Input> BuildAsync(ExecuteBuild build, CancellationToken unwanted)
    {
        await room.WaitAsync(unwanted);
        try
        {
            var order = build.Order;
            if (!Isolation.Allows(order.Revision.Trust, providers.Get<IBuilder>(order.Builder).IsolatesUntrusted)) return new BuildAttemptFailed(Isolation.Refusal("builder", order.Builder));
            // None of this is the build's time: a source that is away says nothing about the code.
            var source = await Patience.AskAsync($"hand over {order.Revision.Sha.Short} (source '{order.Source}')",
                async token => await providers.Get<ISourceProvider>(order.Source).FetchAsync(order.Repository, order.Revision.Sha, token), time, unwanted, FetchPatience, "source-timeout");
            // The builder keeps the limit; this is for one that does not answer any more.
            using var deadline = new CancellationTokenSource(order.Timeout + Grace, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted, deadline.Token);
            WorkStatus<Artifact> status;
            try
            {
                var request = new BuildRequest
                {
                    Id = build.BuildId,
                    Source = source,
                    Revision = order.Revision,
                    Repository = order.Repository,
                    CacheKey = $"{order.Pipeline}-{order.Revision.Trust.ToString().ToLowerInvariant()}",
                    Log = RunLogs.OfBuild(build.Key, build.Attempt),
                    Buildpacks = order.Buildpacks,
                    Stack = order.Stack,
                    Timeout = order.Timeout,
                };
                var builder = providers.Get<IBuilder>(order.Builder);
                status = await Following.Async(() => builder.BuildAsync(request, either.Token), time, either.Token);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !unwanted.IsCancellationRequested)
            {
                return new BuildAttemptFailed(new("build-timeout", $"The build did not end within {order.Timeout}."), Unsure: true);
            }
            return status.Value is { } artifact ? new BuildCompleted(artifact) : new BuildAttemptFailed(status.Failure!);
        }
        finally
        {
            room.Release();
        }
    }

    private Task<Input> StopAsync(StopBuild stop, CancellationToken unwanted) => Patience.AskAsync<Input>($"stop build {stop.BuildId}", async token =>
    {
        await providers.Get<IBuilder>(stop.Order.Builder).StopAsync(stop.BuildId, token);
        return new BuildStopped();
    }, time, unwanted);

    public void Dispose() => room.Dispose();

    [LoggerMessage(1120, LogLevel.Error, "{Build}: the builder threw.")]
    private partial void LogBug(StreamId build, Exception bug);
}
