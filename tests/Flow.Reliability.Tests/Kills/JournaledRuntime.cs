using System.Diagnostics;
using Flow.Runtimes;

namespace Flow.Reliability.Tests.Kills;

/// <summary>Runs nothing, takes its time for it, and keeps what runs in a journal that outlives the host, as supervised processes do.</summary>
internal sealed class JournaledRuntime : IRuntime
{
    public const string Command = "command", Forget = "forget", Deploy = "deploy", Stop = "stop";
    private readonly Lock gate = new();
    private readonly Journal journal;
    private readonly HashSet<string> commands = [], deployments = [];
    private readonly Dictionary<DeploymentId, DeploymentSpec> specs = [];
    private readonly Dictionary<string, long> asked = [];

    public JournaledRuntime(Journal journal)
    {
        this.journal = journal;
        foreach (var line in journal.Lines)
            _ = line[0] switch { Command => commands.Add(line[1]), Forget => commands.Remove(line[1]), Deploy => deployments.Add(line[1]), Stop => deployments.Remove(line[1]), _ => false };
    }

    public bool IsolatesUntrusted => false;

    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            specs[spec.Id] = spec;
            if (deployments.Add(spec.Id.ToString())) journal.Write(Deploy, spec.Id.ToString());
            return new(Busy(spec.Id.ToString()) ? WorkStatus<Deployment>.Running(TimeSpan.FromMilliseconds(3)) : WorkStatus<Deployment>.Done(Of(spec.Id)));
        }
    }

    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        lock (gate) return new(deployments.Contains(id.ToString()) ? Of(id) : null);
    }

    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (commands.Add(spec.Id)) journal.Write(Command, spec.Id, spec.Command);
            return new(Busy(spec.Id) ? WorkStatus<CommandResult>.Running(TimeSpan.FromMilliseconds(3)) : WorkStatus<CommandResult>.Done(new(0, false, "")));
        }
    }

    public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken)
    {
        lock (gate)
            if (deployments.Remove(id.ToString())) journal.Write(Stop, id.ToString());
        return default;
    }

    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken)
    {
        lock (gate)
            if (commands.Remove(commandId)) journal.Write(Forget, commandId);
        return default;
    }

    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken)
    {
        lock (gate) return new([.. deployments.Select(d => DeploymentId.Parse(d))]);
    }

    /// <summary>For up to 24 ms after it was first asked for in this process.</summary>
    private bool Busy(string id)
    {
        asked.TryAdd(id, Stopwatch.GetTimestamp());
        return Stopwatch.GetElapsedTime(asked[id]).TotalMilliseconds < id.Sum(c => c) * 7 % 25;
    }

    private Deployment Of(DeploymentId id) => new()
    {
        Id = id,
        Processes = [.. Enumerable.Range(1, specs.TryGetValue(id, out var spec) ? spec.Processes[0].Quantity : 1).Select(i => new RunningProcess("web", i, true, new($"http://127.0.0.1:{10_000 + id.Number % 500 * 100 + i}/"), 0, null))],
    };
}
