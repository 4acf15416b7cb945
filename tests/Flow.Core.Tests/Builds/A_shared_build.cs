using Flow.Builds;
using Flow.Core.Tests.Engine;
using Flow.Runs;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Builds;

public sealed class A_shared_build
{
    private static readonly Failure Passing = new("away", "the builder is away", Transient: true);

    [Fact]
    public void Is_trusted_as_its_code_is_whatever_the_builder_says()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1) with { Revision = Revision(1, Flow.Sources.Trust.Approved) }));
        build.Tell(new BuildCompleted(Artifact(1))).Said<Flow.Runs.ArtifactReady>().Single().Artifact.Trust.Should().Be(Flow.Sources.Trust.Approved);
        build.State.Artifact!.Trust.Should().Be(Flow.Sources.Trust.Approved);
    }

    [Fact]
    public void Goes_on_while_anybody_wants_it()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1)), new WantArtifact(Run(2), Order(1)));
        build.Tell(new UnwantArtifact(Run(1)));
        build.Owes.Should().BeOfType<ExecuteBuild>();
        build.Tell(new BuildCompleted(Artifact(1))).Said<ArtifactReady>(RunDecider.StreamOf(Run(2))).Should().ContainSingle();
        build.Owes.Should().BeNull();
        build.Tell(new WantArtifact(Run(3), Order(1))).Said<ArtifactReady>(RunDecider.StreamOf(Run(3))).Should().ContainSingle("what is built is built");
    }

    [Fact]
    public void That_is_wanted_again_while_it_is_being_stopped_is_a_new_attempt()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1)), new UnwantArtifact(Run(1)));
        build.Owes.Should().BeOfType<StopBuild>();
        build.Tell(new WantArtifact(Run(2), Order(1)));
        build.Owes.Should().BeOfType<StopBuild>("under the same id it would be found half stopped");
        build.Tell(new BuildStopped());
        build.Owes.Should().BeOfType<ExecuteBuild>().Which.Attempt.Should().Be(2);
    }

    [Fact]
    public void Is_tried_again_after_a_rest_and_given_up_after_three()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1)));
        foreach (var failures in (int[])[1, 2])
        {
            var rest = build.Tell(new BuildAttemptFailed(Passing)).Messages.Single();
            rest.After.Should().BeGreaterThan(TimeSpan.Zero);
            build.Owes.Should().BeNull();
            build.Tell((BuildInput)rest.Input);
            build.Owes.Should().BeOfType<ExecuteBuild>().Which.Attempt.Should().Be(failures + 1, "a known failure is followed by a new attempt");
        }
        build.Tell(new BuildAttemptFailed(Passing)).Said<BuildFailed>().Should().ContainSingle();
        build.Owes.Should().BeNull();
        build.Tell(new WantArtifact(Run(2), Order(1)));
        build.Owes.Should().BeOfType<ExecuteBuild>("somebody wants it anew");
    }

    [Fact]
    public void Whose_end_nobody_knows_keeps_its_id_and_is_stopped_before_it_is_given_up()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1)));
        var rest = build.Tell(new BuildAttemptFailed(Passing, Unsure: true)).Messages.Single();
        build.Tell((BuildInput)rest.Input);
        build.Owes.Should().BeOfType<ExecuteBuild>().Which.Attempt.Should().Be(1);
        build.Tell(new BuildAttemptFailed(Passing with { Transient = false }, Unsure: true)).Said<BuildFailed>().Should().ContainSingle();
        build.Owes.Should().BeOfType<StopBuild>();
        build.Tell(new BuildStopped());
        build.Owes.Should().BeNull();
    }

    [Fact]
    public void Is_built_from_where_the_newest_wish_says()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1)), new BuildAttemptFailed(new("gone", "no such commit")));
        build.Tell(new WantArtifact(Run(2), Order(2)));
        build.Owes.Should().BeOfType<ExecuteBuild>().Which.Order.Revision.Sha.Should().Be(Commit(2));
    }

    [Fact]
    public void Hears_nothing_new_in_what_it_has_heard()
    {
        var build = Build();
        build.Tell(new BuildStopped()).Events.Should().BeEmpty();
        build.Tell(new UnwantArtifact(Run(1))).Events.Should().BeEmpty();
        build.Tell(new WantArtifact(Run(1), Order(1)));
        build.Tell(new WantArtifact(Run(1), Order(1))).Events.Should().BeEmpty();
        build.Tell(new BuildRested(1)).Events.Should().BeEmpty();
        build.Tell(new BuildCompleted(Artifact(1)));
        foreach (BuildInput late in (BuildInput[])[new BuildCompleted(Artifact(2)), new BuildAttemptFailed(Passing), new BuildStopped(), new BuildRested(1), new UnwantArtifact(Run(1))])
            build.Tell(late).Events.Should().BeEmpty($"{late} comes too late");
        build.State.Artifact.Should().BeEquivalentTo(Artifact(1));
    }

    [Fact]
    public void Is_forgotten_only_when_nobody_wants_it()
    {
        var build = Build();
        build.Tell(new WantArtifact(Run(1), Order(1)));
        build.Tell(new ExpireBuild(build.Now + TimeSpan.FromDays(9))).Forgets.Should().BeFalse();
        build.Tell(new BuildCompleted(Artifact(1)));
        build.Tell(new ExpireBuild(build.Now - TimeSpan.FromDays(1))).Forgets.Should().BeFalse();
        build.Tell(new ExpireBuild(build.Now + TimeSpan.FromDays(1))).Forgets.Should().BeTrue();
    }
}
