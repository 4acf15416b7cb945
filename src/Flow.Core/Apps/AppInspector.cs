using Flow.Engine;
using Flow.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Apps;

/// <summary>At each start: whatever should run is looked at, and started again if it does not (the machine was restarted).</summary>
internal sealed class AppInspector(FlowMailbox mailbox) : IEngineStarter
{
    public Task StartAsync(CancellationToken cancellationToken) => InspectAllAsync(cancellationToken);

    /// <summary>Whether something of an app may run, by its stored JSON: at a start, ten thousand that wait for their first approval cost no time.</summary>
    public static bool MayRun(ReadOnlyMemory<byte> snapshot) => Peek.HasAny(snapshot.Span, "current"u8, "slot"u8);

    public async Task InspectAllAsync(CancellationToken cancellationToken)
    {
        await foreach (var (stream, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, where: MayRun, cancellationToken: cancellationToken))
            if (app.Life == AppLife.Active && (app.Current is not null || app.Slot is not null)) await mailbox.PostAsync(stream, new InspectApp(), cancellationToken: cancellationToken);
    }
}

/// <summary>And on a timer: a process's supervisor may be killed at any time, and nobody would tell.</summary>
internal sealed partial class AppInspectionLoop(
    AppInspector inspector, IStoreOwnership ownership, IOptions<FlowOptions> options, TimeProvider time, ILogger<AppInspectionLoop> logger)
    : PeriodicWork(ownership, time, options.Value.InspectInterval)
{
    internal override Task RoundAsync(CancellationToken cancellationToken) => inspector.InspectAllAsync(cancellationToken);

    protected override void CutShort(Exception trouble) => LogTrouble(trouble);

    [LoggerMessage(1161, LogLevel.Warning, "The apps could not be inspected; they are again on time.")]
    private partial void LogTrouble(Exception trouble);
}
