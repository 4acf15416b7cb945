using Flow.Storage;
using Microsoft.Extensions.Logging;

namespace Flow.Engine;

/// <summary>
/// Moves one claimed stream forward: load, decide, commit; when the state owes an effect, perform it while going on to decide inputs.
/// Who calls it (a loop in this process, a grain in a cluster, a simulation on one thread) changes nothing.
/// </summary>
/// <remarks>No ConfigureAwait(false), no Task.Run and no clock but <see cref="TimeProvider"/> here: a simulation must own every turn.</remarks>
internal sealed partial class StreamPump(IFlowStore store, StreamKinds kinds, TimeProvider time, ILogger<StreamPump> logger)
{
    /// <summary>Long enough for a busy machine to renew in time, short enough that a dead node's streams move on soon.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TroubleBackOff = TimeSpan.FromSeconds(5);

    public async Task PumpAsync(Claim claim, CancellationToken stopping)
    {
        var (back, claimed) = (TimeSpan.Zero, time.GetTimestamp());
        try
        {
            var record = await store.LoadAsync(claim.Stream, stopping);
            var kind = kinds.Of(claim.Stream);
            var turn = new StreamTurn(store, kinds, time, logger, claim, claimed, kind, record is null ? kind.Initial : kind.ReadState(record.Snapshot), record?.Version ?? 0);
            await turn.RunAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { }
        catch (Exception trouble) when (trouble is not OutOfMemoryException)
        {
            // The store failed, or an adapter threw where it must answer: nothing is lost, the stream is offered again.
            LogTrouble(claim.Stream, trouble);
            back = TroubleBackOff;
        }
        await store.ReleaseAsync(claim, back, CancellationToken.None);
    }

    [LoggerMessage(1001, LogLevel.Error, "{Stream} could not be moved on; it is offered again.")]
    private partial void LogTrouble(StreamId stream, Exception trouble);
}
