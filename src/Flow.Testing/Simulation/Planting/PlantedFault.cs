using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Storage;

namespace Flow.Testing.Simulation.Planting;

/// <summary>
/// Something broken on purpose, to prove that the simulation can see it. It is planted at the seams (around the rules, the store, the providers): the engine
/// itself has no switch, and without a fault nothing is rolled, so that the traces of healthy seeds stay as they are.
/// </summary>
/// <param name="name">As it is called.</param>
/// <param name="broken">What is broken.</param>
/// <param name="harm">What it would mean in production.</param>
internal sealed partial class PlantedFault(string name, string broken, string harm)
{
    public static readonly PlantedFault None = new("none", "Nothing.", "Nothing.");

    public string Name => name;
    public string Broken => broken;
    public string Harm => harm;

    public BrokenRules<PipelineState>? Pipeline { get; init; }
    public BrokenRules<AppState>? App { get; init; }
    public BrokenRules<RunState>? Run { get; init; }
    public BrokenRules<BuildState>? Build { get; init; }

    /// <summary>What of a commit reaches the store.</summary>
    public Func<World, FlowCommit, FlowCommit>? Commit { get; init; }

    /// <summary>The store that answers.</summary>
    public Func<World, IFlowStore, IFlowStore>? Store { get; init; }

    /// <summary>The provider or gate that answers.</summary>
    public Func<Outside, object, object>? Provider { get; init; }

    /// <summary>The whole catalogue: each of these is found.</summary>
    public static IReadOnlyList<PlantedFault> All =>
    [
        FenceOff, AckBeforeDurable, AckBeforeCommit, AckAfterCommit, KeyTakenTwice, OwesForgotten, MessageLost, TimerForgotten, MessagesApart, EventMissing, SnapshotMissing, InputsOutOfOrder, LossUnnoticed,
        OutageLooksEmpty, IncompleteIsEvidence, MissingOnceIsClosed, BrakeOff, HintsOnly, ApprovalOutlivesCommit,
        NewestByArrival, SupersededGoesOn, HoldIgnored, RollbackWithoutHold, CodeOfNewestRelease, PromotionRebuilt, PromotionTwice, LedgerAfterCreation, LedgerForgottenEarly, RebirthForgotten,
        SlotFreedEarly, CancelUnheard, StopsNothing, ReleaseExitIgnored, ReleaseAfterSwitch, RetiredBeforeSwitch, UnknownRepeated, RetireGivesUp, TeardownGivesUp, TrustLost,
        LateCallsRevive, StoppedByName, RemovedByName, IdPerCall, HealthIgnored, ApprovalNotAsked, ChecksNotAsked,
        SetUpForgotten, VanishedIsFailed, HookForgotten, LastWordTooLate, LastWordUnsaid, RequiredIgnored, BrokenIsNone, SecretAnew, ManifestFirst, RemovedStays, RollbackWithoutConfig, NothingIsEverNew, AddOnForgotten,
        EverybodyVouched, PersonalGiven, RoomForAll, RoomTooEarly, TeardownHidden, PinForgotten, GoesUnsaid, StageConfigUntold,
    ];

    /// <summary>By its name, however it is written.</summary>
    public static PlantedFault? Find(string called) => All.Concat(Harmless).FirstOrDefault(f => Plain(f.Name) == Plain(called));

    public override string ToString() => name;

    public FlowCommit Alter(World world, FlowCommit commit) => Commit?.Invoke(world, commit) ?? commit;
    public IFlowStore Around(World world, IFlowStore store) => Store?.Invoke(world, store) ?? store;
    public IServiceProvider Around(Outside outside, IServiceProvider services) => Provider is null ? services : new BrokenServices(services, provider => Provider(outside, provider));

    public IStreamKind Around(IStreamKind kind) => kind.Name switch
    {
        PipelineDecider.Kind when Pipeline is { } rules => new BrokenKind<PipelineState>(kind, rules),
        AppDecider.Kind when App is { } rules => new BrokenKind<AppState>(kind, rules),
        RunDecider.Kind when Run is { } rules => new BrokenKind<RunState>(kind, rules),
        BuildDecider.Kind when Build is { } rules => new BrokenKind<BuildState>(kind, rules),
        _ => kind,
    };

    private static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
