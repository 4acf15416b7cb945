using Flow.Apps;
using Flow.Builds;
using Flow.Core.Tests.Engine;
using Flow.DependencyInjection;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.ReviewApps;

/// <summary>
/// What nobody vouches for gets nothing: five origins, with a builder and a runtime that isolate or do not, by itself or by hand. Forty cases, from the declaration
/// through the pipeline's rules to the app's.
/// </summary>
public sealed class The_fork_rule
{
    private const string Key = "pr-7";

    public enum Origin { Branch, TrustedRef, Fork, ApprovedFork, ForkPushedAgain }

    public static TheoryData<Origin, bool, bool, bool> Cases
    {
        get
        {
            var cases = new TheoryData<Origin, bool, bool, bool>();
            foreach (var origin in Enum.GetValues<Origin>())
                for (var bits = 0; bits < 8; bits++) cases.Add(origin, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0);
            return cases;
        }
    }

    [Fact]
    public void Remembers_an_approval_as_long_as_its_proposal_is_open()
    {
        var pipeline = Pipeline(isolates: true);
        pipeline.Sees(1, Proposal("pr-1", 500, Trust.Untrusted));
        pipeline.Tell(new ApproveCommit(Commit(500), "ada"));
        for (var head = 1000; head < 1150; head++)
        {
            pipeline.Sees(1, Proposal("pr-1", 500, Trust.Untrusted), Proposal("pr-2", head, Trust.Untrusted));
            pipeline.Tell(new ApproveCommit(Commit(head), "ada"), new ApproveCommit(Commit(head), "bob"));
        }
        pipeline.State.Approved.Should().HaveCount(100).And.OnlyHaveUniqueItems().And.Contain([Commit(500), Commit(1149), Commit(1051)]);
    }

    [Fact]
    public void Has_forty_cases() => Cases.Should().HaveCount(40);

    [Theory, MemberData(nameof(Cases))]
    public void Holds(Origin origin, bool builderIsolates, bool runtimeIsolates, bool byHand)
    {
        var isolates = builderIsolates && runtimeIsolates;
        var trusted = origin is Origin.Branch or Origin.TrustedRef;
        var pipeline = new OnPaper<PipelineState, PipelineInput, PipelineEvent>(new PipelineDecider(), PipelineDecider.StreamOf(Shop));
        var app = OnPaperReviews.App(Key);
        pipeline.Tell(new DeclarePipeline(Resolved(builderIsolates, runtimeIsolates, byHand)));

        List<HeadObserved> told = [];
        void Tell(PipelineInput input)
        {
            var said = pipeline.Tell(input);
            told.AddRange(said.Said<HeadObserved>(AppDecider.StreamOf(OnPaperReviews.AppOf(Key))));
            app.Hear(said, Key);
        }
        void See(int head)
        {
            if (!pipeline.State.LookDue) pipeline.Tell(new LookNow());
            Tell(new Looked(pipeline.State.Look, new() { Branches = new Dictionary<string, CommitSha> { ["main"] = Commit(1) }, Proposals = [ProposalOf(origin, head)] }));
        }

        See(7);
        if (byHand) told.Should().BeEmpty("nobody has asked");
        Tell(new WantReviewApp(Key, OnPaperReviews.AppOf(Key), null, "ada"));
        if (!trusted) told.Should().BeEmpty("asking is not approving");
        if (!byHand && trusted) told.Should().ContainSingle("it comes by itself");

        if (origin is Origin.ApprovedFork or Origin.ForkPushedAgain)
        {
            Tell(new ApproveCommit(Commit(8), "ada"));
            See(7);
            told.Should().BeEmpty("another commit was approved, and is not even there");
            Tell(new ApproveCommit(Commit(7), "ada"));
        }
        See(7);
        if (origin == Origin.ForkPushedAgain) See(8);
        See(origin == Origin.ForkPushedAgain ? 8 : 7);

        var expected = origin switch
        {
            Origin.Branch or Origin.TrustedRef => Trust.Trusted,
            Origin.ApprovedFork or Origin.ForkPushedAgain when isolates => Trust.Approved,
            _ => (Trust?)null,
        };
        told.Select(h => h.Revision.Trust).Should().Equal(expected is { } trust ? [trust] : []);
        told.Select(h => h.Revision.Sha).Should().AllBeEquivalentTo(Commit(7), "the commit after the approved one waits for an approval of its own");
        app.State.Candidates.Select(c => c.Revision!.Trust).Should().Equal(told.Select(h => h.Revision.Trust));
        app.State.Life.Should().Be(expected is null ? AppLife.None : AppLife.Active);
        pipeline.Waits(Key).Should().Be(expected is not null && origin != Origin.ForkPushedAgain ? null : isolates ? ReviewAppWait.Approval : ReviewAppWait.Isolation);

        // And nobody's own deployment is a way around.
        var head = Commit(origin == Origin.ForkPushedAgain ? 8 : 7);
        var deployed = pipeline.Tell(new DeployHead(Staging, head, "ada"));
        if (trusted) deployed.Answer!.Accepted.Should().BeTrue();
        else deployed.Said<HeadObserved>().Should().NotContain(h => h.Revision.Trust == Trust.Trusted);
        if (origin == Origin.ForkPushedAgain) pipeline.Tell(new DeployHead(Staging, Commit(7), "ada")).Said<HeadObserved>().Should().NotContain(h => h.Revision.Trust == Trust.Trusted && isolates, "it came from a stranger, and an approval makes it no more than that");
    }

    [Fact]
    public void Believes_no_source_that_calls_its_own_code_approved()
    {
        var pipeline = OnPaperReviews.With(new(), isolates: true);
        pipeline.Sees(1, Proposal(Key, 7, Trust.Approved)).Said<DefineApp>().Should().BeEmpty();
        pipeline.Waits(Key).Should().Be(ReviewAppWait.Approval);
    }

    [Fact]
    public void Counts_again_when_a_pipeline_is_declared_anew()
    {
        var pipeline = OnPaperReviews.With(new(), isolates: true);
        pipeline.Sees(1, Proposal(Key, 7, Trust.Untrusted));
        pipeline.Tell(new ApproveCommit(Commit(7), "ada"));
        pipeline.Sees(1, Proposal(Key, 7, Trust.Untrusted));
        var definition = pipeline.State.Declared!.Definition;
        pipeline.Tell(Declare(definition with { Owner = "them" }, "2", isolates: true)).Said<HeadObserved>(AppDecider.StreamOf(OnPaperReviews.AppOf(Key)))
            .Should().ContainSingle().Which.Revision.Trust.Should().Be(Trust.Approved);
        pipeline.Tell(Declare(definition, "3", isolates: false)).Said<HeadObserved>(AppDecider.StreamOf(OnPaperReviews.AppOf(Key))).Should().BeEmpty("its builder isolates no more");
    }

    [Fact]
    public void Lets_nobody_put_another_commit_into_a_strangers_app()
    {
        var pipeline = OnPaperReviews.With(new(), isolates: true);
        pipeline.Sees(1, Proposal(Key, 7, Trust.Untrusted));
        pipeline.Tell(new ApproveCommit(Commit(7), "ada"));
        pipeline.Sees(1, Proposal(Key, 7, Trust.Untrusted));
        pipeline.Sees(1, Proposal(Key, 8, Trust.Untrusted));
        pipeline.Tell(new DeployHead(OnPaperReviews.AppOf(Key), Commit(6), "ada")).Answer!.Code.Should().Be("not-approved");
        pipeline.Tell(new DeployHead(OnPaperReviews.AppOf(Key), Commit(7), "ada")).Said<HeadObserved>().Should().ContainSingle().Which.Revision.Trust.Should().Be(Trust.Approved, "that one was approved");
    }

    private static Proposal ProposalOf(Origin origin, int head) => new()
    {
        Key = Key,
        Head = new()
        {
            Sha = Commit(head),
            Ref = origin == Origin.Branch ? "refs/heads/review/login" : "refs/pull/7/head",
            Trust = origin is Origin.Branch or Origin.TrustedRef ? Trust.Trusted : Trust.Untrusted,
        },
    };

    /// <summary>As the host's registrations make it: what isolates is asked of the providers themselves.</summary>
    private static ResolvedPipeline Resolved(bool builderIsolates, bool runtimeIsolates, bool byHand)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton<IFlowStore>(new MemoryFlowStore(TimeProvider.System)).AddSingleton<Flow.Routing.IRouter>(new FakeRouter()).AddSingleton<Flow.Logs.ILogStore>(new MemoryLogStore());
        services.AddFlow().AddProvider<IBuilder>("local", _ => new FakeBuilder { IsolatesUntrusted = builderIsolates }).AddProvider<IRuntime>("local", _ => new FakeRuntime { IsolatesUntrusted = runtimeIsolates });
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<PipelineService>().Resolve(Definition with { ReviewApps = new() { Create = byHand ? ReviewAppCreation.ByHand : ReviewAppCreation.Automatic } });
    }
}
