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
internal sealed class Outside(World world, FlowSimulationOptions options)
{
    private readonly Dictionary<(Type Type, string Name), object> shared = [];
    private readonly List<Call> pending = [];
    private readonly List<Action> late = [];
    private readonly HashSet<string> addOns = [];
    private int onTheWay;

    public World World => world;

    /// <summary>Sees everything that lands.</summary>
    public Witness Witness { get; set; } = null!;

    /// <summary>The runtime says of everything that nothing of it is there.</summary>
    public bool RuntimeLies { get; set; }
    public FlowSimulationOptions Options => options;
    public Repository Code { get; } = new() { Files = options.Files };
    public MemoryLogStore Logs { get; } = new();
    public Dictionary<string, bool> Builds { get; } = [];                    // id -> still working
    public SortedDictionary<DeploymentId, DeploymentSpec> Running { get; } = new(Comparer<DeploymentId>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString())));
    public HashSet<DeploymentId> Stopped { get; } = [];
    public HashSet<string> Failed { get; } = [];                             // deployments that never answered, commands that ended with an error
    public SortedDictionary<string, CommandState> Commands { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, int> CommandStarts { get; } = new(StringComparer.Ordinal);
    public Scripts Scripts => field ??= new(this);
    public SortedDictionary<string, AddOnRequest> AddOns { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Removed { get; } = [];

    /// <summary>Credentials that a host's own add-ons gave.</summary>
    public HashSet<string> Secrets { get; } = [];

    /// <summary>Values that people set on one app, as code sees them and as they are stored.</summary>
    public HashSet<string> Personal { get; } = [];

    /// <summary>When each app was visited last, as its router says.</summary>
    public SortedDictionary<AppName, DateTimeOffset> Visits { get; } = new(Comparer<AppName>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString())));

    /// <summary>Commits that a maintainer has approved.</summary>
    public HashSet<CommitSha> Approved { get; } = [];

    /// <summary>Secrets that were generated.</summary>
    public int Generated { get; set; }

    public T Shared<T>(Func<T> create, string name) where T : class
    {
        if (!shared.TryGetValue((typeof(T), name), out var made)) shared[(typeof(T), name)] = made = create();
        return (T)made;
    }
    public Dictionary<RunId, RunStatus> Told { get; } = [];
    public FakeRouter Routes { get; } = new();
    public Dictionary<string, string> ProcessTypes { get; } = new() { ["web"] = "./web" };

    public bool IsQuiet => pending.Count == 0 && late.Count == 0 && onTheWay == 0;

    /// <summary>Every call lands and is answered at once, whoever calls: for those who put the faults around it themselves.</summary>
    public bool AnswersAtOnce { get; init; }

    /// <summary>Whether something that is gone for good is asked for again: the outside's own fence against late calls.</summary>
    public bool IsGone(bool gone) => gone && !world.Plants(PlantedFault.LateCallsRevive);

    public void Starts(DeploymentSpec spec)
    {
        if (!Running.ContainsKey(spec.Id)) Witness.IsCreated(spec.Id.App, spec.Id.ToString());
        Witness.IsGiven(spec.Id.App, spec.Artifact, spec.Environment, spec.Id.ToString());
        Running[spec.Id] = spec;
    }

    public bool Stops(DeploymentId id)
    {
        Witness.IsStopped(id);
        Stopped.Add(id);
        return Running.Remove(id);
    }

    public void Provisions(AddOnRequest request)
    {
        if (!AddOns.ContainsKey(request.Id)) Witness.IsCreated(request.Owner!.App, request.Id);
        addOns.Add(request.Id);
        AddOns[request.Id] = request;
    }

    public bool WasAddOn(string id) => addOns.Contains(id);

    public bool Deprovisions(string id)
    {
        Witness.IsRemoved(id);
        Removed.Add(id);
        return AddOns.Remove(id);
    }

    /// <summary>Whether the runtime lies about something that runs.</summary>
    public bool Lies()
    {
        if (RuntimeLies) world.Count(FlowSituations.RuntimeLies);
        return RuntimeLies;
    }

    public ValueTask<T> CallAsync<T>(SimulatedNode node, string what, Func<T> land, CancellationToken cancellationToken) => CallAsync(node, what, () => new ValueTask<T>(land()), cancellationToken);

    public async ValueTask<T> CallAsync<T>(SimulatedNode node, string what, Func<ValueTask<T>> land, CancellationToken cancellationToken)
    {
        if (AnswersAtOnce) return await land();
        if (node.IsDead) return await new TaskCompletionSource<T>().Task;
        cancellationToken.ThrowIfCancellationRequested();
        world.Tell($"{node.Name} asks: {what}");
        if (world.OneIn(2) && !node.IsAsleep)
        {
            if (world.Trouble(16)) throw Trouble(what);
            return await land();
        }
        var call = new Call<T>(this, node, what, land) { Hangs = world.Trouble(60) };
        if (world.OneIn(2)) call.Land();
        if (call.Hangs) world.Count(FlowSituations.CallHangs);
        if (call.Hangs) world.Time.After(world.Seconds(20, 1500), () => call.Hangs = false);
        pending.Add(call);
        if (cancellationToken.CanBeCanceled) call.Registration = cancellationToken.Register(() => Cancel(call, cancellationToken));
        return await call.Answer.Task;
    }

    /// <summary>One call that is on its way lands, is answered, or is lost. False when there is none.</summary>
    public bool GoOn()
    {
        if (pending.Count == 0 && late.Count == 0) return false;
        for (var i = 0; i < pending.Count; i++)
        {
            if (!pending[i].Node.IsDead) continue;
            var orphan = pending[i];
            pending.RemoveAt(i--);
            world.Count(FlowSituations.KilledMidEffect);
            LandLate(orphan);
        }
        if (late.Count > 0 && world.OneIn(4))
        {
            var at = world.Chance.Next(late.Count);
            var land = late[at];
            late.RemoveAt(at);
            world.Count(FlowSituations.CallLate);
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
        if (trouble is not null && call.Landed) world.Count(FlowSituations.CallAnswerLost);
        call.Node.Later(() => call.Finish(trouble));
        return true;
    }

    /// <summary>The machine that runs the apps goes down and comes up again: no process has survived.</summary>
    public void LoseMachine()
    {
        world.Count(FlowSituations.MachineLost);
        world.Tell("the machine of the apps goes down");
        // Of a host's own runtime nobody knows what becomes of its processes: there, only the nodes go down.
        if (options.Runtime is not null) return;
        Running.Clear();
        foreach (var id in Commands.Where(c => c.Value == CommandState.Working).Select(c => c.Key).ToList()) Commands[id] = CommandState.Vanished;
    }

    private void Cancel(Call call, CancellationToken token)
    {
        if (!pending.Remove(call)) return;
        if (!call.Node.IsStopping) world.Count(FlowSituations.CancelMidEffect);
        world.Tell($"{call.Node.Name} waits no longer for: {call.What}");
        LandLate(call);
        call.Forget(token);
    }

    private void LandLate(Call call)
    {
        if (call.Landed || world.OneIn(2)) return;
        if (world.OneIn(2))
        {
            late.Add(call.Land);
            return;
        }
        // So late that whoever was told to stop it has long been answered.
        onTheWay++;
        world.Time.After(world.Seconds(1, 120), () =>
        {
            onTheWay--;
            late.Add(call.Land);
        });
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

    private sealed class Call<T>(Outside outside, SimulatedNode node, string what, Func<ValueTask<T>> land) : Call(node, what)
    {
        private Task<T>? result;

        public TaskCompletionSource<T> Answer { get; } = new();

        public override void Land()
        {
            if (Landed) return;
            Landed = true;
            outside.World.Tell($"lands: {What}");
            result = LandAsync();

            // What throws at once is an answer, too.
            async Task<T> LandAsync() => await land();
        }

        public override void Finish(FlowException? trouble)
        {
            Registration.Dispose();
            if (trouble is not null) Answer.TrySetException(trouble);
            else _ = PassOnAsync();
        }

        private async Task PassOnAsync()
        {
            try
            {
                Answer.TrySetResult(await result!);
            }
            catch (Exception refusal) when (refusal is not OutOfMemoryException)
            {
                Answer.TrySetException(refusal);
            }
        }

        public override void Forget(CancellationToken token) => Answer.TrySetCanceled(token);
    }
}
