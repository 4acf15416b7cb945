using System.Text.Json.Serialization;
using Flow.Builds;
using Flow.Logs;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Runs;

/// <summary>
/// One named piece of a run; the only place where side effects happen. A host's own steps stand before or after a well-known one
/// (<see cref="WellKnownSteps"/>) and are the same thing as the built-in ones.
/// </summary>
/// <remarks>
/// At least once: after a crash the step is executed again with the same <see cref="StepContext.IdempotencyKey"/>; after a known failure with a
/// new one. An exception is no known failure: the same key again. Cancellation means "stop waiting": the run is not wanted any more, or the engine is shutting down and another one will ask again
/// with the same key. Leave nothing running that the same key would not find.
/// </remarks>
public interface IRunStep
{
    /// <summary>Does it, or looks whether it can be done. An exception leaves open whether it happened: tried again under the same key if it is a transient <see cref="FlowException"/>, otherwise the step has failed.</summary>
    ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken);
}

/// <summary>Names of the built-in steps, in the order in which a deployment has them.</summary>
public static class WellKnownSteps
{
    /// <summary>One for each gate, <c>gate:NAME</c>.</summary>
    public const string Gate = "gate";
    /// <summary>Makes the code available, reads what it says about itself.</summary>
    public const string Fetch = "fetch";
    /// <summary>Builds, or finds the artifact that was built from the same tree.</summary>
    public const string Build = "build";
    /// <summary>Add-ons. From here on the run holds the app's slot.</summary>
    public const string Provision = "provision";
    /// <summary>New credentials for an add-on, before its apps are started anew.</summary>
    public const string Rotate = "rotate";
    /// <summary>The release phase: the Procfile's <c>release</c> command.</summary>
    public const string Release = "release";
    /// <summary>Starts the new processes beside the old ones and waits until they are healthy.</summary>
    public const string Deploy = "deploy";
    /// <summary>Leads the traffic to the new processes. After it there is no way back but a rollback.</summary>
    public const string Switch = "switch";
    /// <summary>Drains and stops the old processes, starts those that get no traffic.</summary>
    public const string Retire = "retire";
    /// <summary><c>scripts.postdeploy</c> of <c>app.json</c>: once in the life of an ephemeral app.</summary>
    public const string PostDeploy = "postdeploy";
    /// <summary><c>flow.scripts.deploy</c> of <c>app.json</c>: after each deployment.</summary>
    public const string DeployHook = "deploy-hook";
    /// <summary><c>scripts.pr-predestroy</c> of <c>app.json</c>: before a review app is torn down.</summary>
    public const string Predestroy = "pr-predestroy";
    /// <summary>Runs a one-off command.</summary>
    public const string Command = "command";
    /// <summary>Removes what the app owns.</summary>
    public const string Teardown = "teardown";
}

/// <summary>What may be done when nobody knows whether a step happened (the engine died in the middle).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepRepeat>))]
public enum StepRepeat
{
    /// <summary>Doing it again does no harm.</summary>
    Idempotent,
    /// <summary>The step looks, by its idempotency key, whether it happened before it does it.</summary>
    Probed,
    /// <summary>Never again by itself: the run stops as <see cref="RunStatus.Unknown"/> and asks a person.</summary>
    OnceThenAsk,
}

/// <summary>What a step is given.</summary>
public sealed class StepContext
{
    /// <summary>The run.</summary>
    public required RunId Run { get; init; }
    /// <summary>What the run does.</summary>
    public required RunKind Kind { get; init; }
    /// <summary>Name of this step.</summary>
    public required string Step { get; init; }
    /// <summary>From 1; grows after each known failure.</summary>
    public required int Attempt { get; init; }
    /// <summary><c>run/step/attempt</c>: the same after a crash.</summary>
    public required string IdempotencyKey { get; init; }
    /// <summary>The app.</summary>
    public required AppName App { get; init; }
    /// <summary>Its pipeline.</summary>
    public required PipelineName Pipeline { get; init; }
    /// <summary>Its stage.</summary>
    public required Stage Stage { get; init; }
    /// <summary>The code, when the run is about code.</summary>
    public Revision? Revision { get; init; }
    /// <summary>The artifact, as soon as there is one.</summary>
    public Artifact? Artifact { get; init; }
    /// <summary>The release being made, as soon as the run holds the slot.</summary>
    public int? Release { get; init; }
    /// <summary>Endpoints of the new processes, from the step <c>deploy</c> on: for tests before the traffic comes.</summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];
    /// <summary>The app's stable URL, when it is routed.</summary>
    public Uri? Url { get; init; }
    /// <summary>Outputs of the steps done so far, by name.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }
    /// <summary>Log of this step.</summary>
    public required LogId Log { get; init; }
    /// <summary>Appends a line to the step's log, masked.</summary>
    public required Func<string, ValueTask> WriteLineAsync { get; init; }
}

/// <summary>How a step ended, or that it must wait.</summary>
public abstract record StepResult
{
    private StepResult() { }

    /// <summary>Done. The output (at most 64 KiB, no secret) is kept in the run.</summary>
    public sealed record Done(string Output = "") : StepResult;

    /// <summary>Not yet: the run parks without holding anything but what it holds, and the step is executed again.</summary>
    /// <param name="For">For a person: what is waited for.</param>
    /// <param name="Owner">Who or what can change it.</param>
    /// <param name="LookAgainIn">At the latest.</param>
    public sealed record Wait(string For, string Owner, TimeSpan LookAgainIn) : StepResult;

    /// <summary>Failed. Transient failures are tried again as new attempts after a back-off.</summary>
    public sealed record Failed(Failure Failure) : StepResult;
}
