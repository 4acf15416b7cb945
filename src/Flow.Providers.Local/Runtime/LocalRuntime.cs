using System.Collections.Concurrent;
using System.Globalization;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Supervision;
using Flow.Runtimes;
using Flow.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Runtime;

/// <summary>Apps as supervised processes of this machine. Cheap and quick; isolates nothing: every app runs as the host's own user.</summary>
internal sealed partial class LocalRuntime(IArtifactFiles artifacts, ISupervisor supervisor, IOptions<LocalOptions> options, TimeProvider timeProvider, ILogger<LocalRuntime> logger)
    : IRuntime, IRuntimeLimits, IAsyncDisposable
{
    /// <summary>How long a call may stay for something that is about to happen.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromMilliseconds(200), Look = TimeSpan.FromMilliseconds(5), AskAgain = TimeSpan.FromMilliseconds(20), LateCalls = TimeSpan.FromDays(1);
    private static readonly TimeSpan ScaleDownGrace = TimeSpan.FromSeconds(30);
    private readonly LocalDirectories directories = new(options.Value);
    private readonly BackgroundWork work = new();
    /// <summary>What was stopped, and when: a call that comes too late must not start it again. Of this host alone: one that stopped its apps at shutdown asks for the same ids when it is back.</summary>
    private readonly ConcurrentDictionary<DeploymentId, long> stopped = [];
    private ProcessFollower? follower;
    private LocalCommands? commands;

    public bool IsolatesUntrusted => false;

    private ProcessFollower Follower => LazyInitializer.EnsureInitialized(ref follower, () => new(supervisor, options, work, timeProvider));
    private LocalCommands Commands => LazyInitializer.EnsureInitialized(ref commands, () => new(artifacts, supervisor, options, work));

    /// <summary>A limit of one process is none for what it starts, and of all together only a control group would be, which the host's user cannot make everywhere.</summary>
    public string? ProblemOf(ProcessLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        List<string> declared = [];
        if (limits.MemoryBytes is { } bytes) declared.Add(string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024d / 1024:0.##} MiB of memory"));
        if (limits.Cpu is { } cpu) declared.Add(string.Create(CultureInfo.InvariantCulture, $"{cpu:0.##} processors"));
        return declared.Count == 0 ? null : $"The local runtime cannot keep a process and all that it starts within {string.Join(" and ", declared)}: it runs without a limit. Use a runtime that runs containers, or limit the host's service as a whole.";
    }

    public async ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (Refuse(spec.Artifact.Trust) is { } refused) return WorkStatus<Deployment>.Failed(refused);
        if (DeploymentRules.Check(spec) is { } invalid) return WorkStatus<Deployment>.Failed(invalid);
        return await StayAsync(() => DeployOnceAsync(spec, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        List<RunningProcess> processes = [];
        foreach (var name in await NamesAsync(id, cancellationToken).ConfigureAwait(false))
            if (await supervisor.InspectAsync(name.ToString(), cancellationToken).ConfigureAwait(false) is { } state) processes.Add(ProcessFollower.View(name, state));
        return processes.Count == 0 && !Directory.Exists(DirectoryOf(id)) ? null : new() { Id = id, Processes = processes };
    }

    public async ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (Refuse(spec.Artifact.Trust) is { } refused) return WorkStatus<CommandResult>.Failed(refused);
        return await StayAsync(() => Commands.RunOnceAsync(spec, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken)
    {
        stopped[id] = timeProvider.GetTimestamp();
        foreach (var (old, at) in stopped)
            if (timeProvider.GetElapsedTime(at) > LateCalls) stopped.TryRemove(new(old, at));
        // What is being started now must be there to be found.
        await work.SettleAsync(id.ToString(), cancellationToken).ConfigureAwait(false);
        var names = await NamesAsync(id, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(names.Select(name => supervisor.StopAsync(name.ToString(), grace, cancellationToken).AsTask())).ConfigureAwait(false);
        names.ForEach(Follower.Forget);
        PrivateFiles.Remove(DirectoryOf(id));
        LogStopped(logger, id, names.Count);
    }

    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => Commands.StopAsync(commandId, grace, cancellationToken);

    public async ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken)
    {
        HashSet<DeploymentId> ids = [];
        foreach (var id in await supervisor.ListAsync(ProcessName.Prefix, cancellationToken).ConfigureAwait(false))
            if (ProcessName.Parse(id) is { } name) ids.Add(name.Deployment);
        if (Directory.Exists(directories.Apps))
            foreach (var directory in Directory.EnumerateDirectories(directories.Apps))
                if (DeploymentId.TryParse(Path.GetFileName(directory), null, out var id)) ids.Add(id);
        return [.. ids.OrderBy(id => id.ToString(), StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await work.DisposeAsync().ConfigureAwait(false);
        follower?.Dispose();
    }

    private async Task<WorkStatus<Deployment>> DeployOnceAsync(DeploymentSpec spec, CancellationToken cancellationToken)
    {
        if (stopped.ContainsKey(spec.Id)) return WorkStatus<Deployment>.Failed(new("deployment-stopped", $"{spec.Id} was stopped, and what was stopped does not start again: deploy anew."));
        var (owner, directory) = (spec.Id.ToString(), DirectoryOf(spec.Id));
        if (PrivateFiles.Find(directory) is null)
        {
            await work.EnsureAsync(owner, "copy", async token =>
                PrivateFiles.Copy(await artifacts.OpenAsync(spec.Artifact.Digest, token).ConfigureAwait(false), directory, token)).ConfigureAwait(false);
            return WorkStatus<Deployment>.Running(AskAgain);
        }

        var wanted = spec.Processes.SelectMany(p => Enumerable.Range(1, p.Quantity).Select(n => (Spec: p, Name: new ProcessName(spec.Id, p.Type, n)))).ToArray();
        var excess = (await NamesAsync(spec.Id, cancellationToken).ConfigureAwait(false)).Except(wanted.Select(w => w.Name)).ToArray();
        foreach (var name in excess)
            await work.EnsureAsync(owner, $"stop {name.Short}", token => supervisor.StopAsync(name.ToString(), ScaleDownGrace, token).AsTask()).ConfigureAwait(false);

        List<RunningProcess> settled = [];
        foreach (var (process, name) in wanted)
        {
            var result = await Follower.FollowAsync(spec, process, name, directory, cancellationToken).ConfigureAwait(false);
            if (result.Failure is { } failure) return WorkStatus<Deployment>.Failed(failure);
            if (result.Settled is { } running) settled.Add(running);
        }

        return excess.Length > 0 || settled.Count < wanted.Length ? WorkStatus<Deployment>.Running(AskAgain) : WorkStatus<Deployment>.Done(new() { Id = spec.Id, Processes = settled });
    }

    /// <summary>Looks again for a moment, so that what is quick is answered at once.</summary>
    private async Task<WorkStatus<T>> StayAsync<T>(Func<Task<WorkStatus<T>>> look, CancellationToken cancellationToken) where T : class
    {
        for (var since = timeProvider.GetTimestamp(); ;)
        {
            WorkStatus<T> status;
            try { status = await look().ConfigureAwait(false); }
            catch (FlowException e) { return WorkStatus<T>.Failed(e.ToFailure()); }
            if (!status.IsRunning || timeProvider.GetElapsedTime(since) >= Stay) return status;
            await Task.Delay(Look, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<List<ProcessName>> NamesAsync(DeploymentId id, CancellationToken cancellationToken) =>
        [.. (await supervisor.ListAsync(ProcessName.PrefixOf(id), cancellationToken).ConfigureAwait(false)).Select(ProcessName.Parse).OfType<ProcessName>().OrderBy(n => n.Type, StringComparer.Ordinal).ThenBy(n => n.Index)];

    private string DirectoryOf(DeploymentId id) => Path.Combine(directories.Apps, id.ToString());

    private static Failure? Refuse(Trust trust) => trust == Trust.Trusted ? null
        : new("untrusted-code", "This code comes from somebody without write access to the repository. The local runtime isolates nothing, so it does not run it, whoever approved it; use a runtime that isolates.");

    [LoggerMessage(4250, LogLevel.Information, "Deployment {Deployment} stopped: {Count} processes")]
    private static partial void LogStopped(ILogger logger, DeploymentId deployment, int count);
}
