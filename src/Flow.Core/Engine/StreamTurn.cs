using System.Text.Json;
using Flow.Diagnostics;
using Flow.Storage;
using Microsoft.Extensions.Logging;

namespace Flow.Engine;

/// <summary>One claim's worth of work.</summary>
internal sealed partial class StreamTurn(
    IFlowStore store, StreamKinds kinds, TimeProvider time, ILogger logger, Claim claim, long claimed, IStreamKind kind, object state, long version)
{
    private enum Step { Committed, Lost }

    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(30);
    private const int InputsAtOnce = 32;

    private long renewed = claimed;
    private bool over;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!over && !stopping.IsCancellationRequested)
        {
            if (!await KeepAsync(stopping)) return;
            // Inputs first: whoever cancels or supersedes must not wait behind the work that is to be stopped.
            var inputs = await store.ReadWorkAsync(claim, InputsAtOnce, stopping);
            foreach (var work in inputs)
            {
                if (await HandleAsync(work, stopping) == Step.Lost) return;
                if (over) return;
            }
            if (inputs.Count > 0) continue;
            if (kind.Next(claim.Stream, state) is not { } effect) return;
            if (await PerformAsync(effect, stopping) is { } result && await AdvanceAsync(result, null, stopping) == Step.Lost) return;
        }
    }

    /// <summary>Performs an effect beside further inputs; when they change what is owed, it is told to stop and its result is forgotten.</summary>
    private async Task<Input?> PerformAsync(Effect effect, CancellationToken stopping)
    {
        using var unwanted = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var told = new Sayings();
        var context = new EffectContext(claim.Stream, told.SayAsync);

        var running = kind.PerformAsync(context, state, effect, unwanted.Token);
        var (lost, hinted) = (false, false);
        try
        {
            while (!running.IsCompleted && !lost && IsOwed(effect))
            {
                if (told.Hear() is { } said)
                {
                    var committed = false;
                    try
                    {
                        lost = await AdvanceAsync(said.Input, null, stopping) == Step.Lost;
                        committed = !lost;
                    }
                    finally
                    {
                        said.Committed.TrySetResult(committed);
                    }
                }
                else if (!await KeepAsync(stopping)) lost = true;
                else if (await NextInputAsync(stopping) is { } work) (hinted, lost) = (false, await HandleAsync(work, stopping) == Step.Lost);
                // Woken for an input that is not there: the stream may be somebody else's by now, and then every wait is over at once.
                else if (hinted) (hinted, lost) = (false, !await RenewAsync(stopping));
                else hinted = await SomethingHappensAsync(running, told, stopping);
            }
        }
        finally
        {
            told.End();
            if (!running.IsCompleted)
            {
                unwanted.Cancel();
                if (!await EndsAsync(running)) LogDeaf(claim.Stream, effect.IdempotencyKey);
            }
        }
        if (lost) { over = true; return null; }
        if (!running.IsCompleted) return null;
        try
        {
            var result = await running;
            return IsOwed(effect) ? result : null;
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested) { stopping.ThrowIfCancellationRequested(); return null; }
    }

    /// <summary>Until the effect ends, says something, an input arrives (true), or the lease wants renewing.</summary>
    private async Task<bool> SomethingHappensAsync(Task running, Sayings told, CancellationToken stopping)
    {
        // None of these is woken by a cancellation: such a wait goes on on a foreign thread.
        var woken = new TaskCompletionSource();
        using var waiting = new CancellationTokenSource();
        await using var stop = stopping.Register(static woken => ((TaskCompletionSource)woken!).TrySetResult(), woken);
        await using var renewal = time.CreateTimer(static woken => ((TaskCompletionSource)woken!).TrySetResult(), woken, StreamPump.Lease / 3, Timeout.InfiniteTimeSpan);
        var input = store.WaitForWorkAsync(claim, waiting.Token);
        await Task.WhenAny(running, told.SomethingIsSaid(), input, woken.Task);
        var hinted = input.IsCompleted;
        waiting.Cancel();
        stopping.ThrowIfCancellationRequested();
        return hinted;
    }

    private bool IsOwed(Effect effect) => kind.Next(claim.Stream, state)?.IdempotencyKey == effect.IdempotencyKey;

    /// <summary>Whether an effect that is not wanted any more ends within the grace. Failing counts as ending.</summary>
    private async Task<bool> EndsAsync(Task running)
    {
        using var patience = new CancellationTokenSource();
        await Task.WhenAny(running, Task.Delay(CancelGrace, time, patience.Token));
        patience.Cancel();
        return running.IsCompleted;
    }

    private async Task<WorkItem?> NextInputAsync(CancellationToken stopping) =>
        (await store.ReadWorkAsync(claim, 1, stopping)) is [var work, ..] ? work : null;

    private async Task<bool> KeepAsync(CancellationToken stopping) => time.GetElapsedTime(renewed) < StreamPump.Lease / 3 || await RenewAsync(stopping);

    private async Task<bool> RenewAsync(CancellationToken stopping)
    {
        if (!await store.RenewAsync(claim, StreamPump.Lease, stopping)) return false;
        renewed = time.GetTimestamp();
        return true;
    }

    private async Task<Step> HandleAsync(WorkItem work, CancellationToken stopping)
    {
        Input input;
        try
        {
            input = kind.ReadInput(work.Input);
        }
        catch (JsonException unreadable)
        {
            return await RejectAsync(work, unreadable, stopping);
        }
        return await AdvanceAsync(input, work, stopping);
    }

    private async Task<Step> AdvanceAsync(Input input, WorkItem? work, CancellationToken stopping)
    {
        Decision decision;
        var next = state;
        try
        {
            decision = kind.Decide(claim.Stream, state, input, time.GetUtcNow());
            foreach (var happened in decision.Events) next = kind.Evolve(next, happened);
        }
        catch (Exception bug) when (work is not null && bug is not OutOfMemoryException)
        {
            return await RejectAsync(work, bug, stopping);
        }

        var changed = !ReferenceEquals(next, state);
        List<NewEvent> events = [.. decision.Events.Where(e => e is not IUnrecorded).Select(kind.WriteEvent)];
        var owes = !decision.Forgets && kind.Next(claim.Stream, next) is not null;
        // Whoever asks something of a stream that does not exist does not make it exist.
        var unwritten = version == 0 && !changed && !owes && events.Count == 0 && !decision.Forgets;
        var change = new StreamChange
        {
            Claim = claim,
            ExpectedVersion = version,
            Events = events,
            Snapshot = changed || (version == 0 && !unwritten) ? Written(next) : null,
            Owes = owes,
            Forget = decision.Forgets,
            Unwritten = unwritten,
        };
        var result = await CommitAsync(change, work, decision.Messages, decision.Answer, stopping);
        if (result == Step.Committed)
        {
            if (changed) kind.Committed(claim.Stream, state, next);
            (state, over) = (next, decision.Forgets);
        }
        return result;
    }

    // Typed: a null array would become an empty snapshot, and wipe the state.
    private ReadOnlyMemory<byte>? Written(object next) => kind.WriteState(next);

    /// <summary>An input that the rules cannot digest must not stop the stream for ever: it is put on record and answered as refused.</summary>
    private Task<Step> RejectAsync(WorkItem work, Exception bug, CancellationToken stopping)
    {
        LogRejected(claim.Stream, bug);
        var change = new StreamChange
        {
            Claim = claim,
            ExpectedVersion = version,
            Events = [new("engine.input-rejected", JsonSerializer.SerializeToUtf8Bytes(InputRejected.Of(bug), FlowJson.Default.InputRejected))],
            Snapshot = version == 0 ? Written(state) : null,
            Owes = kind.Next(claim.Stream, state) is not null,
        };
        return CommitAsync(change, work, [], Answer.Refused("internal-error", "The engine could not digest this request; the host's log has the details."), stopping);
    }

    private async Task<Step> CommitAsync(StreamChange change, WorkItem? work, IReadOnlyList<Message> messages, Answer? answer, CancellationToken stopping)
    {
        var commit = new FlowCommit
        {
            Change = change,
            Enqueue = messages.Count == 0 ? [] : [.. messages.Select(kinds.Write)],
            Complete = work is null ? [] : [work.Id],
            Answers = work?.RequestKey is { } key ? [new(key, JsonSerializer.SerializeToUtf8Bytes(answer ?? Answer.Ok(), FlowJson.Default.Answer))] : [],
        };
        var result = await store.CommitAsync(commit, stopping);
        if (result.Status == CommitStatus.Ok)
        {
            version = result.Version;
            FlowMetrics.Commits.Add(1, new KeyValuePair<string, object?>("flow.stream.kind", kind.Name));
            return Step.Committed;
        }
        LogLost(claim.Stream, result.Status);
        return Step.Lost;
    }

    [LoggerMessage(1002, LogLevel.Error, "{Stream} rejected an input that its rules cannot digest.")]
    private partial void LogRejected(StreamId stream, Exception bug);

    [LoggerMessage(1003, LogLevel.Information, "{Stream} belongs to somebody else now ({Status}).")]
    private partial void LogLost(StreamId stream, CommitStatus status);

    [LoggerMessage(1004, LogLevel.Warning, "{Stream}: effect {Effect} does not end although it is not wanted any more; left behind.")]
    private partial void LogDeaf(StreamId stream, string effect);
}

/// <summary>On record when an input could not be digested.</summary>
internal sealed record InputRejected(string Error, string Message)
{
    private const int LongestMessage = 500;

    /// <summary>Messages about JSON repeat the whole path to what is wrong with it.</summary>
    public static InputRejected Of(Exception bug) => new(bug.GetType().Name, bug.Message.Length > LongestMessage ? bug.Message[..LongestMessage] : bug.Message);
}
