using System.Collections.Concurrent;
using System.Globalization;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Supervision;
using Flow.Runtimes;
using Flow.Secrets;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Runtime;

/// <summary>How one process of a deployment stands: settled (with what it is), failed, or neither yet.</summary>
internal readonly record struct FollowResult(RunningProcess? Settled, Failure? Failure);

/// <summary>Starts single processes and follows each until it has shown that it works, once: later ends are the supervisor's to repair.</summary>
internal sealed class ProcessFollower(ISupervisor supervisor, IOptions<LocalOptions> options, BackgroundWork work, TimeProvider timeProvider) : IDisposable
{
    private const string Port = "port", Started = "started", Moves = "moves";
    private const int MostExits = 2, MostMoves = 3;
    /// <summary>A process without health check has to stay up for so long.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(10), LastProbe = TimeSpan.FromMilliseconds(250);
    private readonly HealthProbe probe = new();
    private readonly ConcurrentDictionary<string, (long At, HealthAnswer? Answer)> answers = new(StringComparer.Ordinal);

    public async Task<FollowResult> FollowAsync(DeploymentSpec spec, ProcessSpec process, ProcessName name, string directory, CancellationToken cancellationToken)
    {
        var id = name.ToString();
        var state = await supervisor.InspectAsync(id, cancellationToken).ConfigureAwait(false);
        // Vanished (the machine went down), or its supervisor was told to stop by somebody: it shall run, so it is started anew.
        if (state is not { Running: true }) return await StartAsync(spec, process, name, directory, state, move: false).ConfigureAwait(false);
        // Somebody is starting it at this moment.
        if (!state.Notes.ContainsKey(Started)) return default;
        if (File.Exists(Marker(directory, name))) return new(View(name, state), null);

        var exits = state.Up is null && state.ExitCode is not null ? state.Restarts + 1 : state.Restarts;
        if (process.Routed && exits > 0 && state.Up is null && Number(state, Moves) < MostMoves && Ports.IsTaken((int)Number(state, Port)))
            return await StartAsync(spec, process, name, directory, state, move: true).ConfigureAwait(false);
        if (exits >= MostExits) return new(null, Exited(spec, name, state, exits));
        if (!process.Routed) return state.Up >= SettleTime ? Settle(directory, name, state) : default;

        var elapsed = timeProvider.GetElapsedTime(Number(state, Started));
        var (asked, answer) = state.Up is null ? default : await AskAsync(spec, HealthOf(spec, process), name, state, elapsed).ConfigureAwait(false);
        if (answer is { Healthy: true })
        {
            // The answer came from this process only if it is the same one as before.
            var after = await supervisor.InspectAsync(id, cancellationToken).ConfigureAwait(false);
            return after is { Up: not null } && after.Restarts == state.Restarts ? Settle(directory, name, after) : default;
        }

        // Time that passed while no host followed it says nothing about a process that is up: it fails on an answer, not on silence towards nobody.
        return elapsed >= HealthOf(spec, process).Timeout && (state.Up is null || asked) ? new(null, Unhealthy(spec, HealthOf(spec, process), name, state, answer)) : default;
    }

    public static RunningProcess View(ProcessName name, SupervisedState state) => new(name.Type, name.Index, state is { Running: true, Up: not null },
        state.Notes.ContainsKey(Port) ? new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Number(state, Port)}/")) : null, state.Restarts, state.ExitCode);

    public static HealthCheck HealthOf(DeploymentSpec spec, ProcessSpec process) => process.Health ?? spec.Health;

    /// <summary>What was asked of it is of no more use.</summary>
    public void Forget(ProcessName name) => answers.TryRemove(name.ToString(), out _);

    public void Dispose() => probe.Dispose();

    private async Task<FollowResult> StartAsync(DeploymentSpec spec, ProcessSpec process, ProcessName name, string directory, SupervisedState? before, bool move)
    {
        await work.EnsureAsync(spec.Id.ToString(), $"start {name.Short}", async token =>
        {
            if (before is not null) await supervisor.StopAsync(name.ToString(), TimeSpan.Zero, token).ConfigureAwait(false);
            File.Delete(Marker(directory, name));
            Forget(name);
            Dictionary<string, string> notes = new() { [Started] = Text(timeProvider.GetTimestamp()) };
            if (process.Routed)
            {
                notes[Port] = before is not null && !move && before.Notes.TryGetValue(Port, out var port) ? port : Text(Ports.ChooseFree());
                notes[Moves] = Text((before is null ? 0 : Number(before, Moves)) + (move ? 1 : 0));
            }

            await supervisor.StartAsync(Command(spec, process, name, directory, notes), token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return default;
    }

    private SupervisedCommand Command(DeploymentSpec spec, ProcessSpec process, ProcessName name, string directory, Dictionary<string, string> notes)
    {
        var environment = HostEnvironment.Read(options.Value);
        foreach (var (variable, value) in spec.Environment) environment[variable] = value;
        environment["FLOW_PROCESS"] = name.Type;
        environment["FLOW_PROCESS_NAME"] = name.Short;
        if (process.Routed)
        {
            environment["PORT"] = notes[Port];
            environment.TryAdd("HOST", "127.0.0.1");
            environment.TryAdd("ASPNETCORE_URLS", $"http://127.0.0.1:{notes[Port]}");
        }

        return new()
        {
            Id = name.ToString(),
            Arguments = ShellCommand.Arguments(process.Command),
            WorkingDirectory = PrivateFiles.Find(directory)!,
            Environment = environment,
            Secrets = spec.Secrets,
            Log = spec.LogPrefix.Child(name.Short),
            KeepRunning = true,
            Notes = notes,
        };
    }

    /// <summary>Whether this host has asked, and the last answer (none: nothing listened); asks anew, in the background, when it is old enough.</summary>
    private async Task<(bool Asked, HealthAnswer? Answer)> AskAsync(DeploymentSpec spec, HealthCheck health, ProcessName name, SupervisedState state, TimeSpan elapsed)
    {
        var id = name.ToString();
        answers.TryGetValue(id, out var last);
        var pause = TimeSpan.FromTicks(Math.Clamp(elapsed.Ticks / 8, FirstProbe.Ticks, LastProbe.Ticks));
        if (last.Answer is not null && timeProvider.GetElapsedTime(last.At) < pause) return (true, last.Answer);
        await work.EnsureAsync(spec.Id.ToString(), $"ask {name.Short}", async token =>
            answers[id] = (timeProvider.GetTimestamp(), await probe.AskAsync((int)Number(state, Port), health, token).ConfigureAwait(false))).ConfigureAwait(false);
        return (answers.TryGetValue(id, out last), last.Answer);
    }

    private static FollowResult Settle(string directory, ProcessName name, SupervisedState state)
    {
        File.WriteAllBytes(Marker(directory, name), []);
        return new(View(name, state), null);
    }

    private static Failure Exited(DeploymentSpec spec, ProcessName name, SupervisedState state, int exits) => new("exited",
        $"{name.Short} exited with code {state.ExitCode}, {exits} times, before it {(state.Notes.ContainsKey(Port) ? "was healthy" : "was up")}.{LastOutput.Of(spec.Secrets, state.Tail)}");

    private static Failure Unhealthy(DeploymentSpec spec, HealthCheck health, ProcessName name, SupervisedState state, HealthAnswer? answer) => new("unhealthy", string.Create(CultureInfo.InvariantCulture,
        $"{name.Short} was not healthy within {health.Timeout.TotalSeconds} s: {new SecretMasker(spec.Secrets).Apply(answer?.Said ?? $"nothing listened on PORT {Number(state, Port)} of 127.0.0.1")}{(state.ExitCode is { } code ? $"; it had exited with code {code}" : "")}.{LastOutput.Of(spec.Secrets, state.Tail)}"));

    private static string Marker(string directory, ProcessName name) => Path.Combine(directory, $"{name.Short}.settled");

    private static long Number(SupervisedState state, string note) =>
        state.Notes.TryGetValue(note, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
