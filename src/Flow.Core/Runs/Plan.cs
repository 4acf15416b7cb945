using Flow.Apps;
using Flow.Builds;
using Flow.Pipelines;
using Flow.Sources;

namespace Flow.Runs;

/// <summary>A named piece of a run, frozen.</summary>
public sealed record PlannedStep
{
    /// <summary>Unique in the plan: <c>gate:checks</c>, <c>build</c>, a host step's name.</summary>
    public required string Name { get; init; }
    /// <summary>One of <see cref="WellKnownSteps"/>, or <c>host</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>It changes the app: the run must hold the app's slot first.</summary>
    public bool ChangesApp { get; init; }
    /// <summary>What may be done when nobody knows whether it happened.</summary>
    public StepRepeat Repeat { get; init; }
    /// <summary>One attempt takes at most this long; for a gate: the waiting as a whole.</summary>
    public required TimeSpan Timeout { get; init; }
    /// <summary>Transient failures are tried again up to so many attempts; 0 is for ever.</summary>
    public int Attempts { get; init; } = 3;
}

/// <summary>What a run will do, fixed when it begins: a newer binary never reads it differently.</summary>
public sealed record Plan
{
    /// <summary>What it is for.</summary>
    public required RunKind Kind { get; init; }
    /// <summary>In order.</summary>
    public required IReadOnlyList<PlannedStep> Steps { get; init; }
    /// <summary>How the app lived when the run was planned.</summary>
    public required AppPolicy Policy { get; init; }
    /// <summary>The code, when the run is about code.</summary>
    public Revision? Revision { get; init; }
    /// <summary>The artifact, when it exists already.</summary>
    public Artifact? Artifact { get; init; }
    /// <summary>Name of the add-on whose credentials are replaced.</summary>
    public string? AddOn { get; init; }
    /// <summary>The command of a one-off run.</summary>
    public string? Command { get; init; }
    /// <summary>What a run that never asks for the slot is given with its plan.</summary>
    public SlotGrant? Grant { get; init; }
    /// <summary>Who asked; null: nobody, it follows from what was observed.</summary>
    public string? By { get; init; }
}

/// <summary>Composes plans. Gate and build touch nothing of the app: they come before the slot is asked for, so a pending check blocks nobody.</summary>
internal static class Plans
{
    public const string HostKind = "host";
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(5);

    /// <summary>So much longer than its command a step may take.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan GatePatience = TimeSpan.FromDays(7);

    public static Plan Deploy(AppPolicy policy, Revision revision, string? by) => With(policy, RunKind.Deploy, by,
        [
            .. Gates(policy),
            // A source host that is down delays what is new: many attempts, far apart.
            new() { Name = WellKnownSteps.Fetch, Kind = WellKnownSteps.Fetch, Timeout = TimeSpan.FromMinutes(10), Attempts = 50 },
            new() { Name = WellKnownSteps.Build, Kind = WellKnownSteps.Build, Timeout = policy.BuildTimeout + Short },
            .. Activation(policy), .. Scripts(policy),
        ]) with { Revision = revision };

    public static Plan Promote(AppPolicy policy, Artifact artifact, string by) => With(policy, RunKind.Promotion, by, [.. Gates(policy), .. Activation(policy), .. Scripts(policy)]) with { Artifact = artifact };

    /// <summary>For a rollback or changed config: no gate stands in the way of going back.</summary>
    public static Plan Activate(AppPolicy policy, RunKind kind, Artifact? artifact, string by) =>
        With(policy, kind, by, [.. Activation(policy), .. Scripts(policy).Where(s => kind == RunKind.Rollback && s.Kind == WellKnownSteps.DeployHook)]) with { Artifact = artifact };

    /// <summary>New processes for the present release, the same way, without a release phase: <see cref="RunKind.Restart"/>, <see cref="RunKind.AddOn"/>.</summary>
    public static Plan Renew(AppPolicy policy, RunKind kind, Artifact? artifact, string by) =>
        With(policy, kind, by, [.. Activation(policy).Where(s => s.Kind != WellKnownSteps.Release)]) with { Artifact = artifact };

    /// <summary>New credentials for an add-on, and new processes that have them.</summary>
    public static Plan Rotate(AppPolicy policy, Artifact? artifact, string addOn, string by) => With(policy, RunKind.AddOn, by,
        [
            new() { Name = WellKnownSteps.Rotate, Kind = WellKnownSteps.Rotate, ChangesApp = true, Timeout = Short, Attempts = 5 },
            .. Activation(policy).Where(s => s.Kind is not (WellKnownSteps.Release or WellKnownSteps.Provision)),
        ]) with { Artifact = artifact, AddOn = addOn };

    /// <summary>More or fewer of the processes that serve.</summary>
    public static Plan Scale(AppPolicy policy, Artifact? artifact, string by) =>
        With(policy, RunKind.Scale, by, [.. Activation(policy).Where(s => s.Kind is WellKnownSteps.Deploy or WellKnownSteps.Switch)]) with { Artifact = artifact };

    public static Plan Command(AppPolicy policy, Artifact artifact, string command, TimeSpan timeout, string by) => With(policy, RunKind.Command, by,
        [new() { Name = WellKnownSteps.Command, Kind = WellKnownSteps.Command, Timeout = timeout + Margin, Repeat = StepRepeat.OnceThenAsk, Attempts = 1 }]) with { Artifact = artifact, Command = command };

    public static Plan Destroy(AppPolicy policy, string by) => With(policy, RunKind.Destroy, by,
        [
            .. policy.Stage == Stage.Review ? [new PlannedStep { Name = WellKnownSteps.Predestroy, Kind = WellKnownSteps.Predestroy, ChangesApp = true, Timeout = policy.PredestroyTimeout + Margin, Attempts = 2 }] : (PlannedStep[])[],
            new() { Name = WellKnownSteps.Teardown, Kind = WellKnownSteps.Teardown, ChangesApp = true, Timeout = Short, Attempts = 0 },
        ]);

    /// <summary>How long an attempt may take. A manifest is read after the plan was made, and may give its processes longer to become healthy.</summary>
    public static TimeSpan TimeoutOf(PlannedStep step, RunState run)
    {
        if (step.Kind != WellKnownSteps.Deploy || run.Grant?.Manifest is not { } manifest) return step.Timeout;
        var longer = manifest.Processes.Values.Select(p => p.Health?.Timeout ?? TimeSpan.Zero).DefaultIfEmpty().Max() - run.Plan!.Policy.Health.Timeout;
        return longer > TimeSpan.Zero ? step.Timeout + longer : step.Timeout;
    }

    /// <summary>The runtime runs it as a command and finds it again by its id: after a crash nothing is started twice.</summary>
    public static bool RunsCommand(PlannedStep step) => step.Kind is WellKnownSteps.Command or WellKnownSteps.Release or WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook or WellKnownSteps.Predestroy;

    private static IEnumerable<PlannedStep> Gates(AppPolicy policy) =>
        policy.Gates.Select(g => new PlannedStep { Name = $"{WellKnownSteps.Gate}:{g}", Kind = WellKnownSteps.Gate, Timeout = GatePatience, Attempts = 0 });

    private static List<PlannedStep> Activation(AppPolicy policy)
    {
        // Steps that turn out to have nothing to do are passed in the commit of the one before.
        List<PlannedStep> steps = [new() { Name = WellKnownSteps.Provision, Kind = WellKnownSteps.Provision, ChangesApp = true, Timeout = TimeSpan.FromMinutes(30), Attempts = 5 }];
        steps.Add(new() { Name = WellKnownSteps.Release, Kind = WellKnownSteps.Release, ChangesApp = true, Timeout = policy.ReleaseTimeout + Margin, Repeat = policy.ReleaseRepeat });
        steps.Add(new() { Name = WellKnownSteps.Deploy, Kind = WellKnownSteps.Deploy, ChangesApp = true, Timeout = policy.Health.Timeout + Short });
        steps.Add(new() { Name = WellKnownSteps.Switch, Kind = WellKnownSteps.Switch, ChangesApp = true, Timeout = Short, Attempts = 20 });
        // Past the switch there is nothing to go back to: clean up until it is clean.
        steps.Add(new() { Name = WellKnownSteps.Retire, Kind = WellKnownSteps.Retire, ChangesApp = true, Timeout = policy.DrainDeadline + policy.StopGrace + Short, Attempts = 0 });
        return steps;
    }

    /// <summary>What runs when the new release serves. A failure is told and takes nothing back.</summary>
    private static IEnumerable<PlannedStep> Scripts(AppPolicy policy)
    {
        // (Heroku: review apps, after their first deployment only.)
        if (policy.Stage <= Stage.Review)
            yield return new() { Name = WellKnownSteps.PostDeploy, Kind = WellKnownSteps.PostDeploy, ChangesApp = true, Timeout = policy.ReleaseTimeout + Margin, Repeat = StepRepeat.OnceThenAsk, Attempts = 1 };
        yield return new() { Name = WellKnownSteps.DeployHook, Kind = WellKnownSteps.DeployHook, ChangesApp = true, Timeout = policy.ReleaseTimeout + Margin, Repeat = StepRepeat.OnceThenAsk, Attempts = 1 };
    }

    private static Plan With(AppPolicy policy, RunKind kind, string? by, IReadOnlyList<PlannedStep> steps) =>
        new() { Kind = kind, Policy = policy with { StageConfig = ConfigVersion.Empty }, By = by, Steps = kind is RunKind.Destroy or RunKind.Command ? steps : Woven(steps, policy.Steps) };

    /// <summary>The host's steps at their anchors. From the first step that changes the app on, all of them need the slot.</summary>
    private static List<PlannedStep> Woven(IReadOnlyList<PlannedStep> steps, IReadOnlyList<HostStep> hosts)
    {
        List<PlannedStep> woven = [];
        foreach (var step in steps)
        {
            woven.AddRange(hosts.Where(h => h.Anchor == step.Kind && !h.After).Select(h => Host(h, step.ChangesApp)));
            woven.Add(step);
            woven.AddRange(hosts.Where(h => h.Anchor == step.Kind && h.After).Select(h => Host(h, step.ChangesApp)));
        }
        return woven;
    }

    private static PlannedStep Host(HostStep step, bool changesApp) =>
        new() { Name = step.Name, Kind = HostKind, ChangesApp = changesApp, Timeout = step.Timeout, Repeat = step.Repeat };
}
