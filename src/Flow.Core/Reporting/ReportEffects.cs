using Flow.Engine;
using Flow.Routing;
using Flow.Runs.Steps;
using Microsoft.Extensions.Logging;

namespace Flow.Reporting;

/// <summary>Tells one reporter one state.</summary>
internal sealed partial class ReportEffects(Providers providers, IRouter router, TimeProvider time, ILogger<ReportEffects> logger) : IEffectPerformer<ReportState>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<Input> PerformAsync(EffectContext context, ReportState state, Effect effect, CancellationToken unwanted)
    {
        var deliver = (DeliverReport)effect;
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted, deadline.Token);
        try
        {
            await providers.Get<IStatusReporter>(deliver.Reporter).ReportAsync(deliver.Report with { Url = router.UrlOf(deliver.Report.App) }, either.Token);
            return new ReportDelivered(deliver.Number, deliver.Reporter);
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
        {
            throw;
        }
        catch (FlowException trouble)
        {
            LogTrouble(deliver.Reporter, deliver.Report.Run, trouble);
            return new ReportFailed(deliver.Number, deliver.Reporter, trouble.ToFailure());
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            LogTrouble(deliver.Reporter, deliver.Report.Run, bug);
            return new ReportFailed(deliver.Number, deliver.Reporter, new("reporter-threw", $"{bug.GetType().Name}; the host's log has the details.", Transient: true));
        }
    }

    [LoggerMessage(1150, LogLevel.Warning, "Reporter {Reporter} could not tell how {Run} stands; it is tried again apart from the run.")]
    private partial void LogTrouble(string reporter, Runs.RunId run, Exception trouble);
}
