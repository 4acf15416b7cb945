using Flow.AddOns;
using Flow.Builds;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Testing.Fakes;
using Flow.Testing.Simulation.Planting;

namespace Flow.Testing.Simulation;

internal enum CommandState { Working, Ended, Vanished }

/// <summary>
/// The world outside: code, builds, processes, add-ons, routes; and the calls that are on their way to it. A call lands at once or late, also
/// when its caller has died or has stopped waiting; its answer comes, fails, or never comes.
/// </summary>
internal sealed class Outside(World world)
{
    private readonly List<Call> pending = [];
    private readonly List<Action> late = [];

    public World World => world;
    public Repository Code { get; } = new();
    public MemoryLogStore Logs { get; } = new();
    public Dictionary<string, bool> Builds { get; } = [];                    // id -> still working
    public SortedDictionary<DeploymentId, DeploymentSpec> Running { get; } = new(Comparer<DeploymentId>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString())));
    public HashSet<DeploymentId> Stopped { get; } = [];
    public SortedDictionary<string, CommandState> Commands { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, int> CommandStarts { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, AddOnRequest> AddOns { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Removed { get; } = [];
    public Dictionary<RunId, RunStatus> Told { get; } = [];
    public FakeRouter Routes { get; } = new();
    public Dictionary<string, string> ProcessTypes { get; } = new() { ["web"] = "./web" };

    public bool IsQuiet => pending.Count == 0 && late.Count == 0;

    /// <summary>Whether something that is gone for good is asked for again: the outside's own fence against late calls.</summary>
    public bool IsGone(bool gone) => gone && !world.Plants(PlantedFault.LateCallsRevive);

    public ValueTask<T> CallAsync<T>(SimulatedNode node, string what, Func<T> land, CancellationToken cancellationToken)
    {
        if (node.IsDead) return new(new TaskCompletionSource<T>().Task);
        cancellationToken.ThrowIfCancellationRequested();
        world.Tell($"{node.Name} asks: {what}");
        if (world.OneIn(2) && !node.IsAsleep)
        {
            if (world.Trouble(16)) throw Trouble(what);
            return new(land());
        }
        var call = new Call<T>(this, node, what, land) { Hangs = world.Trouble(60) };
        if (world.OneIn(2)) call.Land();
        if (call.Hangs) world.Count("call without an answer");
        if (call.Hangs) world.Time.After(world.Seconds(20, 1500), () => call.Hangs = false);
        pending.Add(call);
        if (cancellationToken.CanBeCanceled) call.Registration = cancellationToken.Register(() => Cancel(call, cancellationToken));
        return new(call.Answer.Task);
    }

    /// <summary>One call that is on its way lands, is answered, or is lost. False when there is none.</summary>
    public bool GoOn()
    {
        foreach (var orphan in pending.Where(c => c.Node.IsDead).ToList())
        {
            pending.Remove(orphan);
            world.Count("node killed in mid-effect");
            LandLate(orphan);
        }
        if (late.Count > 0 && world.OneIn(4))
        {
            var at = world.Chance.Next(late.Count);
            var land = late[at];
            late.RemoveAt(at);
            world.Count("call landed late");
            land();
            return true;
        }
        var answerable = pending.Where(c => !world.Troubled || !c.Hangs).ToList();
        if (answerable.Count == 0)
        {
            if (late.Count == 0) return false;
            late[0]();
            late.RemoveAt(0);
            return true;
        }
        var call = world.Any(answerable);
        pending.Remove(call);
        var trouble = world.Trouble(14) ? Trouble(call.What) : null;
        if (trouble is null || world.OneIn(2)) call.Land();
        if (trouble is not null) world.Tell($"fails: {call.What}");
        call.Node.Later(() => call.Finish(trouble));
        return true;
    }

    /// <summary>The machine that runs the apps goes down and comes up again: no process has survived.</summary>
    public void LoseMachine()
    {
        world.Count("machine lost");
        world.Tell("the machine of the apps goes down");
        Running.Clear();
        foreach (var id in Commands.Where(c => c.Value == CommandState.Working).Select(c => c.Key).ToList()) Commands[id] = CommandState.Vanished;
    }

    private void Cancel(Call call, CancellationToken token)
    {
        if (!pending.Remove(call)) return;
        world.Count("cancelled in mid-effect");
        world.Tell($"{call.Node.Name} waits no longer for: {call.What}");
        LandLate(call);
        call.Forget(token);
    }

    private void LandLate(Call call)
    {
        if (!call.Landed && world.OneIn(2)) late.Add(call.Land);
    }

    private static FlowException Trouble(string what) => new("outside-unavailable", $"{what} did not work this time.", transient: true);

    private abstract class Call(SimulatedNode node, string what)
    {
        public SimulatedNode Node => node;
        public string What => what;
        public bool Hangs { get; set; }
        public bool Landed { get; protected set; }
        public CancellationTokenRegistration Registration { get; set; }
        public abstract void Land();
        public abstract void Finish(FlowException? trouble);
        public abstract void Forget(CancellationToken token);
    }

    private sealed class Call<T>(Outside outside, SimulatedNode node, string what, Func<T> land) : Call(node, what)
    {
        private T? result;
        private FlowException? refusal;

        public TaskCompletionSource<T> Answer { get; } = new();

        public override void Land()
        {
            if (Landed) return;
            Landed = true;
            outside.World.Tell($"lands: {What}");
            try
            {
                result = land();
            }
            catch (FlowException no)
            {
                refusal = no;
            }
        }

        public override void Finish(FlowException? trouble)
        {
            Registration.Dispose();
            if ((trouble ?? refusal) is { } bad) Answer.TrySetException(bad);
            else Answer.TrySetResult(result!);
        }

        public override void Forget(CancellationToken token) => Answer.TrySetCanceled(token);
    }
}
