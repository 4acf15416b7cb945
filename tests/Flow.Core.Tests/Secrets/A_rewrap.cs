using System.Text;
using System.Text.Json;
using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Core.Tests.Flows;
using Flow.Runs.Steps;
using Flow.Secrets;
using Flow.Storage;
using Microsoft.Extensions.DependencyInjection;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Secrets;

public sealed class A_rewrap
{
    private readonly RotatingSecrets keys = new();

    private Task<FlowHost> HostAsync() => new FlowHost(flow => flow.Services.AddSingleton<ISecretProtector>(keys)).StartAsync();

    private static async Task SetAsync(FlowHost host, AppName app, params (string Name, ConfigVar Value)[] vars)
    {
        await host.AppAsync(app, a => a.Life == AppLife.Active, "lives");
        (await host.Apps.SetConfigAsync(app, vars.ToDictionary(v => v.Name, v => (ConfigVar?)v.Value), "ada")).OrThrow();
    }

    private static async Task<List<int>> KeysOfAsync(FlowHost host, AppName app) =>
        [.. (await host.Apps.GetAsync(app))!.Configs.SelectMany(c => c.Values.Values).Where(v => v.IsSecret).Select(v => RotatingSecrets.KeyOf(v.Ciphertext!))];

    [Fact]
    public async Task Puts_every_secret_under_the_newest_key_and_deploys_nothing()
    {
        await using var host = await HostAsync();
        host.Source.Push("main", Commit(1));
        await host.DeployedAsync(Staging, 1);
        await SetAsync(host, Staging, ("TOKEN", ConfigVar.Secret("correct horse")), ("PLAIN", ConfigVar.Plain("x")));
        await host.AppAsync(Staging, a => a.Current == 2, "v2 serves");
        await SetAsync(host, Production, ("TOKEN", ConfigVar.Secret("battery staple")));
        var before = (await host.Apps.GetAsync(Staging))!;

        (await host.Secrets.RewrapAsync(rotateFirst: true)).Should().BeEquivalentTo(new RewrapReport(2, 0, 0, []));

        (await KeysOfAsync(host, Staging)).Should().Equal(2);
        (await KeysOfAsync(host, Production)).Should().Equal(2);
        var after = (await host.Apps.GetAsync(Staging))!;
        keys.Unprotect(ConfigSecrets.Purpose(Staging, "TOKEN"), after.Configs[^1].Values["TOKEN"].Ciphertext!).Should().Be("correct horse");
        (after with { Configs = before.Configs }).Should().BeEquivalentTo(before);
        (await host.Store.ReadEventsAsync(0, 10_000, default)).Where(e => e.Type == "app.config-rewrapped").Should().HaveCount(2);
    }

    [Fact]
    public async Task Again_finds_nothing_to_do()
    {
        await using var host = await HostAsync();
        await SetAsync(host, Production, ("ONE", ConfigVar.Secret("correct horse")), ("TWO", ConfigVar.Secret("battery staple")));
        await host.Secrets.RewrapAsync(rotateFirst: true);
        var events = await host.Store.CountEventsAsync(default);
        (await host.Secrets.RewrapAsync(rotateFirst: false)).Should().BeEquivalentTo(new RewrapReport(0, 2, 0, []));
        (await host.Store.CountEventsAsync(default)).Should().Be(events);
    }

    [Fact]
    public async Task Names_the_places_of_what_nobody_can_read_and_goes_on_with_the_rest()
    {
        await using var host = await HostAsync();
        await SetAsync(host, Production, ("LOST", ConfigVar.Secret("correct horse")));
        await keys.RotateAsync(default);
        await SetAsync(host, Production, ("KEPT", ConfigVar.Secret("battery staple")));
        keys.Lost.Add(1);

        var report = await host.Secrets.RewrapAsync(rotateFirst: true);

        report.Should().BeEquivalentTo(new RewrapReport(1, 0, 1, ["app/shop-production/config/LOST"]));
        report.ToString().Should().NotContain("correct horse");
        (await host.Apps.GetAsync(Production))!.Configs.SelectMany(c => c.Values).Where(v => v.Key == "LOST").Should().OnlyContain(v => RotatingSecrets.KeyOf(v.Value.Ciphertext!) == 1);
    }

    [Fact]
    public async Task Interrupted_keeps_what_it_has_done_and_the_next_one_goes_on()
    {
        await using var host = await HostAsync();
        await SetAsync(host, Production, ("TOKEN", ConfigVar.Secret("correct horse")));
        await SetAsync(host, Staging, ("TOKEN", ConfigVar.Secret("battery staple")));
        using var stop = new CancellationTokenSource();
        var looked = 0;
        keys.BeforeRewrap = () => { if (++looked == 2) stop.Cancel(); };      // production is done, staging is looked at

        await host.Secrets.Awaiting(s => s.RewrapAsync(true, stop.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        (await KeysOfAsync(host, Production)).Should().Equal(2);
        (await KeysOfAsync(host, Staging)).Should().Equal(1);

        keys.BeforeRewrap = null;
        (await host.Secrets.RewrapAsync(rotateFirst: false)).Should().BeEquivalentTo(new RewrapReport(1, 1, 0, []));
        (await KeysOfAsync(host, Staging)).Should().Equal(2);
    }

    [Fact]
    public async Task Gives_a_secret_of_the_stage_one_ciphertext_in_all_its_apps()
    {
        await using var host = await HostAsync();
        var policy = Paper.Policy with { Stage = Stage.Review };
        var stage = keys.Protect(ConfigSecrets.StagePurpose(policy.Pipeline, policy.Stage, "STAGE"), "correct horse");
        AppName[] reviews = [AppName.Parse("shop-pr-1"), AppName.Parse("shop-pr-2")];
        foreach (var review in reviews)
        {
            var stream = AppDecider.StreamOf(review);
            await host.Mailbox.PostAsync(stream, new DefineApp(policy with { Proposal = $"{review}", StageConfig = new Dictionary<string, ConfigValue> { ["STAGE"] = new(null, stage, ConfigOrigin.Stage) } }));
            (await host.Mailbox.AskAsync(stream, new ChangeConfig(new Dictionary<string, ConfigValue?> { ["STAGE"] = new(null, stage, ConfigOrigin.Stage) }, "Flow"))).OrThrow();
        }

        (await host.Secrets.RewrapAsync(rotateFirst: true)).Unreadable.Should().Be(0);

        var found = new List<string>();
        foreach (var review in reviews)
        {
            var app = (await host.Apps.GetAsync(review))!;
            found.AddRange([app.Policy!.StageConfig["STAGE"].Ciphertext!, app.Configs[^1].Values["STAGE"].Ciphertext!]);
        }
        found.Distinct().Should().ContainSingle().Which.Should().StartWith("2|pipeline/shop/review/config/STAGE|");
    }

    [Fact]
    public async Task Does_nothing_twice_when_two_people_ask_at_once()
    {
        await using var host = await HostAsync();
        await SetAsync(host, Production, ("TOKEN", ConfigVar.Secret("correct horse")));
        await keys.RotateAsync(default);
        using var reading = new ManualResetEventSlim();
        keys.BeforeRewrap = reading.Wait;
        var both = new[] { Task.Run(async () => await host.Secrets.RewrapAsync(false)), Task.Run(async () => await host.Secrets.RewrapAsync(false)) };
        reading.Set();
        (await Task.WhenAll(both)).Should().BeEquivalentTo([new RewrapReport(1, 0, 0, []), new RewrapReport(0, 1, 0, [])]);
    }

    [Fact]
    public async Task Needs_a_protector_whose_keys_can_change()
    {
        await using var none = await new FlowHost().StartAsync();
        (await none.Secrets.Awaiting(s => s.RewrapAsync(false).AsTask()).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("secret-rotation-unavailable");
    }

    [Fact]
    public async Task Does_not_pass_over_an_app_that_cannot_be_read()
    {
        await using var host = new FlowHost(flow => flow.Services.AddSingleton<ISecretProtector>(keys));
        await host.Store.CommitAsync(new() { Enqueue = [new(new("app", "wreck"), Encoding.UTF8.GetBytes("{}"))] }, default);
        var claim = (await host.Store.ClaimAsync("vandal", 1, TimeSpan.FromMinutes(1), default)).Single();
        await host.Store.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = Encoding.UTF8.GetBytes("no json") } }, default);
        await host.Store.ReleaseAsync(claim, TimeSpan.Zero, default);
        await host.StartAsync();

        (await host.Secrets.Awaiting(s => s.RewrapAsync(false).AsTask()).Should().ThrowAsync<FlowException>()).Which.Should().Match<FlowException>(e => e.Code == "state-unreadable" && e.InnerException is JsonException);
    }
}
