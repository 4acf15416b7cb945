using Flow.Apps;
using Flow.Manifests;
using Flow.Sources;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Apps;

public sealed class Config_in_layers
{
    private static readonly AppPolicy Review = Policy with { Stage = Stage.Review, Proposal = "pr-7" };

    private static ConfigValue Plain(string value, ConfigOrigin origin) => new(value, null, origin);
    private static Requirements Needs(params (string Name, EnvDeclaration Declared)[] env) => new("id", new() { Env = env.ToDictionary(e => e.Name, e => e.Declared) });
    private static Requirements Needs(IReadOnlyDictionary<string, string> generated, params (string Name, EnvDeclaration Declared)[] env) => Needs(env) with { Generated = generated };

    /// <summary>An app with a config; with a release, when it serves already.</summary>
    private static AppState App(AppPolicy policy, bool serves, params (string Name, ConfigValue Value)[] config) => new()
    {
        Life = AppLife.Active,
        Policy = policy,
        Config = 1,
        Configs = [new(1, config.ToDictionary(c => c.Name, c => c.Value), "ada", default)],
        Current = serves ? 1 : null,
    };

    [Theory]
    [InlineData(ConfigOrigin.Person, "theirs")]
    [InlineData(ConfigOrigin.Stage, "pipeline")]
    [InlineData(ConfigOrigin.Declaration, "pipeline")]
    [InlineData(ConfigOrigin.Manifest, "pipeline")]
    public void Let_what_a_person_set_on_the_app_go_before_the_stage(ConfigOrigin origin, string expected)
    {
        var policy = Review with { StageConfig = new Dictionary<string, ConfigValue> { ["A"] = Plain("pipeline", ConfigOrigin.Stage) } };
        ConfigLayers.Merge(App(policy, true, ("A", Plain("theirs", origin))), Needs(("A", new("manifest")))).Values["A"].Plain.Should().Be(expected);
    }

    [Fact]
    public void Take_back_what_the_pipeline_does_not_set_any_more_and_fall_back_to_the_manifest()
    {
        var merged = ConfigLayers.Merge(App(Review, true, ("A", Plain("old", ConfigOrigin.Stage)), ("B", Plain("old", ConfigOrigin.Stage))), Needs(("B", new("manifest"))));
        merged.Values.Should().NotContainKey("A").And.Contain("B", Plain("manifest", ConfigOrigin.Manifest));
    }

    [Fact]
    public void Give_a_new_app_all_that_its_manifest_has()
    {
        foreach (var policy in new[] { Review, Policy })
        {
            var merged = ConfigLayers.Merge(App(policy, false), Needs(new Dictionary<string, string> { ["KEY"] = "cipher" }, ("A", new("1")), ("B", new("", Required: true)), ("KEY", new(Generated: true)), ("C", new())));
            merged.Values.Should().Equal(new Dictionary<string, ConfigValue>
            {
                ["A"] = Plain("1", ConfigOrigin.Manifest),
                ["B"] = Plain("", ConfigOrigin.Manifest),
                ["KEY"] = new(null, "cipher", ConfigOrigin.Generated),
            });
            merged.Missing.Should().BeEmpty();
        }
    }

    [Fact]
    public void Take_back_a_value_that_the_manifest_declares_without_one_or_that_went_with_the_file()
    {
        var app = App(Review, true, ("A", Plain("1", ConfigOrigin.Manifest)), ("B", Plain("1", ConfigOrigin.Manifest)), ("C", Plain("1", ConfigOrigin.Person)));
        var merged = ConfigLayers.Merge(app, Needs(("A", new(Required: true)), ("B", new()), ("C", new(Required: true))));
        merged.Values.Should().Equal(new Dictionary<string, ConfigValue> { ["C"] = Plain("1", ConfigOrigin.Person) });
        merged.Missing.Should().Equal("A");
        ConfigLayers.Merge(app, null).Values.Keys.Should().Equal("C");
    }

    [Fact]
    public void Follow_the_manifest_with_each_push_to_an_ephemeral_app()
    {
        var app = App(Review, true, ("SAME", Plain("1", ConfigOrigin.Manifest)), ("CHANGED", Plain("1", ConfigOrigin.Manifest)), ("GONE", Plain("1", ConfigOrigin.Manifest)), ("MINE", Plain("1", ConfigOrigin.Person)));
        var merged = ConfigLayers.Merge(app, Needs(("SAME", new("1")), ("CHANGED", new("2")), ("NEW", new("3")), ("MINE", new("4"))));
        merged.Values.Should().Equal(new Dictionary<string, ConfigValue>
        {
            ["SAME"] = Plain("1", ConfigOrigin.Manifest),
            ["CHANGED"] = Plain("2", ConfigOrigin.Manifest),
            ["NEW"] = Plain("3", ConfigOrigin.Manifest),
            ["MINE"] = Plain("1", ConfigOrigin.Person),
        });
        merged.Notes.Should().HaveCount(4).And.Contain(n => n.StartsWith("CHANGED is set anew")).And.Contain(n => n.StartsWith("GONE is removed")).And.Contain(n => n.StartsWith("NEW is set")).And.Contain(n => n.StartsWith("MINE stays"));
    }

    [Fact]
    public void Follow_the_manifest_when_a_value_becomes_a_generated_secret_or_somebody_elses_and_back()
    {
        var app = App(Review, true, ("KEY", Plain("changeme", ConfigOrigin.Manifest)), ("ASKED", Plain("1", ConfigOrigin.Manifest)), ("MAY", Plain("1", ConfigOrigin.Manifest)), ("WAS", new(null, "cipher", ConfigOrigin.Generated)), ("MINE", Plain("1", ConfigOrigin.Person)));
        var merged = ConfigLayers.Merge(app, Needs(new Dictionary<string, string> { ["KEY"] = "new", ["MINE"] = "new" }, ("KEY", new(Required: true, Generated: true)), ("ASKED", new(Required: true)), ("MAY", new()), ("WAS", new("plain")), ("MINE", new(Generated: true))));
        merged.Values.Should().Equal(new Dictionary<string, ConfigValue>
        {
            ["KEY"] = new(null, "new", ConfigOrigin.Generated),
            ["WAS"] = Plain("plain", ConfigOrigin.Manifest),
            ["MINE"] = Plain("1", ConfigOrigin.Person),
        });
        merged.Missing.Should().Equal("ASKED");
        merged.Notes.Should().Contain(n => n.StartsWith("MAY is removed")).And.Contain(n => n.StartsWith("KEY is generated"));
    }

    [Fact]
    public void Leave_a_permanent_app_as_it_is_but_for_what_is_kept_in_step_or_cannot_be_missing()
    {
        var app = App(Policy, true, ("OLD", Plain("1", ConfigOrigin.Manifest)), ("GONE", Plain("1", ConfigOrigin.Manifest)), ("SYNC", Plain("1", ConfigOrigin.Manifest)), ("MINE", Plain("1", ConfigOrigin.Person)));
        var merged = ConfigLayers.Merge(app, Needs(("OLD", new("2")), ("SYNC", new("2", Sync: true)), ("MINE", new("2", Sync: true)), ("NEW", new("2")), ("NEEDED", new("2", Required: true)), ("LATER", new("2", Sync: true))));
        merged.Values.ToDictionary(v => v.Key, v => v.Value.Plain).Should().Equal(new Dictionary<string, string?>
        {
            ["OLD"] = "1", ["GONE"] = "1", ["SYNC"] = "2", ["MINE"] = "2", ["NEEDED"] = "2", ["LATER"] = "2",
        });
        merged.Notes.Should().Contain(n => n.StartsWith("NEW is not set")).And.Contain(n => n.StartsWith("OLD stays"));
    }

    [Fact]
    public void Keep_a_generated_secret_for_life()
    {
        var app = App(Review, true, ("KEY", new(null, "first", ConfigOrigin.Generated)));
        ConfigLayers.Merge(app, Needs(new Dictionary<string, string> { ["KEY"] = "second" }, ("KEY", new(Generated: true)))).Values["KEY"].Ciphertext.Should().Be("first");
        ConfigLayers.Merge(app, Needs()).Values.Should().ContainKey("KEY", "a line that is missing takes no secret away");
    }

    [Fact]
    public void Name_all_that_is_missing_at_once()
    {
        var needs = Needs(("A", new(Required: true, Description: "From the billing team")), ("B", new(Required: true)), ("C", new()), ("D", new("d", Required: true)), ("E", new(Required: true)));
        var app = App(Review with { StageConfig = new Dictionary<string, ConfigValue> { ["E"] = Plain("e", ConfigOrigin.Stage) } }, false);
        ConfigLayers.Merge(app, needs).Missing.Should().Equal("A", "B");
        ConfigLayers.Lacking(app, needs, Trust.Trusted).Should().Contain("A (From the billing team), B.");
        ConfigLayers.Lacking(App(Review, false, ("A", Plain("", ConfigOrigin.Person)), ("B", Plain("b", ConfigOrigin.Person)), ("E", Plain("e", ConfigOrigin.Person))), needs, Trust.Trusted).Should().BeNull();
        ConfigLayers.Lacking(app, null, Trust.Approved).Should().BeNull();
    }

    [Fact]
    public void Give_approved_code_what_lies_below_what_a_person_set_on_the_app()
    {
        var app = App(Review with { StageConfig = new Dictionary<string, ConfigValue> { ["S"] = Plain("stage", ConfigOrigin.Stage) } }, true,
            ("S", Plain("theirs", ConfigOrigin.Person)), ("M", Plain("theirs", ConfigOrigin.Person)), ("P", Plain("theirs", ConfigOrigin.Person)), ("G", new(null, "cipher", ConfigOrigin.Generated)));
        var needs = Needs(("S", new(Required: true)), ("M", new("manifest", Required: true)), ("G", new(Required: true, Generated: true)));
        ConfigLayers.For(Trust.Approved, app.Policy!, ConfigLayers.Merge(app, needs).Values, needs.Manifest).Should().Equal(new Dictionary<string, ConfigValue>
        {
            ["S"] = Plain("stage", ConfigOrigin.Stage),
            ["M"] = Plain("manifest", ConfigOrigin.Manifest),
            ["G"] = new(null, "cipher", ConfigOrigin.Generated),
        });
        ConfigLayers.Lacking(app, needs, Trust.Approved).Should().BeNull();
        needs = Needs(("P", new(Required: true)), ("O", new()));
        ConfigLayers.Lacking(app, needs, Trust.Trusted).Should().BeNull();
        ConfigLayers.Lacking(app, needs, Trust.Approved).Should().Contain(": P.", "only a person has given it, and to this app alone");
    }

    [Fact]
    public void Never_say_a_value()
    {
        var app = App(Review with { StageConfig = new Dictionary<string, ConfigValue> { ["S"] = Plain("val-s", ConfigOrigin.Stage) } }, true, ("A", Plain("val-a", ConfigOrigin.Manifest)), ("B", Plain("val-b", ConfigOrigin.Person)), ("C", Plain("val-c", ConfigOrigin.Manifest)));
        ConfigLayers.Merge(app, Needs(("A", new("val-new")), ("B", new("val-other")), ("D", new("val-d")))).Notes.Should().HaveCountGreaterThan(4).And.NotContain(n => n.Contains("val-"));
    }

    [Fact]
    public void Say_no_more_than_anybody_reads()
    {
        var needs = Needs([.. Enumerable.Range(0, 200).Select(i => ($"V{i}", new EnvDeclaration("x")))]);
        ConfigLayers.Merge(App(Review, false), needs).Notes.Should().HaveCount(51).And.EndWith("... and 150 more.");
    }
}
