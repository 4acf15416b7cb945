using Flow.Apps;
using Flow.Runs;

namespace Flow.Reliability.Tests.Kills;

/// <summary>Holds what was answered against what is on record: nothing answered is lost, nothing asked is done twice, nothing is left in the middle.</summary>
internal static class Reckoning
{
    public static IEnumerable<string> Of(Book book, Audit audit)
    {
        var runs = audit.Runs.ToDictionary(r => r.Run, r => r.State);
        foreach (var request in book.Requests)
        {
            var answer = book.AnswerOf(request)?.Split(' ');
            var times = audit.Evidence.GetValueOrDefault($"{(request.Verb is "command" or "restart" ? "run" : request.Verb)} {request.Key}");
            var planned = audit.Evidence.GetValueOrDefault($"run {request.Key}");
            var accepted = answer?[0] == Conversation.Ok;
            if (accepted && times == 0) yield return $"lost: {request}, answered {string.Join(' ', answer!)}";
            if (answer?[0] == Conversation.No && times + planned > 0) yield return $"refused and done: {request}";
            if (times > 1 || planned > 1) yield return $"done {Math.Max(times, planned)} times: {request}";
            if (accepted && answer![1] != "-" && (!runs.TryGetValue(RunId.Parse(answer[1]), out var run) || run.Plan?.By != request.Key)) yield return $"{answer[1]}, which was to do {request}, is missing";
        }
        foreach (var (id, run) in runs)
            if (!run.Closed || run.Untidy || run.Status is not (RunStatus.Succeeded or RunStatus.Cancelled)) yield return $"{id} ({run.Plan?.Kind}) is {run.Status}: {run.Reason}{run.Waits?.For}";
        foreach (var (name, app) in audit.Apps)
            if (app.Candidates.Count > 0 || app.Slot is not null || app.Life is not (AppLife.Active or AppLife.Destroyed)) yield return $"{name} is in the middle: {app.Life}, {app.Candidates.Count} candidates, slot {app.Slot}";
    }

    /// <summary>And the outside, as the light host's journal has it.</summary>
    public static IEnumerable<string> Outside(string journal, Book book, Audit audit)
    {
        Dictionary<string, int> commands = [], effects = [], builds = [];
        HashSet<string> running = [], stopped = [];
        foreach (var line in Journal.Read(journal))
        {
            if (line[0] == JournaledRuntime.Command)
            {
                commands[line[1]] = commands.GetValueOrDefault(line[1]) + 1;
                effects[line[2]] = effects.GetValueOrDefault(line[2]) + 1;
            }
            else if (line[0] == JournaledBuilder.Build) builds[line[1]] = builds.GetValueOrDefault(line[1]) + 1;
            else if (line[0] == JournaledRuntime.Deploy && (!running.Add(line[1]) || stopped.Contains(line[1]))) yield return $"{line[1]} was started although it had been stopped";
            else if (line[0] == JournaledRuntime.Stop && running.Remove(line[1])) stopped.Add(line[1]);
        }
        foreach (var (command, times) in commands.Concat(builds))
            if (times > 1) yield return $"{command} was begun {times} times";
        foreach (var request in book.Requests.Where(r => r.Verb == "command"))
        {
            var times = effects.GetValueOrDefault(request.Argument);
            if (times != 1 && book.AnswerOf(request)?.StartsWith(Conversation.Ok, StringComparison.Ordinal) == true || times > 1) yield return $"{request} has {times} effects";
        }
        var should = audit.Apps.Where(a => a.State.CurrentRelease is not null).Select(a => a.State.CurrentRelease!.Deployment.ToString()).ToHashSet();
        foreach (var leak in running.Except(should)) yield return $"{leak} runs, and no release is served by it";
        foreach (var gone in should.Except(running)) yield return $"{gone} should serve, and does not run";
    }

    /// <summary>And the lines that real commands have left behind: whose they are, and the supervisor's name of the command with something that differs at every start.</summary>
    public static IEnumerable<string> Effects(string path, Book book, Audit audit)
    {
        var lines = Journal.Read(path);
        foreach (var command in lines.GroupBy(l => l[1].Split(':')[0]))
            if (command.Count() > 1) yield return $"{command.Key} was run {command.Count()} times: {string.Join(", ", command.Select(l => string.Join(' ', l)))}";
        foreach (var request in book.Requests.Where(r => r.Verb == "command"))
        {
            var times = lines.Count(l => l[0] == request.Key);
            if (times != 1 && book.AnswerOf(request)?.StartsWith(Conversation.Ok, StringComparison.Ordinal) == true || times > 1) yield return $"{request} has {times} effects";
        }
        foreach (var (run, state) in audit.Runs)
            if (state.Done.Any(d => d.Step == WellKnownSteps.Release) && !lines.Any(l => l[0] == "release" && l[1].StartsWith($"cmd.{run}.{WellKnownSteps.Release}.", StringComparison.Ordinal))) yield return $"{run} has its release phase behind it, and it was never run";
    }
}
