using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Releases;
using Flow.Runs;
using Flow.Secrets;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Secrets;

public sealed class A_rewrap_on_paper
{
    private static ChangeConfig Sets(params (string Name, ConfigValue? Value)[] vars) => new(vars.ToDictionary(v => v.Name, v => v.Value), "ada");
    private static ConfigValue Secret(string ciphertext, ConfigOrigin origin = ConfigOrigin.Person) => new(null, ciphertext, origin);
    private static RewrapConfig Rewraps(params (string Old, string New)[] pairs) => new(pairs.ToDictionary(p => p.Old, p => p.New));

    [Fact]
    public void Replaces_ciphertexts_in_every_version_and_starts_nothing()
    {
        var app = Released(1);
        app.Tell(Sets(("TOKEN", Secret("old-1")), ("PLAIN", new("old-1", null))), Asks(2), Succeeded(2));
        app.Tell(Sets(("OTHER", Secret("old-2", ConfigOrigin.Generated))), Asks(3), Succeeded(3));
        var before = app.State;

        var told = app.Tell(Rewraps(("old-1", "new-1"), ("old-2", "new-2")));

        told.Answer!.Accepted.Should().BeTrue();
        told.Events.Should().ContainSingle().Which.Should().BeOfType<ConfigRewrapped>();
        told.Messages.Should().BeEmpty();
        app.State.Configs.Should().HaveCount(2);
        app.State.Configs[0].Values.Should().BeEquivalentTo(new Dictionary<string, ConfigValue> { ["TOKEN"] = Secret("new-1"), ["PLAIN"] = new("old-1", null) });
        app.State.Configs[1].Values["TOKEN"].Should().Be(Secret("new-1"), "one secret stays one");
        app.State.Configs[1].Values["OTHER"].Should().Be(Secret("new-2", ConfigOrigin.Generated));
        (app.State with { Configs = before.Configs }).Should().BeEquivalentTo(before, "nothing else changes");
    }

    [Fact]
    public void Ignores_what_is_not_there_any_more_and_what_was_heard_before()
    {
        var app = Released(1);
        app.Tell(Sets(("TOKEN", Secret("old"))), Asks(2), Succeeded(2));
        app.Tell(Rewraps(("gone", "new"))).Events.Should().BeEmpty();
        app.Tell(Rewraps(("gone", "x"), ("old", "new"))).Events.Should().ContainSingle().Which.Should().BeOfType<ConfigRewrapped>().Which.Ciphertexts.Should().BeEquivalentTo(new Dictionary<string, string> { ["old"] = "new" });
        app.Tell(Rewraps(("old", "newer"))).Events.Should().BeEmpty();
        app.Tell(Rewraps(("new", "new"))).Events.Should().BeEmpty();
        app.State.Configs[^1].Values["TOKEN"].Ciphertext.Should().Be("new");
    }

    [Fact]
    public void Reaches_what_the_stage_gives_also_in_the_life_to_come_and_after_the_last()
    {
        var policy = Policy with { StageConfig = new Dictionary<string, ConfigValue> { ["STAGE"] = Secret("old", ConfigOrigin.Stage), ["PLAIN"] = new("1", null) } };
        var app = App(policy);
        app.Tell(Head(1), Asks(1), Succeeded(1), new DestroyApp("asked for", "ada"), new DefineApp(policy));
        app.State.Rebirth.Should().NotBeNull();

        app.Tell(Rewraps(("old", "new")));
        app.State.Policy!.StageConfig["STAGE"].Should().Be(Secret("new", ConfigOrigin.Stage));
        app.State.Rebirth!.Policy.StageConfig.Should().BeEquivalentTo(new Dictionary<string, ConfigValue> { ["STAGE"] = Secret("new", ConfigOrigin.Stage), ["PLAIN"] = new("1", null) });

        var dead = App(policy);
        dead.Tell(Head(1), Asks(1), Succeeded(1), new DestroyApp("asked for", "ada"), Asks(2), Succeeded(2));
        dead.State.Life.Should().Be(AppLife.Destroyed);
        dead.Tell(Rewraps(("old", "new"))).Answer!.Accepted.Should().BeTrue();
        dead.State.Policy!.StageConfig["STAGE"].Ciphertext.Should().Be("new");
    }

    [Fact]
    public void Leaves_a_rollback_its_secret()
    {
        var app = Released(1);
        app.Tell(Sets(("TOKEN", Secret("old-1"))), Asks(2), Succeeded(2));
        app.Tell(Sets(("TOKEN", Secret("old-2"))), Asks(3), Succeeded(3));
        app.Tell(Rewraps(("old-1", "new-1"), ("old-2", "new-2")));
        app.Tell(new RequestRollback(2, "ada"));
        app.Tell(Asks(4)).Said<SlotGranted>().Single().Grant.Config["TOKEN"].Ciphertext.Should().Be("new-1");
    }

    [Fact]
    public void Knows_which_secrets_are_bound_to_the_stage()
    {
        var app = App(Policy with { StageConfig = new Dictionary<string, ConfigValue> { ["A"] = Secret("a", ConfigOrigin.Stage) } });
        app.Tell(Sets(("B", Secret("b", ConfigOrigin.Stage)), ("C", Secret("c")), ("D", new("d", null))));
        AppDecider.CiphertextsOf(app.State).Select(c => (c.Stage is not null, c.Name, c.Ciphertext)).Should().BeEquivalentTo([(true, "A", "a"), (true, "B", "b"), (false, "C", "c")]);
    }

    [Fact]
    public void Is_told_in_pieces_of_bounded_size()
    {
        var many = Enumerable.Range(0, 250).ToDictionary(n => $"old-{n}", n => $"new-{n}");
        var pieces = SecretKeys.Chunks(many).ToList();
        pieces.Select(p => p.Count).Should().Equal(100, 100, 50);
        pieces.SelectMany(p => p).Should().BeEquivalentTo(many);

        var long1 = new string('x', 100_000);
        SecretKeys.Chunks(Enumerable.Range(0, 3).ToDictionary(n => $"{n}{long1}", n => $"{n}y{long1}")).Select(p => p.Count).Should().Equal(1, 1, 1);
        SecretKeys.Chunks([]).Should().BeEmpty();
    }
}
