using Flow.AddOns;
using Flow.Apps;
using Flow.Core.Tests.Engine;
using Flow.Manifests;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Sources;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Apps;

public sealed class What_code_asks_for
{
    private static readonly AppPolicy Review = Policy with { Stage = Stage.Review, Proposal = "pr-7", AddOnServices = new Dictionary<string, string> { ["heroku-redis"] = "redis", ["papertrail"] = "" } };
    private static readonly AppManifest Manifest = new()
    {
        Env = new Dictionary<string, EnvDeclaration> { ["A"] = new("1"), ["KEY"] = new(Generated: true) },
        AddOns = [new("db", "small", "MAIN_DB"), new("heroku-redis:ignored"), new("heroku-redis", "premium"), new("papertrail"), new("db")],
        Processes = new Dictionary<string, ProcessDeclaration> { ["worker"] = new(2), ["cron"] = new(1) },
        Scripts = new() { PostDeploy = "./seed", PrPredestroy = "./farewell", EveryDeploy = "./notify" },
    };

    private static FetchedSource Source(AppManifest manifest, string id = "m1", string? watched = null) =>
        new("tree", "a change", "ada", "key", null, watched, new(id, manifest, null, new Dictionary<string, string> { ["KEY"] = "cipher" }));

    private static RequestSlot Asks(int run, FetchedSource source) => new(Run(run), Artifact(run), source);

    [Fact]
    public void Comes_with_the_slot_in_one_commit()
    {
        var app = App(Review with { AddOns = [new() { Name = "data", Provider = "sqlite" }] });
        app.Tell(Head(1));
        var decision = app.Tell(Asks(1, Source(Manifest with { AddOns = [.. Manifest.AddOns.Where(a => a.Service != "heroku-redis:ignored")] })));

        var grant = decision.Said<SlotGranted>().Should().ContainSingle().Which.Grant;
        grant.Config.Should().Contain("A", new ConfigValue("1", null, ConfigOrigin.Manifest)).And.Contain("KEY", new ConfigValue(null, "cipher", ConfigOrigin.Generated));
        grant.AddOns.Select(a => (a.Name, a.Provider, a.Plan)).Should().Equal(("data", "sqlite", null), ("main-db", "db", "small"), ("heroku-redis", "redis", null), ("db", "db", null));
        grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn).Select(r => r.Name).Should().Equal("data", "main-db", "heroku-redis", "db");
        grant.Quantities.Should().Contain("worker", 2).And.Contain("web", 1);
        grant.Manifest!.Scripts.PostDeploy.Should().Be("./seed");
        grant.Notes.Should().Contain(n => n.Contains("cron") && n.Contains("not in the Procfile"));
        var release = app.State.Releases.Single();
        release.Should().Match<Release>(r => r.Config == app.State.Config && app.State.ManifestOf(r) == grant.Manifest);
        release.AddOns.Select(a => a.Id).Should().Contain("shop-staging.1.main-db");
    }

    [Fact]
    public void Ends_the_run_when_it_is_missing_and_nothing_is_intended()
    {
        var app = App(Review);
        app.Tell(Head(1));
        var needs = Source(new() { Env = new Dictionary<string, EnvDeclaration> { ["A"] = new(Required: true), ["B"] = new(Required: true) } });
        app.Tell(new CheckManifest(Run(1), needs)).Said<SlotRefused>().Should().ContainSingle().Which.Reason.Should().Contain("A, B");
        app.State.Ledger.Should().BeEmpty();
        app.Tell(Failed(1), Head(2));
        app.Tell(Asks(2, needs)).Said<SlotRefused>().Should().ContainSingle("it is looked at again when it matters");
        app.State.Slot.Should().BeNull();
        app.Tell(Failed(2), new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("", null), ["B"] = new("2", null) }, "ada"), Head(3));
        app.Tell(Asks(3, needs)).Said<SlotGranted>().Should().ContainSingle();
    }

    [Fact]
    public void That_is_missing_lets_the_next_one_have_the_slot()
    {
        var app = App(Review);
        app.Tell(Head(1), new HoldDeployments("wait", "ada"), Paper.Asks(1), new HeadObserved(2, Revision(2), "ada"));
        var decision = app.Tell(Asks(2, Source(new() { Env = new Dictionary<string, EnvDeclaration> { ["A"] = new(Required: true) } })));
        decision.Said<SlotRefused>().Should().ContainSingle();
        app.Tell(new ResumeDeployments("ada")).Said<SlotGranted>().Should().ContainSingle();
        app.State.Slot.Should().Be(Run(1));
    }

    [Fact]
    public void Is_read_anew_with_each_push_and_by_hand_counts_more()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1, Source(Manifest with { AddOns = [new("db")] })), Succeeded(1));
        app.Tell(new ScaleProcesses(new Dictionary<string, int> { ["worker"] = 5 }, "ada"), Paper.Asks(2), Succeeded(2), Head(2));
        var grant = app.Tell(Asks(3, Source(Manifest with { AddOns = [new("cache")], Env = new Dictionary<string, EnvDeclaration> { ["A"] = new("2") } }, "m2"))).Said<SlotGranted>().Single().Grant;
        grant.Config["A"].Plain.Should().Be("2");
        grant.Quantities.Should().Contain("worker", 5);
        grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn).Select(r => r.Name).Should().Equal("db", "cache");
        grant.Notes.Should().Contain("Add-on db is not declared any more; it stays until the app is destroyed.");
    }

    [Theory]
    [InlineData(RunStatus.Failed)]
    [InlineData(RunStatus.Cancelled)]
    public void And_failed_is_not_given_to_the_code_that_goes_on_serving(RunStatus outcome)
    {
        static Requirements Env(string id, params (string Name, string Value)[] env) => new(id, new() { Env = env.ToDictionary(e => e.Name, e => new EnvDeclaration(e.Value)) });
        var app = App(Review);
        app.Tell(Head(1), Asks(1, Source(Manifest) with { Needs = Env("m1", ("A", "good"), ("B", "kept")) }), Succeeded(1), Head(2));
        app.Tell(Asks(2, Source(Manifest) with { Needs = Env("m2", ("A", "bad"), ("C", "bad")) }));
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["D"] = new("theirs", null) }, "ada"), Failed(2, outcome));
        var grant = app.Tell(Paper.Asks(3)).Said<SlotGranted>().Single().Grant;
        grant.Artifact!.Digest.Should().Be(Artifact(1).Digest);
        grant.Config.ToDictionary(v => v.Key, v => v.Value.Plain).Should().Equal(new Dictionary<string, string?> { ["A"] = "good", ["B"] = "kept", ["D"] = "theirs" });
    }

    [Fact]
    public void And_failed_leaves_the_generated_secret_that_data_may_be_locked_with()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1, Source(new())), Succeeded(1), Head(2), Asks(2, Source(Manifest, "m2")), Failed(2));
        app.State.ConfigOf(app.State.Config).Keys.Should().Equal("KEY");
    }

    [Fact]
    public void Of_a_permanent_app_counts_until_one_of_its_releases_serves()
    {
        var app = App();
        app.Tell(Head(1), Asks(1, Source(Manifest)), Failed(1), Head(2));
        app.Tell(Asks(2, Source(Manifest with { Env = new Dictionary<string, EnvDeclaration> { ["A"] = new("2") } }, "m2"))).Said<SlotGranted>().Single().Grant.Config["A"].Plain.Should().Be("2");
    }

    [Fact]
    public void Gets_nothing_that_a_person_set_on_the_app_when_it_is_only_approved()
    {
        var app = App(Review);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("theirs", null), ["TOKEN"] = new(null, "cipher") }, "ada"), new HeadObserved(1, Revision(1, Trust.Approved)));
        var grant = app.Tell(new RequestSlot(Run(1), Artifact(1) with { Trust = Trust.Approved }, Source(Manifest))).Said<SlotGranted>().Single().Grant;
        grant.Config.ToDictionary(v => v.Key, v => v.Value.Plain).Should().Equal(new Dictionary<string, string?> { ["A"] = "1", ["KEY"] = null });
    }

    [Fact]
    public void Leaves_people_the_room_that_they_have_for_config()
    {
        var app = App(Review with { StageConfig = new Dictionary<string, ConfigValue> { ["S"] = new(new('s', 30_000), null, ConfigOrigin.Stage) } });
        app.Tell(Head(1), Asks(1, Source(Manifest with { Env = new Dictionary<string, EnvDeclaration> { ["M"] = new(new('m', 30_000)) } })), Succeeded(1));
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("1", null) }, "ada")).Answer!.Accepted.Should().BeTrue();
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["B"] = new(new('b', 33_000), null) }, "ada")).Answer!.Code.Should().Be("config-too-large");
    }

    [Fact]
    public void Never_gives_a_config_version_the_number_of_one_that_was_forgotten()
    {
        var app = Released(1);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("1", null) }, "ada"), Paper.Asks(2), Failed(2), new RequestRollback(1, "ada"));
        app.Tell(Failed(3));
        app.Tell(new RequestRollback(1, "ada"), Paper.Asks(4), Succeeded(4), new ResumeDeployments("ada"), Head(9), Paper.Asks(5), Failed(5));
        var forgotten = app.State.FindRelease(2)!.Config;
        app.State.Configs.Should().NotContain(c => c.Version == forgotten);
        app.Tell(new ChangeConfig(new Dictionary<string, ConfigValue?> { ["B"] = new("2", null) }, "ada"));
        app.State.Config.Should().BeGreaterThan(forgotten);
    }

    private static IEnumerable<string> AddOnsOf(SlotGrant grant) => grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn).Select(r => r.Id);

    [Fact]
    public void And_cannot_be_made_is_over_with_the_next_commit_and_left_to_the_teardown()
    {
        var app = App(Review);
        app.Tell(Head(1));
        AddOnsOf(app.Tell(Asks(1, Source(Manifest with { AddOns = [new("db")] }))).Said<SlotGranted>().Single().Grant).Should().Equal("shop-staging.1.db");
        app.Tell(Succeeded(1), Head(2), Asks(2, Source(Manifest with { AddOns = [new("db"), new("broken", "unknown")] }, "m2")), Failed(2), Head(3));
        AddOnsOf(app.Tell(Asks(3, Source(Manifest with { AddOns = [] }, "m3"))).Said<SlotGranted>().Single().Grant).Should().Equal("shop-staging.1.db");
        app.State.Releases[^1].AddOns.Select(a => a.Name).Should().Equal("db");
        app.Tell(Succeeded(3), new RunCommand("ls", TimeSpan.FromMinutes(1), "ada"), new RunEnded(Run(4), RunStatus.Succeeded, null, []), new DestroyApp("closed", "Flow"));
        AddOnsOf(app.Tell(Paper.Asks(5)).Said<SlotGranted>().Single().Grant).Should().Equal("shop-staging.1.db", "shop-staging.1.broken");
    }

    [Fact]
    public void And_cannot_be_made_is_made_by_another_provider_under_the_same_name()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1, Source(Manifest with { AddOns = [new("broken", As: "MAIN")] })), Failed(1), Head(2));
        var grant = app.Tell(Asks(2, Source(Manifest with { AddOns = [new("db", As: "MAIN")] }, "m2"))).Said<SlotGranted>().Single().Grant;
        grant.Ledger.Where(r => r.Kind == ResourceKind.AddOn).Should().Equal(new OwnedResource(ResourceKind.AddOn, "shop-staging.1.main.db", "db", "main"));
        app.Tell(Succeeded(2), Head(3));
        grant = app.Tell(Asks(3, Source(Manifest with { AddOns = [new("other", As: "MAIN")] }, "m3"))).Said<SlotGranted>().Single().Grant;
        AddOnsOf(grant).Should().Equal("shop-staging.1.main.db");
        grant.Notes.Should().Contain("Add-on main stays with the provider that it has; other is for new apps.");
    }

    [Fact]
    public void Is_told_apart_from_what_the_pipeline_has_under_the_name_that_it_would_get()
    {
        var policy = Review with { AddOns = [new() { Name = "db-2", Provider = "sqlite" }] };
        AddOnWishes.Of(policy, Manifest with { AddOns = [new("db"), new("db")] }).Select(w => w.Name).Should().Equal("db-2", "db", "db-3");
    }

    [Fact]
    public void Goes_back_with_a_rollback()
    {
        var app = App();
        app.Tell(Head(1), Asks(1, Source(Manifest)), Succeeded(1), Head(2), Asks(2, Source(Manifest with { Scripts = new() { EveryDeploy = "./other" } }, "m2")), Succeeded(2));
        app.Tell(new RequestRollback(1, "ada"));
        app.Tell(Paper.Asks(3)).Said<SlotGranted>().Single().Grant.Manifest!.Scripts.EveryDeploy.Should().Be("./notify");
        app.State.Releases[^1].Manifest.Should().Be(app.State.Releases[0].Manifest);
    }

    [Fact]
    public void Is_kept_for_a_rollback_that_waits_until_its_release_has_expired()
    {
        var app = App(Policy with { ReleasesKept = 2 });
        app.Tell(Head(1), Asks(1, Source(Manifest)), Succeeded(1), Head(2), Asks(2, Source(Manifest, "m2")), Succeeded(2), Head(3), Asks(3, Source(Manifest, "m3")));
        app.Tell(new RequestRollback(1, "ada"), Succeeded(3));
        app.State.FindRelease(1)!.State.Should().Be(ReleaseState.Expired, "the run was past its switch");
        app.Tell(Paper.Asks(4)).Said<SlotGranted>().Single().Grant.Should().Match<SlotGrant>(g => g.Manifest == Manifest && g.Quantities["worker"] == 2);
    }

    [Fact]
    public void Goes_back_with_a_rollback_also_when_that_had_to_wait_until_its_release_expired()
    {
        var app = App(Policy with { ReleasesKept = 1 });
        app.Tell(Head(1), Asks(1, Source(Manifest)), Succeeded(1), Head(2), Asks(2, Source(Manifest, "m2")));
        app.Tell(new RequestRollback(1, "ada"), Succeeded(2));
        app.State.FindRelease(1)!.State.Should().Be(ReleaseState.Expired);
        app.Tell(Paper.Asks(3)).Said<SlotGranted>().Single().Grant.Manifest.Should().Be(Manifest);
    }

    [Fact]
    public void Is_generated_once_whatever_fails_and_goes_back()
    {
        var app = App(Policy with { ReleasesKept = 1 });
        var required = Manifest with { Env = new Dictionary<string, EnvDeclaration> { ["KEY"] = new(Required: true, Generated: true) } };
        app.Tell(Head(1), Asks(1, new("tree", "s", "a", "key")), Succeeded(1), Head(2), Asks(2, Source(required)), Failed(2));
        app.Tell(new RequestRollback(1, "ada"), Paper.Asks(3), Succeeded(3), new ResumeDeployments("ada"), Head(3));
        app.State.ConfigOf(app.State.Config).Should().BeEmpty();
        var grant = app.Tell(Asks(4, Source(required) with { Needs = new("m2", required, null, new Dictionary<string, string> { ["KEY"] = "another" }) })).Said<SlotGranted>().Single().Grant;
        grant.Config.Should().Contain("KEY", new ConfigValue(null, "cipher", ConfigOrigin.Generated), "what the release phase of v2 wrote can still be read");
    }

    [Fact]
    public void That_a_promotion_lacks_ends_it_for_good_also_when_it_is_told_of_again()
    {
        var offer = new ReceivePromotion(new("p", AppName.Parse("shop-development"), 1), Shop, Stage.Development, Artifact(1), null, "ada", Needs: new("m1", new() { Env = new Dictionary<string, EnvDeclaration> { ["A"] = new(Required: true) } }));
        var app = App();
        app.Tell(offer);
        app.Tell(Paper.Asks(1)).Said<SlotRefused>().Should().ContainSingle();
        app.Tell(Failed(1));
        app.Tell(offer).Events.Should().BeEmpty();
    }

    [Fact]
    public void Follows_a_config_change_and_a_restart()
    {
        var app = App();
        app.Tell(Head(1), Asks(1, Source(Manifest)), Succeeded(1), new ChangeConfig(new Dictionary<string, ConfigValue?> { ["X"] = new("1", null) }, "ada"));
        app.Tell(Paper.Asks(2)).Said<SlotGranted>().Single().Grant.Manifest.Should().Be(Manifest);
        app.Tell(Succeeded(2), new RestartProcesses("ada"));
        app.Tell(Paper.Asks(3)).Said<SlotGranted>().Single().Grant.Should().Match<SlotGrant>(g => g.Manifest == Manifest && g.Config.ContainsKey("X"));
    }

    [Fact]
    public void Is_forgotten_with_its_last_release()
    {
        var app = App();
        for (var i = 1; i < 40; i++) app.Tell(Head(i), Asks(i, Source(Manifest, $"m{i}")), i % 3 == 0 ? Failed(i) : Succeeded(i));
        app.State.Manifests.Should().HaveCountLessThan(6).And.Contain(m => m.Id == app.State.CurrentRelease!.Manifest);
        app.State.Releases.Where(r => r.Eligible).Should().OnlyContain(r => app.State.Manifests.Any(m => m.Id == r.Manifest));
    }

    [Fact]
    public void Travels_with_a_promotion_as_the_target_stage_has_it()
    {
        var production = AppName.Parse("shop-production");
        var staging = App();
        var later = new Dictionary<Stage, AppManifest> { [Stage.Production] = new() { Env = new Dictionary<string, EnvDeclaration> { ["A"] = new("live"), ["KEY"] = new(Generated: true) } } };
        staging.Tell(Head(1), new RequestSlot(Run(1), Artifact(1), new("tree", "s", "a", "key", null, "w", new("m1", Manifest, later, new Dictionary<string, string> { ["KEY"] = "of staging" }))), Succeeded(1));
        var offer = staging.Tell(new RequestPromotion("p", null, [production], "ada", new Dictionary<string, IReadOnlyDictionary<string, string>> { ["shop-production"] = new Dictionary<string, string> { ["KEY"] = "of production" } }))
            .Said<ReceivePromotion>().Single();

        var target = App(Policy with { Stage = Stage.Production });
        target.Tell(offer);
        var grant = target.Tell(Paper.Asks(1)).Said<SlotGranted>().Single().Grant;
        grant.Config.ToDictionary(v => v.Key, v => v.Value.Plain ?? v.Value.Ciphertext).Should().Equal(new Dictionary<string, string?> { ["A"] = "live", ["KEY"] = "of production" });
        target.State.Releases.Single().Should().Match<Release>(r => r.Watched == "w" && r.Manifest == "m1/production");
        staging.State.CurrentRelease!.Manifest.Should().Be("m1/staging");
    }

    [Fact]
    public void Is_not_deployed_again_when_nothing_that_matters_has_changed()
    {
        var app = App();
        app.Tell(Head(1), Asks(1, Source(Manifest, watched: "a")), Succeeded(1), Head(2));
        app.Tell(new CheckManifest(Run(2), Source(Manifest, watched: "a"))).Said<CancelRun>().Should().ContainSingle().Which.Reason.Should().Contain("v1");
        app.Tell(Failed(2, RunStatus.Cancelled), Head(3));
        app.Tell(new CheckManifest(Run(3), Source(Manifest, watched: "b"))).Messages.Should().BeEmpty();
        app.Tell(Asks(3, Source(Manifest, watched: "b"))).Said<SlotGranted>().Should().ContainSingle();
        app.Tell(Succeeded(3), new HeadObserved(4, Revision(4), "ada"));
        app.Tell(new CheckManifest(Run(4), Source(Manifest, watched: "b"))).Messages.Should().BeEmpty("somebody asked for it");
        app.Tell(Asks(4, Source(Manifest, watched: "b"))).Said<SlotGranted>().Should().ContainSingle();
    }

    [Fact]
    public void That_goes_back_to_what_serves_supersedes_what_was_on_its_way()
    {
        var app = App();
        app.Tell(Head(1), Asks(1, Source(Manifest, watched: "a")), Succeeded(1), Head(2), Head(3));
        app.Tell(new CheckManifest(Run(3), Source(Manifest, watched: "a"))).Messages.Should().BeEmpty("the other one may be deployed before");
        var decision = app.Tell(Asks(3, Source(Manifest, watched: "a")));
        decision.Said<CancelRun>().Should().HaveCount(2);
        app.State.Candidates.Should().OnlyContain(c => c.Leaving);
        app.Tell(Asks(2, Source(Manifest, watched: "b"))).Said<SlotGranted>().Should().BeEmpty("it is older");
    }

    [Fact]
    public void Once_done_is_not_done_again_in_this_life()
    {
        var app = App(Review);
        app.Tell(Head(1));
        app.Tell(Asks(1, Source(Manifest))).Said<SlotGranted>().Single().Grant.SetUp.Should().BeFalse();
        app.Tell(new RunEnded(Run(1), RunStatus.Succeeded, null, [], [new("postdeploy", "exit code 1", 1, default, default, Failed: true)]), Head(2));
        app.State.Should().Match<AppState>(a => !a.SetUp && a.SetUpProblem!.Contains("postdeploy of v1: exit code 1") && a.Current == 1);
        app.Tell(Asks(2, Source(Manifest))).Said<SlotGranted>().Single().Grant.SetUp.Should().BeFalse();
        app.Tell(new RunEnded(Run(2), RunStatus.Succeeded, null, [], null, SetUp: true), Head(3));
        app.State.Should().Match<AppState>(a => a.SetUp && a.SetUpProblem == null);
        app.Tell(Asks(3, Source(Manifest))).Said<SlotGranted>().Single().Grant.SetUp.Should().BeTrue();
        app.Tell(Succeeded(3), new DestroyApp("closed", "Flow"), Paper.Asks(4));
        app.Tell(Succeeded(4), new DefineApp(Review), Head(9));
        app.Tell(Asks(5, Source(Manifest))).Said<SlotGranted>().Single().Grant.SetUp.Should().BeFalse("it is another life");
    }

    [Fact]
    public void Is_given_to_the_last_word_before_the_end_and_the_pipeline_hears_of_the_end()
    {
        var app = App(Review);
        app.Tell(Head(1), Asks(1, Source(Manifest)), Succeeded(1), new DestroyApp("closed", "Flow"));
        app.Tell(Paper.Asks(2)).Said<SlotGranted>().Single().Grant.Should().Match<SlotGrant>(g => g.Artifact!.Digest == Artifact(1).Digest && g.Manifest == Manifest && g.Config.ContainsKey("A"));
        app.Tell(Succeeded(2)).Said<ReviewAppGone>(PipelineDecider.StreamOf(Shop)).Should().ContainSingle().Which.Should().Be(new ReviewAppGone("pr-7", Staging, SeenUntil: 1));
    }

    [Fact]
    public void Is_told_to_the_pipeline_as_gone_when_there_was_nothing_of_its_to_destroy()
    {
        var gone = new ReviewAppGone("pr-7", Staging, Read: true, SeenUntil: 5);
        var mine = new DestroyApp("closed", "Flow", new(Shop, "pr-7"), SeenUntil: 5);
        new OnPaper<AppState, AppInput, AppEvent>(new AppDecider(), AppDecider.StreamOf(Staging)).Tell(mine).Said<ReviewAppGone>().Should().ContainSingle("it has never been").Which.Should().Be(gone);
        App().Tell(mine).Said<ReviewAppGone>().Should().ContainSingle("it is somebody else's");

        var app = App(Review);
        app.Tell(Head(9));
        app.Tell(mine).Said<ReviewAppGone>().Should().ContainSingle("it is a newer life");
        app.Tell(mine with { SeenUntil = 9 }).Said<ReviewAppGone>().Should().BeEmpty("it is being destroyed");
        app.Tell(Failed(1, RunStatus.Cancelled), Paper.Asks(2), Succeeded(2));
        app.Tell(mine with { SeenUntil = 12 }).Said<ReviewAppGone>().Should().ContainSingle("it has been destroyed");
    }

    [Fact]
    public void Gets_an_add_ons_new_credentials_as_a_release_without_release_phase()
    {
        var app = App(Policy with { AddOns = [new() { Name = "data", Provider = "sqlite" }] });
        app.Tell(new AddOnChanged("data", "provider")).Answer!.Reason.Should().Contain("none of that name");
        app.Tell(Head(1), Paper.Asks(1), Succeeded(1));
        app.Tell(new AddOnChanged("data", "provider")).Said<BeginRun>().Single().Plan.Should().Match<Plan>(p => p.Kind == RunKind.AddOn && p.Steps.All(s => s.Kind != WellKnownSteps.Release));
        app.Tell(Paper.Asks(2), Succeeded(2));
        app.State.CurrentRelease.Should().Match<Release>(r => r.Number == 2 && r.Kind == RunKind.AddOn && r.Artifact.Digest == Artifact(1).Digest);
        app.Tell(new AddOnChanged("cache", "provider")).Answer!.Accepted.Should().BeFalse();
    }

    [Theory]
    [InlineData(Stage.Review, Trust.Untrusted, false)]
    [InlineData(Stage.Review, Trust.Approved, true)]
    [InlineData(Stage.Staging, Trust.Approved, false)]
    [InlineData(Stage.Staging, Trust.Trusted, true)]
    public void Counts_only_as_far_as_somebody_vouches_for_it(Stage stage, Trust trust, bool deployed)
    {
        var app = App(Policy with { Stage = stage });
        app.Tell(new HeadObserved(1, Revision(1, trust))).Said<BeginRun>().Should().HaveCount(deployed ? 1 : 0);
    }

    [Theory]
    [InlineData(Stage.Review, Trust.Untrusted, false)]
    [InlineData(Stage.Review, Trust.Approved, true)]
    [InlineData(Stage.Staging, Trust.Approved, false)]
    [InlineData(Stage.Staging, Trust.Trusted, true)]
    public void Counts_no_further_for_an_app_that_comes_back(Stage stage, Trust trust, bool deployed)
    {
        var app = App(Policy with { Stage = stage });
        app.Tell(new DestroyApp("by hand", "ada"), new DefineApp(Policy with { Stage = stage }), new HeadObserved(9, Revision(9, trust)), Paper.Asks(1));
        app.Tell(Succeeded(1)).Said<BeginRun>().Should().HaveCount(deployed ? 1 : 0);
    }
}
