using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Flow.Samples.Demo;

/// <summary>A proposal, and the app that it gets because its code says what it needs.</summary>
internal sealed partial class Story
{
    private const string Review = "hello-pr-1", Proposal = "pr-1", ReviewRef = "refs/pull/1/head", SecondGreeting = "Hello again from app.json";

    private async Task ProposeAsync()
    {
        Narrator.Chapter("2. A change is proposed: an app of its own with what app.json asks for, that follows it and goes with it");
        await world.Repository.CheckoutAsync("proposal", stop);
        var commit = await AskTooMuchAsync();
        var first = await SupplyAsync(commit);
        await ThinkAgainAsync(first);
        await CloseAsync();
    }

    /// <summary>It needs what nobody has given.</summary>
    private async Task<string> AskTooMuchAsync()
    {
        var manifest = await ManifestAsync(m =>
        {
            m["env"]!["MAIL_HOST"] = new JsonObject { ["description"] = "Where its mail goes" };
            m["env"]!["MAIL_PASSWORD"] = new JsonObject { ["description"] = "What opens that door" };
        });
        var commit = await world.Repository.PushAsync("A proposal that sends mail", ReviewRef, stop, manifest);
        JsonElement review = default;
        await UntilAsync(async () => (review = await world.Paas.ReviewAppAsync(Proposal, stop)).ValueKind == JsonValueKind.Object && review.GetProperty("status").GetString() == "Errored", $"{Review} is refused");
        var reason = review.GetProperty("reason").GetString()!;
        var app = (await world.Paas.AppAsync(Review, stop))!.Value;
        facts.MissingConfigRefused = reason.Contains("MAIL_HOST", StringComparison.Ordinal) && reason.Contains("MAIL_PASSWORD", StringComparison.Ordinal)
            && app.GetProperty("ledger").GetArrayLength() == 0 && app.GetProperty("releases").GetArrayLength() == 0;
        Hold(facts.MissingConfigRefused, $"refused before anything was provisioned: {reason}");
        return commit;
    }

    private async Task<JsonElement> SupplyAsync(string commit)
    {
        var given = await world.Paas.SetReviewConfigAsync(new { MAIL_HOST = new { value = "mail.hello.example" }, MAIL_PASSWORD = new { value = "open sesame", secret = true } }, stop);
        Hold(given.GetProperty("accepted").GetBoolean(), "somebody sets both for all review apps, one of them secret");
        await world.Paas.PostAsync($"/ops/pipelines/hello/deploy?app={Review}", stop);
        await AnswersAsync(Review, commit);
        facts.ReviewAppCreated = true;

        // Its run ends after postdeploy.
        await ReleaseAsync(Review, 1, "Succeeded");
        var answer = await GetAsync(Review);
        Hold(answer.GetProperty("greeting").GetString() == "Hello from app.json" && answer.GetProperty("contact").GetString() == "ada@hello.example", "the review app has config of its own: from app.json, and from the pipeline");
        var database = answer.GetProperty("database").GetString();
        Hold(database is not null && (await GetAsync(Staging)).GetProperty("database").GetString() != database, "the review app has data of its own");
        // The seed's visits, those of postdeploy, and this one.
        var visits = answer.GetProperty("visits").GetInt64();
        facts.ReviewDatabaseSeeded = visits > Seed.Visits + 100;
        var pool = await world.Paas.PoolAsync("review-data", stop);
        facts.PoolClaims = pool.GetProperty("served").GetInt64();
        Hold(facts.ReviewDatabaseSeeded && facts.PoolClaims == 1, string.Create(CultureInfo.InvariantCulture, $"its database began with the seed's {Seed.Visits} visits ({visits} by now), and was ready before: {facts.PoolClaims} claimed from pool review-data"));
        var (flow, heroku) = (answer.GetProperty("flow"), answer.GetProperty("heroku").EnumerateArray().Select(n => n.GetString()).ToList());
        facts.Injected = flow.GetProperty("FLOW_APP_NAME").GetString() == Review && flow.GetProperty("FLOW_PR_NUMBER").GetString() == "1" && flow.GetProperty("FLOW_BRANCH").GetString()?.Length > 0
            && flow.GetProperty("FLOW_PIPELINE").GetString() == "hello" && flow.GetProperty("FLOW_STAGE").GetString() == "review" && flow.GetProperty("FLOW_URL").GetString()!.Contains(Review, StringComparison.Ordinal)
            && heroku.Contains("HEROKU_APP_NAME") && heroku.Contains("HEROKU_PR_NUMBER");
        Hold(facts.Injected, $"it knows who it is: proposal 1 of hello, at {flow.GetProperty("FLOW_URL").GetString()}; under Heroku's names too");
        return answer;
    }

    private async Task ThinkAgainAsync(JsonElement before)
    {
        var commit = await world.Repository.PushAsync("A second thought", ReviewRef, stop, await ManifestAsync(m => m["env"]!["GREETING"]!["value"] = SecondGreeting), ("NOTES.md", "A better proposal.\n"));
        await AnswersAsync(Review, commit);
        await ReleaseAsync(Review, 2, "Succeeded");
        var answer = await GetAsync(Review);
        facts.ManifestReread = answer.GetProperty("greeting").GetString() == SecondGreeting;
        Hold(facts.ManifestReread, $"a second push updated the same app ({commit[..7]}), and its app.json was read again: {SecondGreeting}");
        facts.PostdeployRuns = answer.GetProperty("seeded").GetInt32();
        Hold(facts.PostdeployRuns == 1 && answer.GetProperty("secret").GetString() == before.GetProperty("secret").GetString(),
            string.Create(CultureInfo.InvariantCulture, $"postdeploy ran {facts.PostdeployRuns} time(s) in two deployments, and the generated secret is still the same"));
    }

    private async Task CloseAsync()
    {
        await world.Repository.DeleteAsync(ReviewRef, stop);
        await world.Repository.ReturnToMainAsync(stop);
        await UntilAsync(async () => (await world.Paas.AppAsync(Review, stop))?.GetProperty("life").GetString() == "Destroyed", "the review app is destroyed");
        var run = (await AllEventsAsync()).LastOrDefault(e => e.Type == "run.step-succeeded" && e.Stream.StartsWith($"run/{Review}.", StringComparison.Ordinal) && e.Data.Contains("\"pr-predestroy\"", StringComparison.Ordinal))?.Stream;
        // What it said outlives it: the history of runs does.
        var farewell = run is null ? "" : (await world.Paas.LogAsync($"{run}/pr-predestroy.out/1", stop)).Trim();
        facts.PredestroyRan = farewell.Contains($"farewell: {Review}", StringComparison.Ordinal);
        Hold(facts.PredestroyRan, $"it was closed, and pr-predestroy had the last word: {farewell}");
        var left = await Leftovers.OfAsync(Review, world.Paas, stop);
        facts.ReviewAppDestroyed = true;
        facts.ReviewDatabaseDropped = !Directory.EnumerateDirectories(Path.Combine(world.Paas.DataDirectory, "addons", "sqlite"), $"{Review}.*").Any();
        Hold(facts.ReviewDatabaseDropped, "its database is gone, and did not go back to the pool");
        facts.Leftovers = left.Count;
        Hold(left.Count == 0, left.Count == 0 ? "app, data and process are gone" : $"left behind: {string.Join(", ", left)}");
    }

    private async Task<(string Path, string? Text)> ManifestAsync(Action<JsonObject> change)
    {
        var manifest = JsonNode.Parse(await world.Repository.ReadAsync("app.json", stop))!.AsObject();
        change(manifest);
        return ("app.json", manifest.ToJsonString(Indented) + "\n");
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
