using Flow.Builds;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Builds;

public sealed class Following_a_build : IAsyncDisposable
{
    private readonly BuildFixture fixture = new();
    private readonly MemoryTree tree = new(("a.txt", "x"));

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task Runs_the_plan_step_by_step_and_gives_the_same_answer_ever_after()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("cp a.txt $OUT/one", "cp $OUT/one $OUT/app"));

        var status = await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree));

        var artifact = status.Value!;
        artifact.ProcessTypes.Should().Equal(new Dictionary<string, string> { ["web"] = "./bin/app" });
        artifact.Provenance.Should().BeEquivalentTo(new { Repository = "/srv/shop.git", RootFolder = "src", TreeId = "tree", BuilderVersion = "local-1; script-1" });
        (artifact.Builder, artifact.Trust).Should().Be(("local", Trust.Trusted));
        fixture.Supervisor.Started.Select(c => c.Id).Should().Equal("build.b1.1", "build.b1.2");
        Directory.Exists(fixture.Temporary["data/builds/b1"]).Should().BeFalse("source and output are removed at the end");
        (await fixture.Supervisor.ListAsync("build.", default)).Should().BeEmpty();

        var again = await fixture.NewBuilder().BuildAsync(BuildFixture.Request("b1", tree), default);
        again.Value.Should().BeEquivalentTo(artifact);
        fixture.Supervisor.Started.Should().HaveCount(2);
        (await File.ReadAllTextAsync(Path.Combine(await fixture.Artifacts.OpenAsync(artifact.Digest, default), "Procfile"))).Should().Be("web: ./bin/app\n");
    }

    [Fact]
    public async Task Finds_a_running_build_after_the_host_has_died()
    {
        var pack = new ScriptLanguagePack("while ! [ -e go ]; do read -r x < /dev/null; sleep 0.05; done; echo x > $OUT/app");
        (await fixture.NewBuilder(pack).BuildAsync(BuildFixture.Request("b1", tree), default)).IsRunning.Should().BeTrue();

        var restarted = fixture.NewBuilder(pack);
        (await restarted.BuildAsync(BuildFixture.Request("b1", tree), default)).IsRunning.Should().BeTrue();
        await File.WriteAllTextAsync(fixture.Temporary["data/builds/b1/src/go"], "");
        var status = await BuildFixture.UntilEndedAsync(restarted, BuildFixture.Request("b1", tree));

        status.Value.Should().NotBeNull();
        fixture.Supervisor.Started.Should().HaveCount(1);
    }

    [Fact]
    public async Task Leaves_nothing_of_a_build_that_is_stopped()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("sleep 600 & sleep 600"));
        await builder.BuildAsync(BuildFixture.Request("b1", tree), default);
        await BuildFixture.UntilAsync(() => fixture.Supervisor.Alive().Count >= 2);

        await builder.StopAsync("b1", default);

        await BuildFixture.UntilAsync(() => fixture.Supervisor.Alive().Count == 0);
        Directory.GetFileSystemEntries(fixture.Temporary["data/builds"]).Should().BeEmpty();
        await builder.StopAsync("b1", default);
        await builder.StopAsync("never-heard-of", default);
    }

    [Fact]
    public async Task Starts_again_when_it_vanished()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("sleep 600"));
        await builder.BuildAsync(BuildFixture.Request("b1", tree), default);
        await fixture.Supervisor.LoseAsync("build.b1.1");

        var status = await builder.BuildAsync(BuildFixture.Request("b1", tree), default);

        (status.Failure!.Code, status.Failure.Transient).Should().Be(("build-vanished", true));
        (await builder.BuildAsync(BuildFixture.Request("b1", tree), default)).IsRunning.Should().BeTrue();
        fixture.Supervisor.Started.Should().HaveCount(2);
    }

    [Fact]
    public async Task Starts_again_when_the_host_died_while_it_put_the_output_together()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("cp a.txt $OUT/app; touch $OUT/../assembling"));

        var status = await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree));

        status.Failure!.Code.Should().Be("build-vanished");
        (await BuildFixture.UntilEndedAsync(fixture.NewBuilder(new ScriptLanguagePack("cp a.txt $OUT/app")), BuildFixture.Request("b1", tree))).Value.Should().NotBeNull();
    }

    [Fact]
    public async Task Builds_again_when_its_artifact_is_damaged()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("cp a.txt $OUT/app"));
        var artifact = (await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree))).Value!;
        await File.WriteAllTextAsync(Path.Combine(await fixture.Artifacts.OpenAsync(artifact.Digest, default), "bin/app"), "tampered");

        var again = (await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree))).Value!;

        again.Digest.Should().Be(artifact.Digest);
        fixture.Supervisor.Started.Should().HaveCount(2);
        (await File.ReadAllTextAsync(Path.Combine(await fixture.Artifacts.OpenAsync(artifact.Digest, default), "bin/app"))).Should().Be("x");
    }

    [Fact]
    public async Task Stops_a_build_whose_time_is_up()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("sleep 600"));

        var status = await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree) with { Timeout = TimeSpan.FromMilliseconds(10) });

        (status.Failure!.Code, status.Failure.Transient).Should().Be(("build-timeout", false));
        // What was killed needs a moment to die on a busy machine.
        await BuildFixture.UntilAsync(() => fixture.Supervisor.Alive().Count == 0);
    }

    [Fact]
    public async Task Keeps_a_failure_as_its_answer()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("echo broken; exit 3"));

        var status = await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree));

        status.Failure.Should().Be(new Failure("build-failed", "exit 3: broken\n"));
        (await builder.BuildAsync(BuildFixture.Request("b1", tree), default)).Failure.Should().Be(status.Failure);
        fixture.Supervisor.Started.Should().HaveCount(1);
    }

    [Fact]
    public async Task Shows_a_build_only_what_is_allowed()
    {
        Environment.SetEnvironmentVariable("FLOW_TEST_SECRET", "s3cret");
        var builder = fixture.NewBuilder(new ScriptLanguagePack("env > $OUT/env"));

        var artifact = (await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree))).Value!;

        (await File.ReadAllTextAsync(Path.Combine(await fixture.Artifacts.OpenAsync(artifact.Digest, default), "bin/env"))).Should().Contain("PATH=").And.NotContain("s3cret");
    }

    [Theory]
    [InlineData(Trust.Untrusted)]
    [InlineData(Trust.Approved)]
    [InlineData((Trust)7)]
    public async Task Refuses_code_that_nobody_with_write_access_put_there(Trust trust)
    {
        var status = await fixture.Builder.BuildAsync(BuildFixture.Request("b1", tree, trust), default);

        status.Failure!.Code.Should().Be("build-untrusted");
        fixture.Builder.IsolatesUntrusted.Should().BeFalse();
        fixture.Supervisor.Started.Should().BeEmpty();
    }

    [Fact]
    public async Task Refuses_a_broken_procfile_before_it_builds()
    {
        var status = await fixture.NewBuilder(new ScriptLanguagePack("true")).BuildAsync(BuildFixture.Request("b1", new MemoryTree(("Procfile", "web: run\nnonsense"))), default);

        status.Failure.Should().Match<Failure>(f => f.Code == "procfile-invalid" && !f.Transient && f.Message.Contains("Line 2"));
        fixture.Supervisor.Started.Should().BeEmpty();
    }

    [Fact]
    public async Task Lets_a_procfile_add_and_override()
    {
        var source = new MemoryTree(("Procfile", "web: ./bin/app --fast\nrelease: ./bin/app migrate\n"));

        var artifact = (await BuildFixture.UntilEndedAsync(fixture.NewBuilder(new ScriptLanguagePack("echo > $OUT/app")), BuildFixture.Request("b1", source))).Value!;

        artifact.ProcessTypes.Should().Equal(new Dictionary<string, string> { ["web"] = "./bin/app --fast", ["release"] = "./bin/app migrate" });
    }

    [Fact]
    public async Task Prunes_artifacts_that_nothing_refers_to()
    {
        var builder = fixture.NewBuilder(new ScriptLanguagePack("cp a.txt $OUT/app"));
        var artifact = (await BuildFixture.UntilEndedAsync(builder, BuildFixture.Request("b1", tree))).Value!;

        (await builder.PruneAsync(new HashSet<ArtifactDigest> { artifact.Digest }, TimeSpan.FromDays(-1), default)).Should().Be(0);
        (await builder.PruneAsync(new HashSet<ArtifactDigest>(), TimeSpan.FromDays(1), default)).Should().Be(0);
        (await builder.PruneAsync(new HashSet<ArtifactDigest>(), TimeSpan.FromDays(-1), default)).Should().Be(1);
        Directory.GetFileSystemEntries(fixture.Temporary["data/builds"]).Should().BeEmpty();
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData("a.b")]
    public async Task Refuses_ids_that_are_no_names(string id) =>
        await FluentActions.Awaiting(() => fixture.Builder.BuildAsync(BuildFixture.Request("b1", tree) with { Id = id }, default).AsTask()).Should().ThrowAsync<ArgumentException>();
}
