using Flow.Engine;

namespace Flow.Apps;

/// <summary>At each start: whatever should run is looked at, and started again if it does not (the machine was restarted).</summary>
internal sealed class AppInspector(FlowMailbox mailbox) : IEngineStarter
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await foreach (var (stream, app) in mailbox.ListAsync<AppState>(AppDecider.Kind, cancellationToken: cancellationToken))
            if (app.Life == AppLife.Active && (app.Current is not null || app.Slot is not null)) await mailbox.PostAsync(stream, new InspectApp(), cancellationToken: cancellationToken);
    }
}
