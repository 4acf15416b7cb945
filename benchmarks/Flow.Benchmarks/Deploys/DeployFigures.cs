using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Flow.Benchmarks.Hosts;
using Flow.Benchmarks.Measuring;

namespace Flow.Benchmarks.Deploys;

/// <summary>From a push, and from a promotion, to a URL that answers, against a shell script that does the same work.</summary>
internal static class DeployFigures
{
    public const string Head = "head-to-healthy", Notice = "notice-push", Promotion = "promotion-to-healthy", Verb = "paas-host";
    public static readonly IReadOnlyList<string> Names = [Head, Notice, Promotion];
    private const int Count = 5;
    // Looks as often as the script does: to ask more often would take the time that the build needs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Pushes and promotions are minutes apart; the host has done by then what it does afterwards.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(IReadOnlySet<string> wanted)
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch.In("data"));
        var git = new Git(scratch.Path);
        await git.CreateAsync();
        var raw = new RawDeploy(scratch.In("raw"));
        var (port, routerPort) = (Ports.Free(), Ports.Free());
        await using var paas = new Child(Verb, scratch.In("data"), git.Url, port.ToString(CultureInfo.InvariantCulture), routerPort.ToString(CultureInfo.InvariantCulture));
        await paas.UntilAsync("working");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        using var router = new HttpClient { BaseAddress = new($"http://127.0.0.1:{routerPort}") };

        Pairs head = new(), notice = new(), promotion = new();
        for (var pair = 0; wanted.Contains(Head) || wanted.Contains(Notice) ? pair <= Count : pair < 1; pair++)
        {
            await Task.Delay(Rest);
            var (noticed, deployed) = await PushAsync(http, router, git, releasePhase: false);
            await Task.Delay(Rest);
            var published = await raw.PublishAsync(git);
            // The first pair fills the package caches.
            if (pair == 0) continue;
            head.Add(deployed.TotalMilliseconds, published.TotalMilliseconds);
            notice.Add(noticed.TotalMilliseconds, PaasHost.LookInterval.TotalMilliseconds);
        }
        if (wanted.Contains(Promotion))
        {
            await PushAsync(http, router, git, releasePhase: true);
            for (var pair = 0; pair <= Count; pair++)
            {
                await Task.Delay(Rest);
                var promoted = await PromoteAsync(http, router, pair + 1);
                var released = await raw.ReleaseAsync();
                if (pair > 0) promotion.Add(promoted.TotalMilliseconds, released.TotalMilliseconds);
            }
        }
        await paas.StopAsync();

        Teller.Say($"{Head}, ms: {head.Told("0")}");
        Teller.Say($"{Notice}, ms: {notice.Told("0")}");
        Teller.Say($"{Promotion}, ms: {promotion.Told("0")}");
        List<Figure> figures = [];
        if (head.Count > 0)
        {
            figures.Add(head.ToFigure(Head, "ms", "at most 10 % or 300 ms over the baseline", p => p.Ratio <= 1.1 || p.Difference <= 300));
            figures.Add(notice.ToFigure(Notice, "ms", null, null));
        }
        if (promotion.Count > 0) figures.Add(promotion.ToFigure(Promotion, "ms", "at most 150 ms over the baseline", p => p.Difference <= 150));
        return [.. figures.Where(f => wanted.Contains(f.Name))];
    }

    /// <summary>How long the push was not seen, and how long it took from then until its URL answered.</summary>
    private static async Task<(TimeSpan Noticed, TimeSpan Deployed)> PushAsync(HttpClient http, HttpClient router, Git git, bool releasePhase)
    {
        var (commit, pushed) = await git.PushAsync(releasePhase);
        var answered = await AnswersAsync(router, PaasHost.Staging, "commit", commit);
        var observed = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(await http.GetStringAsync($"/observed/{commit}"), CultureInfo.InvariantCulture));
        await SettledAsync(http, PaasHost.Staging);
        return (observed > pushed ? observed - pushed : TimeSpan.Zero, answered - observed);
    }

    /// <summary>From asking for a promotion until production's URL answers with the new release.</summary>
    private static async Task<TimeSpan> PromoteAsync(HttpClient http, HttpClient router, int release)
    {
        var asked = DateTimeOffset.UtcNow;
        using var answer = await http.PostAsync("/promote", null);
        answer.EnsureSuccessStatusCode();
        var answered = await AnswersAsync(router, PaasHost.Production, "release", $"v{release}");
        await SettledAsync(http, PaasHost.Production);
        return answered - asked;
    }

    private static async Task<DateTimeOffset> AnswersAsync(HttpClient router, string app, string property, string value)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Host = $"{app}.localhost";
            using var answer = await router.SendAsync(request);
            if (answer.IsSuccessStatusCode && JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty(property).GetString() == value) return DateTimeOffset.UtcNow;
            if (patience.Elapsed > Patience) throw new TimeoutException($"{app} does not answer with {property} {value}.");
            await Task.Delay(Look);
        }
    }

    private static async Task SettledAsync(HttpClient http, string app)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            using var answer = await http.GetAsync($"/settled/{app}");
            if (answer.IsSuccessStatusCode) return;
            if (patience.Elapsed > Patience) throw new TimeoutException($"The change of {app} does not end.");
            await Task.Delay(Look);
        }
    }
}
