namespace Flow.Testing.Simulation;

/// <summary>Something rare that a campaign must meet, or it has proved little.</summary>
/// <param name="Name">As it is counted.</param>
/// <param name="Meaning">When it is counted.</param>
public sealed record FlowSituation(string Name, string Meaning);

/// <summary>The rare situations that a simulation counts whenever they really occur.</summary>
public static class FlowSituations
{
    /// <summary>A campaign of <see cref="PerSeeds"/> seeds must meet each situation so often.</summary>
    public const int AtLeast = 100;

    /// <summary>Smaller campaigns are not judged by what they meet.</summary>
    public const int PerSeeds = 20_000;

    internal const string RollbackDuringDeploy = "rollback during a deploy";
    internal const string RolledBack = "rolled back";
    internal const string CancelMidEffect = "cancel in mid-effect";
    internal const string Superseded = "head superseded";
    internal const string SupersededAtGate = "head superseded at its gate";
    internal const string GateOverridden = "gate overridden";
    internal const string WaitingHead = "hold with a waiting head";
    internal const string TrafficBack = "traffic led back";
    internal const string Unknown = "outcome unknown";
    internal const string HostStepFailed = "host step failed";
    internal const string HostStepWaited = "host step waited";
    internal const string ReporterFailed = "reporter failed";
    internal const string ReleaseFailed = "release phase failed";
    internal const string Unhealthy = "never healthy";
    internal const string Refused = "request refused";
    internal const string Repeated = "request repeated under its key";
    internal const string ConfigDuringDeploy = "config change during a deploy";
    internal const string ScaleDuringDeploy = "scale during a deploy";
    internal const string DestroyDuringDeploy = "destroy in mid-deploy";
    internal const string TeardownRetried = "teardown tried again";
    internal const string ReopenedInTeardown = "reopened in mid-teardown";
    internal const string Reborn = "reborn after a teardown";
    internal const string Promoted = "promoted";
    internal const string PromotionToSeveral = "promotion to several targets";
    internal const string BuildShared = "build shared by two runs";
    internal const string BuildBroken = "build failed";
    internal const string BuildAbandoned = "build abandoned";
    internal const string UntrustedRun = "untrusted revision";
    internal const string ApprovalVoided = "approval voided by a new push";
    internal const string SecretGiven = "secret given to trusted code";
    internal const string PostDeployFailed = "postdeploy failed";
    internal const string PostDeployAgain = "postdeploy run again by a later push";
    internal const string PostDeployUnknown = "postdeploy vanished";
    internal const string HookFailed = "deploy hook failed";
    internal const string PredestroyFailed = "pr-predestroy failed";
    internal const string DestroyDuringPostDeploy = "destroyed while postdeploy runs";
    internal const string ConfigMissing = "required config missing";
    internal const string ConfigSupplied = "required config missing, then supplied";
    internal const string ManifestBroken = "app.json broken";
    internal const string ManifestFollowed = "manifest changed between pushes";
    internal const string SecretGenerated = "secret generated";
    internal const string Synced = "value kept in step against a person's";
    internal const string PersonKept = "person's value kept against the manifest's";
    internal const string PassedOver = "head passed over: nothing new";
    internal const string Renewed = "add-on renewed";
    internal const string ApprovedDeployed = "approved commit deployed";
    internal const string StageConfigTaken = "stage's config taken up";
    internal const string WaitsForRoom = "review app waits for room";
    internal const string LetIn = "let in when another went";
    internal const string LabelLost = "label taken away";
    internal const string Warned = "unused app warned of";
    internal const string StaleGone = "unused app gone";
    internal const string PinnedKept = "pinned app kept";
    internal const string Dismissed = "destroyed by hand";
    internal const string WantedAgain = "wanted again by hand";
    internal const string BranchApp = "app for a branch";
    internal const string RebornWithConfig = "reborn with config of its own";
    internal const string Brake = "brake pulled";
    internal const string StartedAgain = "found gone and started again";
    internal const string FenceRefused = "stale fence refused";
    internal const string CommitAnswerLost = "answer of a commit lost";
    internal const string CallAnswerLost = "answer of a call lost";
    internal const string CallHangs = "call without an answer";
    internal const string CallLate = "late call landed";
    internal const string CallTooLate = "late call refused";
    internal const string MessageAgain = "message delivered again";
    internal const string InputRejected = "unreadable input rejected";
    internal const string StoreAway = "store unavailable";
    internal const string Killed = "node killed";
    internal const string KilledMidEffect = "node killed in mid-effect";
    internal const string Asleep = "node asleep beyond its lease";
    internal const string Stopped = "node stopped in good order";
    internal const string ClockJump = "clock jump of an hour";
    internal const string MachineLost = "machine lost";
    internal const string SourceOutage = "look failed";
    internal const string ListingEmpty = "listing empty by an outage";
    internal const string ListingLacksBranch = "listing without the default branch";
    internal const string ListingLacksOnce = "listing without its proposals, once";
    internal const string RuntimeLies = "runtime lies by omission";

    /// <summary>All of them. One that is met less often than <see cref="AtLeast"/> in <see cref="PerSeeds"/> seeds fails the campaign.</summary>
    public static IReadOnlyList<FlowSituation> All { get; } =
    [
        new(RollbackDuringDeploy, "A rollback was asked for while another change held the app's slot, which had to leave."),
        new(RolledBack, "A rollback became the current release."),
        new(CancelMidEffect, "An effect was told to stop while its call was on its way."),
        new(Superseded, "A head had to leave because a newer one goes first."),
        new(SupersededAtGate, "It waited at its gate when that happened."),
        new(GateOverridden, "A person let a run pass a gate that held it."),
        new(WaitingHead, "A head was ready and waited because automatic deployments are on hold."),
        new(TrafficBack, "A run was stopped while the traffic was being led over."),
        new(Unknown, "A step that must not be repeated by itself was interrupted: a person was asked."),
        new(HostStepFailed, "A step of the host's own failed."),
        new(HostStepWaited, "A step of the host's own was not ready to answer."),
        new(ReporterFailed, "A report could not be delivered and was tried again apart from its run."),
        new(ReleaseFailed, "The command of a release phase exited with an error."),
        new(Unhealthy, "New processes never answered their health check."),
        new(Refused, "An app refused what could not be done, with its reason."),
        new(Repeated, "The same request came again under its key, and was the same request."),
        new(ConfigDuringDeploy, "Config was changed while a head was being deployed."),
        new(ScaleDuringDeploy, "An app was scaled while a head was being deployed."),
        new(DestroyDuringDeploy, "An app was to be destroyed while a change held its slot."),
        new(TeardownRetried, "Removing something failed and was tried again."),
        new(ReopenedInTeardown, "An app was wanted again while it was being destroyed."),
        new(Reborn, "A destroyed app came to life again as a new generation in the same commit."),
        new(Promoted, "A promotion became the current release of its target."),
        new(PromotionToSeveral, "One release was promoted to several apps at once."),
        new(BuildShared, "Two runs waited for one build at the same time."),
        new(BuildBroken, "A build failed for good: every run that waited was told."),
        new(BuildAbandoned, "The last run that wanted a build left, and it was stopped."),
        new(UntrustedRun, "A run began for code that nobody vouches for, with an approval of exactly that commit."),
        new(ApprovalVoided, "A proposal whose commit was approved got a new one, which is not."),
        new(SecretGiven, "Trusted code was deployed with a secret config var or an add-on's credentials."),
        new(PostDeployFailed, "postdeploy exited with an error, or was killed for its time; the release went on serving."),
        new(PostDeployAgain, "Because it had failed, a later deployment ran it again."),
        new(PostDeployUnknown, "postdeploy went away without an exit code: it is not repeated."),
        new(HookFailed, "flow.scripts.deploy failed; the release went on serving."),
        new(PredestroyFailed, "pr-predestroy failed, and the teardown went on."),
        new(DestroyDuringPostDeploy, "An app was to be destroyed while its postdeploy was at work."),
        new(ConfigMissing, "Code required config that nobody supplies: its run ended before anything was built or provisioned."),
        new(ConfigSupplied, "After that, the app got a release that has it."),
        new(ManifestBroken, "The app.json of a commit was no good: its run ended."),
        new(ManifestFollowed, "A push to an app that served already changed its config, because its app.json says something else."),
        new(SecretGenerated, "A release has a secret that was generated for it."),
        new(Synced, "A deployment set a config var back to the manifest's value, against what a person had set."),
        new(PersonKept, "A deployment left a config var as a person had set it, although the manifest has a value for it."),
        new(PassedOver, "A head was not deployed, because nothing that matters to the app has changed."),
        new(Renewed, "An add-on's credentials changed, and a release without a release phase took them up."),
        new(ApprovedDeployed, "A release of code that nobody vouches for began to serve: exactly this commit was approved."),
        new(StageConfigTaken, "A deployment took up config that was set for all review apps."),
        new(WaitsForRoom, "A proposal had to wait because there were as many review apps as the pipeline allows."),
        new(LetIn, "It got its app after another one had gone."),
        new(LabelLost, "Somebody took the label from a proposal, and its app went."),
        new(Warned, "It was said that an app will go for being unused."),
        new(StaleGone, "It went: nobody had deployed, visited or pinned it."),
        new(PinnedKept, "An app was unused for longer than the policy allows, and stayed because somebody had pinned it."),
        new(Dismissed, "An app was destroyed by hand although its proposal is open."),
        new(WantedAgain, "After that, somebody wanted it back."),
        new(BranchApp, "A branch without a proposal got its app."),
        new(RebornWithConfig, "An app came to life again with config vars that were given with the request."),
        new(Brake, "Proposals vanished in numbers: nothing is torn down until somebody confirms."),
        new(StartedAgain, "An inspection found a current release not running, or not all of it."),
        new(FenceRefused, "A node that had lost its stream tried to commit, and the store refused."),
        new(CommitAnswerLost, "A commit landed, and its caller never heard: killed, or cut off."),
        new(CallAnswerLost, "A call to the outside landed, and its caller was told that it failed."),
        new(CallHangs, "A call to the outside was not answered for up to 25 minutes."),
        new(CallLate, "A call landed after its caller had died or stopped waiting."),
        new(CallTooLate, "A call asked for something that had been stopped or removed for good, and was refused."),
        new(MessageAgain, "A message between streams was delivered twice, up to 90 seconds apart."),
        new(InputRejected, "An input that nobody can read was put on record and completed; its stream went on."),
        new(StoreAway, "A call to the store failed."),
        new(Killed, "A node was killed."),
        new(KilledMidEffect, "It was killed while a call to the outside was on its way."),
        new(Asleep, "A node slept through its lease, up to 60 seconds, and went on as if nothing had happened."),
        new(Stopped, "A node was asked to stop and did."),
        new(ClockJump, "The wall clock of one node jumped by an hour, forth or back."),
        new(MachineLost, "The machine of all nodes and processes went down: nothing that ran came back by itself."),
        new(SourceOutage, "A look at the repository failed: nothing was concluded."),
        new(ListingEmpty, "A listing came back entirely empty."),
        new(ListingLacksBranch, "A listing came back without the default branch and without proposals."),
        new(ListingLacksOnce, "One listing that looked complete lacked every proposal; the next had them."),
        new(RuntimeLies, "A runtime said of processes that do run that there are none."),
    ];
}
