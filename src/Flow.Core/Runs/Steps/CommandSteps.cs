using Flow.Apps;
using Flow.Runtimes;
using Flow.Secrets;

namespace Flow.Runs.Steps;

/// <summary>The release phase: the Procfile's <c>release</c> command, before anything of the new release serves. (Heroku: a non-zero exit keeps the previous release.)</summary>
internal sealed class ReleaseStep(Providers providers, AppEnvironment environment, TimeProvider time) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Release;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        if (!execution.Artifact.ProcessTypes.TryGetValue(ProcessTypes.Release, out var command)) return execution.Done("no release command");
        return await CommandRun.ExecuteAsync(execution, "release phase", command, providers, environment, time, cancellationToken);
    }
}

/// <summary>A one-off command.</summary>
internal sealed class CommandStep(Providers providers, AppEnvironment environment, TimeProvider time) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Command;

    public Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken) =>
        CommandRun.ExecuteAsync(execution, "command", execution.Plan.Command!, providers, environment, time, cancellationToken);
}

/// <summary>A script of <c>app.json</c>: after the traffic has been switched, or before the app goes.</summary>
internal sealed class ScriptStep(string kind, Providers providers, AppEnvironment environment, TimeProvider time) : IBuiltInStep
{
    public string Kind => kind;

    public Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken) =>
        CommandRun.ExecuteAsync(execution, kind, execution.Grant.Manifest!.Scripts.Of(kind)!, providers, environment, time, cancellationToken);
}

internal static class CommandRun
{
    public static async Task<RunInput> ExecuteAsync(
        StepExecution execution, string what, string command, Providers providers, AppEnvironment environment, TimeProvider time, CancellationToken cancellationToken)
    {
        var runtime = providers.Get<IRuntime>(execution.Policy.Runtime);
        if (!Isolation.Allows(execution.Artifact.Trust, runtime.IsolatesUntrusted)) return execution.Failed(Isolation.Refusal("runtime", execution.Policy.Runtime));
        var (variables, secrets) = await environment.ResolveAsync(execution, cancellationToken);
        await execution.WriteLineAsync($"Running {what}: {new SecretMasker(secrets).Apply(command)}", cancellationToken);
        var spec = new CommandSpec
        {
            Id = execution.CommandId,
            App = execution.Run.App,
            Artifact = execution.Artifact,
            Command = command,
            Environment = variables,
            Secrets = secrets,
            Log = execution.OutputLog,
            // Before the step's own time is up, so that it can tell what the command said.
            Timeout = execution.Step.Timeout - Plans.Margin,
        };
        var status = await Following.Async(() => runtime.RunAsync(spec, cancellationToken), time, cancellationToken);
        if (status.Failure is { } trouble) return execution.Failed(trouble);
        var result = status.Value!;
        if (result.ExitCode is null && !result.TimedOut) return Vanished(execution, what);
        await execution.WriteLineAsync(result.TimedOut ? "Timed out." : $"Exit code {result.ExitCode}.", cancellationToken);
        if (result.TimedOut) return execution.Failed(new("command-timeout", $"the {what} was killed after {spec.Timeout}.{Tail(result)}"));
        return result.ExitCode == 0 ? execution.Done("exit code 0") : execution.Failed(new("command-failed", $"the {what} exited with code {result.ExitCode}.{Tail(result)}"));
    }

    /// <summary>Nobody knows how it ended: the machine went down, or its supervisor was killed.</summary>
    private static RunInput Vanished(StepExecution execution, string what) => execution.Step is { Kind: WellKnownSteps.PostDeploy or WellKnownSteps.DeployHook }
        // The release serves: nobody should have to answer before the next one can. It is not repeated, and the app says so.
        ? new StepFailed(execution.Step.Name, new("command-vanished", $"the {what} vanished without an exit code, and it is not repeated by itself: look, and run what is missing as a command."), Unsure: true)
        : execution.Step.Repeat == StepRepeat.OnceThenAsk
        ? new StepUnknown(execution.Step.Name, $"the {what} vanished without an exit code, and it must not be repeated by itself: did it happen?")
        : execution.Failed(new("command-vanished", $"the {what} vanished without an exit code.", Transient: true));

    private static string Tail(CommandResult result) => result.Tail.Length == 0 ? "" : $" Last output:\n{result.Tail}";
}
