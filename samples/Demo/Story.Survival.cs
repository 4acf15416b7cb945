using System.Diagnostics;
using System.Text.Json;

namespace Flow.Samples.Demo;

/// <summary>Going back, and going on after a kill.</summary>
internal sealed partial class Story
{
    private async Task GoBackAsync()
    {
        Narrator.Chapter("5. Going back: a new release of the older artifact; what is pushed then waits until somebody resumes");
        await world.Paas.PostAsync($"/ops/apps/{Staging}/promote", stop);
        await ReleaseAsync(Production, 2, "Succeeded");
        await RollBackAsync(Production, 3);
        await RollBackAsync(Staging, 6);
        facts.RolledBackTo = "v1";

        var waiting = await world.Repository.PushAsync("The third version", "refs/heads/main", stop, Version(3));
        var run = await NewestRunAsync(Staging);
        JsonElement why = default;
        await UntilAsync(async () => (why = await world.Paas.ExplainAsync(run, stop) ?? default).ValueKind == JsonValueKind.Object && why.ToString().Contains("on hold", StringComparison.Ordinal), "the new push says why it waits");
        Hold((await GetAsync(Staging)).GetProperty("commit").GetString() != waiting, $"{run} waits: {Leaf(why)}");
        await world.Paas.PostAsync($"/ops/apps/{Staging}/resume", stop);
        await AnswersAsync(Staging, waiting);
        facts.HeldDeployWaited = true;
        Narrator.Held($"resumed, it was deployed ({waiting[..7]})");

        await world.Repository.PushAsync("Never healthy again", "refs/heads/main", stop, ("BROKEN_HEALTH", "yes\n"));
        await ReleaseAsync(Staging, 8, "Pending");
        var watch = Stopwatch.StartNew();
        await world.Paas.PostAsync($"/ops/apps/{Staging}/rollback", stop);
        var back = await ReleaseAsync(Staging, 9, "Succeeded");
        var cancelled = await ReleaseAsync(Staging, 8, "Failed");
        facts.RollbackPreempted = back.GetProperty("kind").GetString() == "Rollback" && cancelled.GetProperty("reason").GetString()!.Contains("rollback", StringComparison.Ordinal);
        Hold(facts.RollbackPreempted, $"a rollback in mid-deploy went first ({watch.Elapsed.TotalSeconds:0.0} s); v8 was stopped: {cancelled.GetProperty("reason").GetString()}");

        await world.Repository.PushAsync("Mended again", "refs/heads/main", stop, ("BROKEN_HEALTH", null), Version(4));
        await world.Paas.PostAsync($"/ops/apps/{Staging}/resume", stop);
        await ReleaseAsync(Staging, 10, "Succeeded");
    }

    private async Task RollBackAsync(string app, int release)
    {
        // To the first release, which had the first artifact.
        await world.Paas.PostAsync($"/ops/apps/{app}/rollback?to=1", stop);
        var back = await ReleaseAsync(app, release, "Succeeded");
        Hold(back.GetProperty("artifact").GetProperty("digest").GetString() == facts.StagingDigest, $"{app} v{release} is the artifact of v1 again");
        Hold(await StepsInOrderAsync($"run/{back.GetProperty("run").GetString()}", "release", "switch"), "its release phase ran again, before the switch");
    }

    private async Task SurviveAsync()
    {
        Narrator.Chapter("6. The host is killed in mid-build and in mid-deploy, again and again; the apps answer all the while");
        await using var hammer = new Hammer(world.Paas, Production);
        for (var version = 5; version <= 8; version++)
        {
            var inBuild = version % 2 == 1;
            var commit = await world.Repository.PushAsync($"Version {version}", "refs/heads/main", stop, Version(version));
            var run = await RunOfAsync(commit);
            await UntilAsync(async () => await StandsAtAsync(run, inBuild ? "build" : "deploy"), $"{run} stands at its {(inBuild ? "build" : "deploy")}");
            await world.Paas.KillAsync();
            Narrator.Say($"killed the host with SIGKILL in mid-{(inBuild ? "build" : "deploy")} of {commit[..7]}; starting it again");
            await world.Paas.StartAsync(stop);

            await AnswersAsync(Staging, commit);
            await UntilAsync(async () => (await world.Paas.RunAsync(run, stop))?.GetProperty("status").GetString() == "Succeeded", $"{run} ends well");
            var twice = (await AllEventsAsync()).Where(e => e.Stream == $"run/{run}" && e.Type == "run.step-succeeded")
                .GroupBy(e => JsonSerializer.Deserialize<JsonElement>(e.Data).GetProperty("step").GetString()).Where(g => g.Count() > 1).Select(g => g.Key);
            Hold(!twice.Any() && await BuildsOfAsync(commit) == 1, $"{run} went on to its end: built once, no step twice, nobody had to help");
            facts.KillsSurvived++;
        }
        Count(hammer);
        Hold(hammer.Failed == 0, hammer.Failed == 0 ? $"{hammer.Requests} requests to production meanwhile, none failed" : $"{hammer.Failed} of {hammer.Requests} requests failed, the first: {hammer.FirstFailure}");
    }

    private async Task<string> RunOfAsync(string commit)
    {
        string? run = null;
        await UntilAsync(async () =>
        {
            if (await world.Paas.AppAsync(Staging, stop) is not { } app) return false;
            run = app.GetProperty("candidates").EnumerateArray().Where(c => c.TryGetProperty("revision", out var r) && r.ValueKind == JsonValueKind.Object && r.GetProperty("sha").GetString() == commit)
                .Select(c => c.GetProperty("run").GetString()).FirstOrDefault();
            return run is not null;
        }, $"{commit[..7]} has a run");
        return run!;
    }

    private async Task<string> NewestRunAsync(string app)
    {
        string? run = null;
        await UntilAsync(async () =>
        {
            run = (await world.Paas.AppAsync(app, stop))?.GetProperty("candidates").EnumerateArray().Select(c => c.GetProperty("run").GetString()).LastOrDefault();
            return run is not null;
        }, $"{app} has a run");
        return run!;
    }

    /// <summary>The step is the one that is due, and has been begun.</summary>
    private async Task<bool> StandsAtAsync(string run, string step)
    {
        if (await world.Paas.RunAsync(run, stop) is not { } state) return false;
        var (steps, done) = (state.GetProperty("plan").GetProperty("steps"), state.GetProperty("done").GetArrayLength());
        return done < steps.GetArrayLength() && steps[done].GetProperty("name").GetString() == step
            && (step != "build" || Directory.EnumerateDirectories(Path.Combine(world.Paas.DataDirectory, "supervised"), "build.*").Any());
    }

    /// <summary>The last reason of the tree.</summary>
    private static string Leaf(JsonElement why) =>
        why.GetProperty("because").EnumerateArray().LastOrDefault() is { ValueKind: JsonValueKind.Object } next ? Leaf(next) : why.GetProperty("what").GetString()!;
}
