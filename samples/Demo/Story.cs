namespace Flow.Samples.Demo;

/// <summary>One push, all the way to production: each part is checked from outside, by what the URLs answer.</summary>
internal sealed partial class Story(World world, StoryFacts facts, CancellationToken stop) : IAsyncDisposable
{
    private const string Staging = "hello-staging", Production = "hello-production";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private Task following = Task.CompletedTask;
    private string second = "";

    public async Task TellAsync()
    {
        Narrator.Chapter("A repository, and a host that watches it");
        await world.Repository.CreateAsync(stop);
        await world.Paas.StartAsync(stop);
        following = Narrator.FollowAsync(world.Paas, end.Token);
        Narrator.Held($"bare repository {world.Repository.Url}; host ready, board at {world.Paas.BoardUrl}");

        var first = await PushToStagingAsync();
        await ProposeAsync();
        await PromoteAsync(first);
        await BreakAsync();
        await GoBackAsync();
        await SurviveAsync();
        facts.Events = await world.Paas.CountEventsAsync(stop);
    }

    private async Task<string> PushToStagingAsync()
    {
        Narrator.Chapter("1. A commit is pushed to main: built once, released as v1, deployed to staging");
        var commit = await world.Repository.PushAsync("The first version", "refs/heads/main", stop, Version(1));
        await AnswersAsync(Staging, commit);
        var release = await ReleaseAsync(Staging, 1, "Succeeded");
        facts.StagingDigest = release.GetProperty("artifact").GetProperty("digest").GetString();
        Narrator.Held($"staging answers with {commit[..7]}, v1, {facts.StagingDigest![..19]}");
        return commit;
    }

    private async Task PromoteAsync(string commit)
    {
        Narrator.Chapter("3. Staging is promoted to production: the same artifact, production's own config, no build");
        await world.Paas.PostAsync($"/ops/apps/{Staging}/promote", stop);
        var answer = await AnswersAsync(Production, commit);
        var release = await ReleaseAsync(Production, 1, "Succeeded");
        facts.ProductionDigest = release.GetProperty("artifact").GetProperty("digest").GetString();
        facts.Builds = await BuildsOfAsync(commit);
        Hold(facts.ProductionDigest == facts.StagingDigest, $"production runs {facts.ProductionDigest![..19]}, the very same digest");
        Hold(facts.Builds == 1, $"that commit was built {facts.Builds} time(s)");
        Hold(answer.GetProperty("greeting").GetString() == "Hello, world", "production has its own config");
        Hold(await StepsInOrderAsync($"run/{Production}.", "release", "switch"), "the release phase ran before the switch");
    }

    private async Task BreakAsync()
    {
        Narrator.Chapter("4. A good push, one that never becomes healthy, and one whose release phase fails, under load");
        await using var hammer = new Hammer(world.Paas, Staging);
        var good = await world.Repository.PushAsync("The second version", "refs/heads/main", stop, Version(2));
        await AnswersAsync(Staging, good);
        Narrator.Held($"the good one took over ({good[..7]})");
        second = good;

        await world.Repository.PushAsync("Never healthy", "refs/heads/main", stop, ("BROKEN_HEALTH", "yes\n"));
        await FailsAsync(3, "/health");
        await world.Repository.PushAsync("Cannot migrate", "refs/heads/main", stop, ("BROKEN_HEALTH", null), ("BROKEN_RELEASE", "yes\n"));
        await FailsAsync(4, "code 1");
        Hold((await GetAsync(Staging)).GetProperty("commit").GetString() == good, "the old release still serves");

        await world.Repository.PushAsync("Mended", "refs/heads/main", stop, ("BROKEN_RELEASE", null));
        await ReleaseAsync(Staging, 5, "Succeeded");
        await UntilAsync(() => Task.FromResult(hammer.Requests >= 1_000), "at least 1,000 requests were made");
        Count(hammer);
        Hold(hammer.Failed == 0, hammer.Failed == 0 ? $"{hammer.Requests} requests of 8 clients, none failed" : $"{hammer.Failed} of {hammer.Requests} requests failed, the first: {hammer.FirstFailure}");
    }

    private async Task FailsAsync(int number, string why)
    {
        var release = await ReleaseAsync(Staging, number, "Failed");
        var reason = release.GetProperty("reason").GetString()!;
        Hold(reason.Contains(why, StringComparison.Ordinal), $"v{number} failed and says why: {reason.Split('\n')[0]}");
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
    }
}
