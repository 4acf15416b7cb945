namespace Flow.Testing.Simulation;

/// <summary>Something that must hold at every step of every simulation.</summary>
/// <param name="Name">As it is named when it is violated.</param>
/// <param name="Meaning">What must hold.</param>
public sealed record FlowInvariant(string Name, string Meaning);

/// <summary>Everything that a simulation checks.</summary>
public static class FlowInvariants
{
    internal static readonly FlowInvariant OneEffect = new("one effect", "For each app, release and step at most one effect is committed; no run ends twice; a command is started once.");
    internal static readonly FlowInvariant OneChange = new("one change at a time", "At most one run changes an app; the next begins only when the work of the last has stopped.");
    internal static readonly FlowInvariant NewestHead = new("newest head", "When all has settled, each app serves the head of its branch or proposal, whatever the order of events was.");
    internal static readonly FlowInvariant NoOlderHead = new("no older head", "No older head is released after a newer one, except by a rollback; changed config or a restart never changes the code.");
    internal static readonly FlowInvariant Hold = new("hold", "An app on hold is never deployed automatically, and one that was rolled back is on hold until somebody resumes.");
    internal static readonly FlowInvariant NoLeak = new("no leak", "Nothing exists outside that the ledger of a living app does not own: processes, add-ons, routes, commands, builds.");
    internal static readonly FlowInvariant NoWrongDeletion = new("no wrong deletion", "Nothing is stopped or removed without positive evidence: not what serves, not the add-on of an app that lives, not an app whose proposal is open.");
    internal static readonly FlowInvariant Consequence = new("consequence", "Every acknowledged input is answered and has its consequence; what is stored is the fold of the events on record.");
    internal static readonly FlowInvariant WayOut = new("a way out", "After every commit, a stream that is not at rest owes an effect or has an input or a timer to come; only a person's answer may be waited for without one.");
    internal static readonly FlowInvariant Liveness = new("liveness", "After the faults have stopped, everything settles within three hours of virtual time.");
    internal static readonly FlowInvariant Serves = new("serves", "When all has settled, exactly the current release runs, as wanted, and its route leads to it.");
    internal static readonly FlowInvariant Trust = new("trust", "Nothing that somebody set on an app reaches code that nobody vouches for; such code never reaches a permanent stage; no secret is stored in plain text.");
    internal static readonly FlowInvariant Fence = new("fence", "No commit is accepted from a node that has lost its stream, whatever it slept through and whatever its clock says.");
    internal static readonly FlowInvariant Clock = new("clock", "No run gives up waiting before its time, however the wall clocks jump.");
    internal static readonly FlowInvariant StepOrder = new("step order", "A run does its steps in their order: the release phase before the traffic is led over, the old processes last; code that fails on the way never serves.");
    internal static readonly FlowInvariant Gates = new("gates", "No run passes a gate without what the gate asks for, or a person who overrides it.");
    internal static readonly FlowInvariant SameArtifact = new("same artifact", "A promotion brings exactly the artifact that was proven, and brings it once.");
    internal static readonly FlowInvariant PostDeployOnce = new("postdeploy once", "In one life of an app postdeploy succeeds once; once it has, or nobody knows how it ended, it is not started again. The hook runs once in each deployment that has one.");
    internal static readonly FlowInvariant LastWord = new("last word", "pr-predestroy is tried before anything of its app is removed, never runs after that, and keeps no teardown waiting for long.");
    internal static readonly FlowInvariant RequiredConfig = new("required config", "No release is made, and so nothing intended or created, for code that requires config which nobody supplies, or whose app.json is no good.");
    internal static readonly FlowInvariant GeneratedOnce = new("generated once", "A generated secret stays the same as long as its app lives.");
    internal static readonly FlowInvariant ConfigLayers = new("config layers", "A release's config is what its layers say: a person's word, the stage's, the declaration's, the manifest's; a change by a person changes what they said and nothing else.");
    internal static readonly FlowInvariant PersonsWord = new("a person's word", "What a person set on an app stays until a person changes it, or its code asks to keep that var in step.");
    internal static readonly FlowInvariant NothingNew = new("nothing new", "A head is passed over only when what matters of it serves already.");
    internal static readonly FlowInvariant Approval = new("approval", "Code that nobody vouches for is neither built nor run unless a maintainer approved exactly that commit.");
    internal static readonly FlowInvariant Room = new("room", "Never more review apps are alive than the pipeline allows, those being torn down included.");
    internal static readonly FlowInvariant OnShow = new("on show", "A review app that is being torn down is on show in its pipeline until nothing is left of it, and that comes.");
    internal static readonly FlowInvariant Admission = new("admission", "When all has settled, each open proposal has its app, or waits for what it really lacks.");
    internal static readonly FlowInvariant Soundness = new("soundness", "No rule, effect or turn of the pump throws; only what nobody can read is rejected.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FlowInvariant> All { get; } =
        [OneEffect, OneChange, NewestHead, NoOlderHead, Hold, NoLeak, NoWrongDeletion, Consequence, WayOut, Liveness, Serves, Trust, Fence, Clock, StepOrder, Gates, SameArtifact,
        PostDeployOnce, LastWord, RequiredConfig, GeneratedOnce, ConfigLayers, PersonsWord, NothingNew,
        Approval, Room, OnShow, Admission, Soundness];
}
