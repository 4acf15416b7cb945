using Flow.AddOns;
using Flow.Apps;
using Flow.Runs;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class An_attachment
{
    private static readonly AppName Reports = AppName.Parse("shop-reports");
    private static readonly Flow.Pipelines.PipelineDefinition Two = Definition with { Apps = [.. Definition.Apps, new() { Name = Reports, Stage = Stage.Staging, Branch = "main" }] };

    private static async Task<FlowHost> RunningAsync(bool shareable = true)
    {
        var flow = new FlowHost();
        flow.AddOns.Catalogue = flow.AddOns.Catalogue with { Shareable = shareable };
        flow.Source.Push("main", Commit(1));
        await flow.StartAsync(Two);
        await flow.DeployedAsync(Staging, 1);
        await flow.DeployedAsync(Reports, 1);
        return flow;
    }

    private static IReadOnlyDictionary<string, string> Seen(FlowHost flow, AppName app) => flow.Runtime.Running.Where(d => d.Key.App == app).MaxBy(d => d.Key.Number).Value.Environment;

    [Fact]
    public async Task Gives_an_app_anothers_instance_under_a_name_of_its_own_and_takes_it_back()
    {
        await using var flow = await RunningAsync();
        var attached = (await flow.Apps.AttachAddOnAsync(Reports, Staging, "data", "SHOP", "ada")).OrThrow();
        (await flow.EndedAsync(attached.Run!.Value)).Should().Match<RunState>(r => r.Status == RunStatus.Succeeded && r.Plan!.Kind == RunKind.Config);
        Seen(flow, Reports).Should().Contain("SHOP_URL", "fake://shop-staging.1.data").And.Contain("DATABASE_URL", "fake://shop-reports.1.data");
        (await flow.Apps.GetAsync(Reports))!.CurrentRelease!.AddOns.Select(a => a.Name).Should().Equal("data", "SHOP");
        (await flow.Apps.AttachAddOnAsync(Reports, Staging, "data", "SHOP", "ada")).Run.Should().BeNull("it is attached already");
        (await flow.Apps.AttachAddOnAsync(Reports, Production, "data", "SHOP", "ada")).Accepted.Should().BeFalse();

        var command = (await flow.Apps.RunCommandAsync(Reports, "./report", TimeSpan.FromMinutes(1), "ada")).OrThrow();
        await flow.EndedAsync(command.Run!.Value);
        flow.Runtime.Commands.Values.Should().ContainSingle(c => c.Command == "./report").Which.Environment.Should().BeEquivalentTo(Seen(flow, Reports), "a command sees what the processes see");

        flow.Source.Push("main", Commit(2));
        await flow.DeployedAsync(Reports, 2);
        Seen(flow, Reports).Should().ContainKey("SHOP_URL");

        var detached = (await flow.Apps.DetachAddOnAsync(Reports, "SHOP", "ada")).OrThrow();
        await flow.EndedAsync(detached.Run!.Value);
        Seen(flow, Reports).Should().NotContainKey("SHOP_URL");
        flow.AddOns.Instances.Should().ContainKey("shop-staging.1.data");
        (await flow.Apps.DetachAddOnAsync(Reports, "SHOP", "ada")).Code.Should().Be("attachment-unknown");
    }

    [Fact]
    public async Task Is_refused_where_the_provider_does_not_share_and_between_purposes()
    {
        await using var flow = await RunningAsync(shareable: false);
        (await flow.Apps.AttachAddOnAsync(Reports, Staging, "data", "SHOP", "ada")).Reason.Should().Contain("one app only");
        flow.AddOns.Catalogue = flow.AddOns.Catalogue with { Shareable = true };
        (await flow.Releases.PromoteAsync(Staging, [Production], null, "ada")).Answer.OrThrow();
        await flow.DeployedAsync(Production, 1);
        (await flow.Apps.AttachAddOnAsync(Reports, Production, "data", "SHOP", "ada")).Reason.Should().Contain("not shared between purposes");
        (await flow.Apps.AttachAddOnAsync(Reports, Staging, "nope", "SHOP", "ada")).Code.Should().Be("addon-unknown");
        (await flow.Apps.AttachAddOnAsync(Reports, Reports, "data", "SHOP", "ada")).Accepted.Should().BeFalse();
        (await flow.Apps.AttachAddOnAsync(Reports, Staging, "data", "shop", "ada")).Code.Should().Be("attachment-invalid");
        (await flow.Apps.AttachAddOnAsync(Reports, Staging, "data", "FLOW", "ada")).Code.Should().Be("attachment-invalid");
    }

    [Theory]
    [InlineData("""{ "addons": [ "db", { "plan": "db", "as": "DATABASE" } ] }""", "DATABASE_*")]
    [InlineData("""{ "addons": [ "db:huge" ] }""", "'huge' is no plan of db; there are default, small")]
    [InlineData("""{ "addons": [ { "plan": "db:small", "options": { "colour": "red" } } ] }""", "'colour' is no option of db")]
    public async Task That_nobody_could_tell_from_another_or_a_plan_that_there_is_not_is_refused_before_anything_is_built(string manifest, string reason)
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Files[Commit(1)] = new Dictionary<string, string> { ["app.json"] = manifest, ["Procfile"] = "web: ./web\n" };
        await flow.StartAsync(Definition with { AddOns = [], ReviewApps = null });
        await flow.AppAsync(Staging, a => a.Runs == 1 && a.Candidates.Count == 0, "its run ended");
        (await flow.EndedAsync(new(Staging, 1))).Reason.Should().Contain(reason);
        flow.Builder.Asked.Should().BeEmpty();
    }

    [Fact]
    public async Task And_a_plan_by_policy_is_said_on_the_release()
    {
        await using var flow = new FlowHost();
        flow.Source.Push("main", Commit(1));
        flow.Source.Files[Commit(1)] = new Dictionary<string, string> { ["app.json"] = """{ "addons": [ { "plan": "db:default", "as": "CACHE" } ] }""", ["Procfile"] = "web: ./web\n" };
        await flow.StartAsync(Definition with { AddOns = [], ReviewApps = null, AddOnPlans = [new("db", AddOnPurpose.Staging, "small")] });
        var app = await flow.DeployedAsync(Staging, 1);
        flow.AddOns.Instances["shop-staging.1.cache"].Plan.Should().Be("small");
        app.CurrentRelease!.Notes.Should().Contain(n => n.Contains("plan small") && n.Contains("default"));
        Seen(flow, Staging).Should().Contain("CACHE_URL", "fake://shop-staging.1.cache").And.NotContainKey("DATABASE_URL");
        await flow.EndedAsync((await flow.Apps.RunCommandAsync(Staging, "./warm-up", TimeSpan.FromMinutes(1), "ada")).OrThrow().Run!.Value);
        flow.Runtime.Commands.Values.Should().ContainSingle(c => c.Command == "./warm-up").Which.Environment.Should().ContainKey("CACHE_URL").And.NotContainKey("DATABASE_URL");
    }

    [Fact]
    public async Task And_credentials_are_replaced_and_what_runs_is_started_anew_and_no_rollback_revives_the_old_ones()
    {
        await using var flow = await RunningAsync();
        var rotated = (await flow.Apps.RotateAddOnAsync(Staging, "data", "ada")).OrThrow();
        (await flow.EndedAsync(rotated.Run!.Value)).Should().Match<RunState>(r => r.Status == RunStatus.Succeeded && r.Plan!.Steps.All(s => s.Kind != WellKnownSteps.Release));
        Seen(flow, Staging).Should().Contain("DATABASE_URL", "fake://1@shop-staging.1.data");
        var back = (await flow.Releases.RollBackAsync(Staging, 1, "ada")).OrThrow();
        await flow.EndedAsync(back.Run!.Value);
        Seen(flow, Staging).Should().Contain("DATABASE_URL", "fake://1@shop-staging.1.data");
        (await flow.Apps.RotateAddOnAsync(Staging, "nope", "ada")).Code.Should().Be("addon-unknown");
    }
}
