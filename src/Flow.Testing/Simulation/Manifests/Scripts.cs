using Flow.Runtimes;

namespace Flow.Testing.Simulation;

/// <summary>Scripts of <c>app.json</c> as they run outside: they take their time, fail, hang until they are killed, or vanish with nobody knowing how far they came.</summary>
internal sealed class Scripts(Outside outside)
{
    /// <summary>How those ended that have ended; a time-out is a failure. Null: it vanished.</summary>
    private readonly Dictionary<string, CommandResult> ends = [];
    private readonly Dictionary<string, CommandResult> fates = [];

    public WorkStatus<CommandResult> Run(CommandSpec spec, bool begins)
    {
        if (begins)
        {
            outside.Witness.ScriptBegins(spec);
            fates[spec.Id] = Fate();
        }
        if (!ends.TryGetValue(spec.Id, out var end))
        {
            if (!outside.AnswersAtOnce && outside.World.OneIn(2)) return WorkStatus<CommandResult>.Running(outside.World.Seconds(1, 60));
            end = ends[spec.Id] = fates[spec.Id];
            outside.Witness.ScriptEnds(spec, end);
        }
        outside.Commands[spec.Id] = end is { ExitCode: null, TimedOut: false } ? CommandState.Vanished : CommandState.Ended;
        return WorkStatus<CommandResult>.Done(end);
    }

    /// <summary>It is known to have failed, by who knows: whoever asks is told.</summary>
    public bool HasFailed(string command) => ends.TryGetValue(command, out var end) && (end.TimedOut || end.ExitCode is not (null or 0));

    private CommandResult Fate() => !outside.World.Troubled || !outside.World.OneIn(3) ? new(0, false, "") : outside.World.Chance.Next(3) switch
    {
        0 => new(null, false, ""),
        1 => new(null, true, ""),
        _ => new(1, false, ""),
    };
}
