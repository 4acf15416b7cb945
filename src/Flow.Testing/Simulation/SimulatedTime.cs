namespace Flow.Testing.Simulation;

/// <summary>Time that passes only when the simulation says so; timers ring one after the other, on the simulation's thread.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PriorityQueue<(Timer Timer, int Setting), (long Due, long Order)> alarms = new();
    private long now;
    private long order;

    public TimeSpan Elapsed => new(now);

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;
    public override long GetTimestamp() => now;
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Hears of every use, so that none from a foreign thread goes unseen; false means that it comes to nothing.</summary>
    public Func<string, bool>? Used { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void After(TimeSpan delay, Action act) => CreateTimer(_ => act(), null, delay, Timeout.InfiniteTimeSpan);

    /// <summary>How long until the next alarm, at least.</summary>
    public TimeSpan NextAlarm
    {
        get
        {
            // One that was set anew or off again is none.
            while (alarms.TryPeek(out var next, out var at))
            {
                if (next.Timer.IsSet(next.Setting)) return new(at.Due - now);
                alarms.Dequeue();
            }
            return TimeSpan.MaxValue;
        }
    }

    /// <summary>Goes to the next alarm and lets it ring. False when there is none.</summary>
    public bool PassToNextAlarm()
    {
        while (alarms.TryDequeue(out var next, out var at))
        {
            if (!next.Timer.IsSet(next.Setting)) continue;
            now = Math.Max(now, at.Due);
            next.Timer.Ring();
            return true;
        }
        return false;
    }

    private sealed class Timer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private int setting;
        private bool set;
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        public bool IsSet(int asOf) => set && setting == asOf;

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            if (time.Used?.Invoke("a timer is set") == false) return false;
            setting++;
            (set, period) = (dueTime != Timeout.InfiniteTimeSpan, newPeriod);
            if (set) time.alarms.Enqueue((this, setting), (time.now + Math.Max(dueTime.Ticks, 0), ++time.order));
            return true;
        }

        public void Ring()
        {
            if (period > TimeSpan.Zero) Change(period, period);
            else set = false;
            callback(state);
        }

        public void Dispose() => set = false;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The same time as one node sees it: a node that is dead or asleep hears no alarm, and its wall clock may be wrong by hours.</summary>
internal sealed class NodeTime(SimulatedNode node, SimulatedTime time) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + node.ClockIsOff;
    public override long GetTimestamp() => time.GetTimestamp();
    public override long TimestampFrequency => time.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(_ => node.Later(() => callback(state)), null, dueTime, period);
}
