using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Core.Tests.Flows;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Secrets;
using Microsoft.Extensions.DependencyInjection;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

public sealed class Config_of_a_stage
{
    private static ChangeStageConfig Set(string name, ConfigValue? value, Stage stage = Stage.Review) => new(stage, new Dictionary<string, ConfigValue?> { [name] = value }, "ada");
    private static ConfigValue Plain(string value) => new(value, null, ConfigOrigin.Stage);
    private static ConfigValue Cipher(string value) => new(null, value, ConfigOrigin.Stage);

    [Fact]
    public void Reaches_every_review_app_over_what_is_declared()
    {
        var pipeline = OnPaperReviews.With(new() { Config = new Dictionary<string, string> { ["A"] = "declared", ["B"] = "declared" } });
        var first = pipeline.Sees(1, Proposal("pr-7", 7)).Said<DefineApp>().Single(d => d.Policy.Proposal == "pr-7").Policy;
        first.StageConfig.Should().BeEquivalentTo(new Dictionary<string, ConfigValue> { ["A"] = Plain("declared"), ["B"] = Plain("declared") });

        var changed = pipeline.Tell(Set("A", Cipher("sealed")));
        var second = changed.Said<DefineApp>(AppDecider.StreamOf(OnPaperReviews.AppOf("pr-7"))).Should().ContainSingle().Which.Policy;
        second.StageConfig.Should().BeEquivalentTo(new Dictionary<string, ConfigValue> { ["A"] = Cipher("sealed"), ["B"] = Plain("declared") });
        second.Fingerprint.Should().NotBe(first.Fingerprint);
        changed.Said<DefineApp>(AppDecider.StreamOf(Staging)).Should().BeEmpty("permanent apps have config of their own");
        pipeline.Tell(Set("A", null)).Said<DefineApp>().Single().Policy.Fingerprint.Should().Be(first.Fingerprint, "equal policies have equal fingerprints");
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8)).Said<DefineApp>().Single().Policy.StageConfig.Should().ContainKey("B");
    }

    [Fact]
    public void Has_versions_and_none_for_what_changes_nothing()
    {
        var pipeline = Pipeline();
        pipeline.Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        pipeline.Tell(Set("A", Plain("1")));
        pipeline.Tell(Set("A", Plain("1"))).Events.Should().BeEmpty();
        pipeline.Tell(Set("B", null)).Events.Should().BeEmpty();
        pipeline.Tell(Set("B", Plain("2")));
        pipeline.Tell(Set("T", Plain("3"), Stage.Test)).Said<DefineApp>().Should().BeEmpty();
        pipeline.State.ReviewConfig.Should().Match<StageConfig>(c => c.Version == 2 && c.By == "ada" && c.At == pipeline.Now && c.Values.Count == 2);
        pipeline.State.TestConfig.Should().Match<StageConfig>(c => c.Version == 1 && c.Values.ContainsKey("T"));
    }

    [Fact]
    public void Has_at_most_32_kilobytes()
    {
        var pipeline = Pipeline();
        pipeline.Tell(Set("A", Plain(new('x', 20_000))));
        pipeline.Tell(Set("B", Cipher(new('x', 20_000)))).Answer!.Code.Should().Be("config-too-large");
        pipeline.State.ReviewConfig!.Values.Keys.Should().Equal("A");
        pipeline.Tell(Set("A", Plain(new('x', 30_000)))).Answer!.Accepted.Should().BeTrue("it takes the place of the other");
    }

    [Fact]
    public void Is_wrapped_anew_without_a_new_version()
    {
        var pipeline = OnPaperReviews.With(new() { Create = ReviewAppCreation.ByHand });
        pipeline.Sees(1, Proposal("pr-7", 7), Proposal("pr-8", 8));
        pipeline.Tell(Set("A", Cipher("old-1")));
        pipeline.Tell(Set("T", Cipher("old-2"), Stage.Test));
        pipeline.Want("pr-7", new Dictionary<string, ConfigValue> { ["S"] = new(null, "old-3"), ["P"] = new("plain", null) });
        pipeline.Tell(new WantBranchApp("login", "login", OnPaperReviews.AppOf("login"), new Dictionary<string, ConfigValue> { ["S"] = new(null, "old-4") }, "ada"));

        var rewrapped = pipeline.Tell(new RewrapStageConfig(Enumerable.Range(1, 5).ToDictionary(n => $"old-{n}", n => $"new-{n}")));

        rewrapped.Said<DefineApp>(AppDecider.StreamOf(OnPaperReviews.AppOf("pr-7"))).Should().ContainSingle().Which.Policy.StageConfig["A"].Ciphertext.Should().Be("new-1", "the old key will be gone");
        pipeline.State.ReviewConfig.Should().Match<StageConfig>(c => c.Version == 1 && c.Values["A"].Ciphertext == "new-1" && c.Values["A"].Origin == ConfigOrigin.Stage);
        pipeline.State.TestConfig!.Values["T"].Ciphertext.Should().Be("new-2");
        pipeline.State.Proposals["pr-7"].Config!["S"].Ciphertext.Should().Be("new-3");
        pipeline.State.Proposals["pr-7"].Config!["P"].Plain.Should().Be("plain");
        pipeline.State.WantedBranches["login"].Config!["S"].Ciphertext.Should().Be("new-4");
        pipeline.Tell(new RewrapStageConfig(new Dictionary<string, string> { ["old-1"] = "new-1" })).Events.Should().BeEmpty();
    }

    [Fact]
    public async Task Is_sealed_for_its_place_before_it_leaves_the_call_and_its_secrets_are_never_read_back()
    {
        var protector = new Tags();
        await using var flow = new FlowHost(f => f.Services.AddSingleton<ISecretProtector>(protector));
        await flow.StartAsync();
        var answer = await flow.Pipelines.SetStageConfigAsync(FlowHost.Shop, Stage.Test, new Dictionary<string, ConfigVar?> { ["KEY"] = ConfigVar.Secret("hunter22"), ["LANG"] = ConfigVar.Plain("de") }, "ada");
        answer.Accepted.Should().BeTrue();

        (await flow.Pipelines.GetAsync(FlowHost.Shop))!.TestConfig!.Values["KEY"].Should().Be(new ConfigValue(null, "<pipeline/shop/test/config/KEY>", ConfigOrigin.Stage));
        var read = await flow.Pipelines.GetStageConfigAsync(FlowHost.Shop, Stage.Test);
        read!.Vars.Should().BeEquivalentTo(new Dictionary<string, string?> { ["KEY"] = null, ["LANG"] = "de" });
        read.Should().Match<StageConfigView>(c => c.Version == 1 && c.By == "ada");
        (await flow.Pipelines.GetStageConfigAsync(FlowHost.Shop, Stage.Review)).Should().BeNull();
    }

    [Fact]
    public async Task Is_checked_before_anything_is_encrypted()
    {
        var protector = new Tags();
        await using var flow = new FlowHost(f => f.Services.AddSingleton<ISecretProtector>(protector));
        await flow.StartAsync();
        var refused = await flow.Pipelines.SetStageConfigAsync(FlowHost.Shop, Stage.Review, new Dictionary<string, ConfigVar?> { ["KEY"] = ConfigVar.Secret("short"), ["FLOW_X"] = ConfigVar.Plain("x"), ["9"] = ConfigVar.Plain("x") }, "ada");
        refused.Should().Match<Flow.Engine.Answer>(a => a.Code == "config-invalid" && a.Reason!.Contains("KEY") && a.Reason.Contains("FLOW_X") && a.Reason.Contains("'9'") && !a.Reason.Contains("short characters"));
        (await flow.Pipelines.SetStageConfigAsync(FlowHost.Shop, Stage.Review, new Dictionary<string, ConfigVar?> { ["KEY"] = ConfigVar.Secret(new('x', 40_000)) }, "ada")).Code.Should().Be("config-invalid");
        (await flow.Pipelines.SetStageConfigAsync(FlowHost.Shop, Stage.Production, new Dictionary<string, ConfigVar?>(), "ada")).Code.Should().Be("stage-invalid");
        protector.Sealed.Should().Be(0);

        await using var bare = await new FlowHost().StartAsync();
        (await bare.Pipelines.SetStageConfigAsync(FlowHost.Shop, Stage.Review, new Dictionary<string, ConfigVar?> { ["KEY"] = ConfigVar.Secret("hunter22") }, "ada")).Reason.Should().Contain("ISecretProtector");
    }

    /// <summary>Encrypts to the place and nothing else.</summary>
    private sealed class Tags : ISecretProtector
    {
        public int Sealed { get; private set; }

        public string Protect(string purpose, string value)
        {
            Sealed++;
            return $"<{purpose}>";
        }

        public string Unprotect(string purpose, string ciphertext) => ciphertext == $"<{purpose}>" ? "hunter22" : throw new FlowException("secret-unreadable", "It belongs elsewhere.");
    }
}
