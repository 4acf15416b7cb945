using Flow.Storage;

namespace Flow.Testing.Simulation.Planting;

/// <summary>The store, and what is written to it.</summary>
internal sealed partial class PlantedFault
{
    /// <summary>Lives in <see cref="SharedStore"/>: what such a commit leads to must be seen, too.</summary>
    public static readonly PlantedFault FenceOff = new("fence-off", "The store accepts commits of those who have lost their stream.",
        "A node that slept overwrites what its successor did: two deployments at once.");

    public static readonly PlantedFault AckBeforeDurable = new("ack-before-durable", "One post in twenty is acknowledged and not written.",
        "A webhook is answered 202 and lost in the crash that follows; a person's request has no effect and no answer.")
    {
        Store = (world, right) => new BrokenStore(right) { Commits = commit => commit.Change is null && world.OneIn(20) ? new(new CommitResult(CommitStatus.Ok)) : right.CommitAsync(commit, default) },
    };

    public static readonly PlantedFault AckBeforeCommit = new("ack-before-commit", "A request is answered and completed in a write of its own, before the change: a crash in between loses the change.",
        "\"It will be done\", says the answer, and nothing is.")
    {
        Store = (world, right) => new BrokenStore(right) { Commits = commit => commit is { Change: { } change, Answers.Count: > 0 } && world.OneIn(10) ? AckAndCrash(right, commit, change) : right.CommitAsync(commit, default) },
    };

    public static readonly PlantedFault AckAfterCommit = new("ack-after-commit", "An input is completed in a write of its own, after the change: a crash in between handles it twice.",
        "One request to restart or to change config is done twice.")
    {
        Commit = (world, commit) => commit.Complete.Count > 0 && world.OneIn(40) ? commit with { Complete = [] } : commit,
    };

    public static readonly PlantedFault KeyTakenTwice = new("key-taken-twice", "A key that is taken is taken again.", "A delivery that the sender repeats after a slow answer deploys twice.")
    {
        Store = (_, right) => new BrokenStore(right)
        {
            Commits = async commit => await right.CommitAsync(commit, default) is { Status: not CommitStatus.KeyTaken } result ? result : await right.CommitAsync(commit with { Reserve = [] }, default),
        },
    };

    public static readonly PlantedFault OwesForgotten = new("owes-forgotten", "Commits never say that an effect is owed.", "What a crash interrupts stays interrupted: a run says \"running\" for ever.")
    {
        Commit = (_, commit) => commit.Change is { } change ? commit with { Change = change with { Owes = false } } : commit,
    };

    /// <summary>Lives in <see cref="SharedStore"/>.</summary>
    public static readonly PlantedFault MessageLost = new("message-lost", "One message in fifty is lost.", "A crash between a row and its queue: the run has ended, and its app waits for ever.");

    public static readonly PlantedFault TimerForgotten = new("timer-forgotten", "One timer in five is lost.", "A back-off that never ends; a deadline that nobody keeps.")
    {
        Commit = (world, commit) => commit with { Enqueue = [.. commit.Enqueue.Where(w => w.After <= TimeSpan.Zero || !world.OneIn(5))] },
    };

    /// <summary>Lives in <see cref="SharedStore"/>.</summary>
    public static readonly PlantedFault MessagesApart = new("messages-apart", "Messages go out although their commit was refused.", "An app is told that a run has ended which goes on elsewhere.");

    public static readonly PlantedFault EventMissing = new("event-missing", "One change in forty is stored without its events.", "History, audit and every reader of the feed tell another story than the state.")
    {
        Commit = (world, commit) => commit.Change is { Events.Count: > 0 } change && world.OneIn(40) ? commit with { Change = change with { Events = [] } } : commit,
    };

    public static readonly PlantedFault SnapshotMissing = new("snapshot-missing", "One change in forty is on record and not in the state.", "After the next load, what was decided has never happened.")
    {
        Commit = (world, commit) => commit.Change is { Snapshot: not null, ExpectedVersion: > 0 } change && world.OneIn(40) ? commit with { Change = change with { Snapshot = null } } : commit,
    };

    public static readonly PlantedFault InputsOutOfOrder = new("inputs-out-of-order", "Inputs are handled newest first.", "A cancellation overtakes the run that it is for, and the run is never told.")
    {
        Store = (_, right) => new BrokenStore(right) { Reads = async (claim, max) => [.. (await right.ReadWorkAsync(claim, 32, default)).Reverse().Take(max)] },
    };

    public static readonly PlantedFault LossUnnoticed = new("loss-unnoticed", "Renewing a lease says yes, and renews nothing.", "A node that has lost its streams holds on to them, and their successors start everything anew every 15 seconds.")
    {
        Store = (_, right) => new BrokenStore(right) { Renews = _ => true },
    };

    private static async ValueTask<CommitResult> AckAndCrash(IFlowStore right, FlowCommit commit, StreamChange change)
    {
        // The crash is told as a lost stream: whoever comes next starts from what is stored.
        var nothing = new StreamChange { Claim = change.Claim, ExpectedVersion = change.ExpectedVersion, Owes = change.ExpectedVersion > 0, Unwritten = change.ExpectedVersion == 0 };
        var result = await right.CommitAsync(new() { Change = nothing, Complete = commit.Complete, Answers = commit.Answers }, default);
        return result.Status == CommitStatus.Ok ? new(CommitStatus.FenceLost) : result;
    }
}
