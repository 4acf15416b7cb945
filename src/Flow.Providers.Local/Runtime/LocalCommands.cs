using System.Text.RegularExpressions;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Supervision;
using Flow.Runtimes;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Runtime;

/// <summary>One-off commands: <c>cmd.ID</c> at the supervisor, in a private copy of the artifact that goes when the command has ended.</summary>
internal sealed partial class LocalCommands(IArtifactFiles artifacts, ISupervisor supervisor, IOptions<LocalOptions> options, BackgroundWork work)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(20);
    private readonly string root = new LocalDirectories(options.Value).Commands;

    public async Task<WorkStatus<CommandResult>> RunOnceAsync(CommandSpec spec, CancellationToken cancellationToken)
    {
        var (id, directory) = Names(spec.Id);
        if (DeploymentRules.CheckEnvironment(spec.Environment) is { } invalid) return WorkStatus<CommandResult>.Failed(invalid);
        var state = await supervisor.InspectAsync(id, cancellationToken).ConfigureAwait(false);
        if (state is null)
        {
            await work.EnsureAsync(id, "start", token => StartAsync(spec, id, directory, token)).ConfigureAwait(false);
            return WorkStatus<CommandResult>.Running(AskAgain);
        }

        if (state.Running) return WorkStatus<CommandResult>.Running(AskAgain);
        // The record stays, so that asking again gives the same answer.
        if (Directory.Exists(directory)) await work.EnsureAsync(id, "remove", _ => Task.FromResult(PrivateFiles.Remove(directory))).ConfigureAwait(false);
        return WorkStatus<CommandResult>.Done(new(state.ExitCode, state.TimedOut, state.Tail));
    }

    public async ValueTask StopAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken)
    {
        var (id, directory) = Names(commandId);
        await work.SettleAsync(id, cancellationToken).ConfigureAwait(false);
        await supervisor.StopAsync(id, grace, cancellationToken).ConfigureAwait(false);
        PrivateFiles.Remove(directory);
    }

    private async Task StartAsync(CommandSpec spec, string id, string directory, CancellationToken cancellationToken)
    {
        if (PrivateFiles.Find(directory) is null) PrivateFiles.Copy(await artifacts.OpenAsync(spec.Artifact.Digest, cancellationToken).ConfigureAwait(false), directory, cancellationToken);
        var environment = HostEnvironment.Read(options.Value);
        foreach (var (variable, value) in spec.Environment) environment[variable] = value;
        await supervisor.StartAsync(new()
        {
            Id = id,
            Arguments = ShellCommand.Arguments(spec.Command),
            WorkingDirectory = PrivateFiles.Find(directory)!,
            Environment = environment,
            Secrets = spec.Secrets,
            Log = spec.Log,
            Timeout = spec.Timeout,
            Notes = new Dictionary<string, string> { ["app"] = spec.App.ToString() },
        }, cancellationToken).ConfigureAwait(false);
    }

    private (string Id, string Directory) Names(string commandId) => IdPattern().IsMatch(commandId)
        ? ($"cmd.{commandId}", Path.Combine(root, commandId))
        : throw new ArgumentException("A command's id consists of letters, digits, dashes, underscores and dots, at most 190, no dot first.", nameof(commandId));

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,189}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
