using Flow.Testing.Simulation.Planting;

namespace Flow.Testing.Simulation;

/// <summary>One seed's dice, clock, trace, and the things that could go on next.</summary>
internal sealed class World(long seed, PlantedFault planted, bool tells)
{
    private const ulong Prime = 1099511628211;
    private readonly List<(SimulatedNode Node, Action Go)> waiting = [];
    private readonly Dictionary<string, int> situations = [];
    private Finding? found;
    private Finding? left;

    public Random Chance { get; } = new SeededRandom(seed);
    public SimulatedTime Time { get; } = new();
    public long Seed => seed;
    public int Thread { get; } = Environment.CurrentManagedThreadId;
    public IReadOnlyDictionary<string, int> Situations => situations;
    public List<string> Story { get; } = [];
    public string? Violation => Found?.What;

    /// <summary>What was violated first; once something has left the thread, that: nothing else means anything then.</summary>
    public Finding? Found => Volatile.Read(ref left) ?? found;

    /// <summary>Something was about to happen on a foreign thread.</summary>
    public bool IsLeft => Volatile.Read(ref left) is not null;

    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>What is stored, when it is not stored as JSON.</summary>
    public Shorthand? Shorthand { get; init; }

    /// <summary>How likely what goes wrong is, and what people do.</summary>
    public Profile Profile { get; private set; } = Profile.Mixed;

    public void Begin()
    {
        Profile = Profile.Any(Chance);
        Tell($"the world is {Profile.Name}");
    }

    /// <summary>Nodes die and sleep, the outside fails. Then that stops, and everything must settle.</summary>
    public bool Troubled { get; set; } = true;

    public PlantedFault Planted => planted;
    public bool Plants(PlantedFault fault) => planted == fault;
    public bool OneIn(int n) => Chance.Next(n) == 0;
    public bool Trouble(int oneIn) => Troubled && Chance.Next(oneIn * Profile.Calm) == 0;
    public T Any<T>(IReadOnlyList<T> of) => of[Chance.Next(of.Count)];
    public TimeSpan Seconds(int from, int to) => TimeSpan.FromMilliseconds(Chance.Next(from * 1000, to * 1000));

    public void Count(string situation)
    {
        if (StaysOnItsThread(situation)) System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(situations, situation, out _)++;
    }

    public void Violate(FlowInvariant invariant, string what)
    {
        if (!StaysOnItsThread(what) || Violation is not null) return;
        found = new(what, invariant);
        Tell($"VIOLATION of '{invariant.Name}': {what}");
    }

    /// <summary>Into the trace, by which two runs of one seed are compared; and into the story, when somebody listens.</summary>
    public void Tell(string line)
    {
        if (!StaysOnItsThread(line)) return;
        var trace = Trace;
        foreach (var c in line) trace = (trace ^ c) * Prime;
        Trace = (trace ^ (ulong)Time.Elapsed.Ticks) * Prime;
        if (tells) Story.Add($"{Time.Elapsed:d\\.hh\\:mm\\:ss\\.f}  {line}");
    }

    /// <summary>
    /// Whatever hops to another thread cannot be repeated: then the simulation itself is broken, and says so. False on a foreign thread, which must not touch this world.
    /// </summary>
    public bool StaysOnItsThread(string what)
    {
        if (Environment.CurrentManagedThreadId == Thread) return true;
        if (!IsLeft) Interlocked.CompareExchange(ref left, new($"'{what}' happens on a foreign thread: {Environment.StackTrace}", FlowInvariants.Soundness), null);
        return false;
    }

    /// <summary>What an adapter answers. An answer on a foreign thread never comes.</summary>
    public async ValueTask<T> AnswerAsync<T>(ValueTask<T> answer, string of)
    {
        try
        {
            return await answer;
        }
        finally
        {
            if (!StaysOnItsThread($"the answer of {of}")) await new TaskCompletionSource().Task;
        }
    }

    /// <summary>The same without a value.</summary>
    public async ValueTask AnswerAsync(ValueTask answer, string of) => await AnswerAsync(Always(answer), of);

    private static async ValueTask<bool> Always(ValueTask answer)
    {
        await answer;
        return true;
    }

    public void Later(SimulatedNode node, Action go)
    {
        if (StaysOnItsThread($"{node.Name} goes on")) waiting.Add((node, go));
    }

    /// <summary>Lets one thing go on that could: which one is chance.</summary>
    public bool GoOn()
    {
        if (waiting.Count == 0) return false;
        waiting.RemoveAll(static w => w.Node.IsDead);
        if (waiting.Count == 0) return false;
        var from = Chance.Next(waiting.Count);
        for (var i = 0; i < waiting.Count; i++)
        {
            var at = (from + i) % waiting.Count;
            if (waiting[at].Node.IsAsleep) continue;
            var go = waiting[at].Go;
            waiting.RemoveAt(at);
            go();
            return true;
        }
        return false;
    }

    /// <summary>The memory store and the fakes answer at once.</summary>
    public static T Now<T>(ValueTask<T> answer) => answer.IsCompleted ? answer.GetAwaiter().GetResult() : throw new InvalidOperationException("The memory store must answer at once.");
}

/// <summary>What was violated, in words.</summary>
internal sealed record Finding(string What, FlowInvariant Invariant);
