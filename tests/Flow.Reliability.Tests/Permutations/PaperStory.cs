using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reliability.Tests.Models.Engine;
using Flow.Runs;
using Flow.Sources;
using static Flow.Reliability.Tests.Models.Engine.OutsideOnPaper;
using static Flow.Reliability.Tests.Permutations.Newest_wins;

namespace Flow.Reliability.Tests.Permutations;

/// <summary>Broken on purpose, to see that it is seen.</summary>
internal enum PaperFault
{
    None,
    /// <summary>A look answers what the first one saw.</summary>
    OldListing,
    /// <summary>Heads are numbered backwards.</summary>
    OrderReversed,
    /// <summary>A rollback puts nothing on hold.</summary>
    HoldIgnored,
    /// <summary>A run that is told to stop says at once that it has ended.</summary>
    SlotFreedEarly,
}

/// <summary>One order of happenings, told to the real rules; it watches what must never be.</summary>
internal sealed class PaperStory
{
    private const int MostSteps = 5_000;
    private const string Nobody = "nobody";
    private static readonly Input Green = new ReportCheck(default, new("ci", CheckState.Success));
    private readonly EngineOnPaper engine;
    private readonly OutsideOnPaper outside;
    private readonly bool newestFirst;
    private readonly PaperFault fault;
    private readonly Dictionary<StreamId, (string Key, SourceListing Seen)> looks = [];
    /// <summary>Heads that somebody cancelled, or rolled back from: they do not come again by themselves.</summary>
    private readonly HashSet<CommitSha> givenUp = [];
    private SourceListing? firstSeen;
    private bool looksAnswer = true, looksFail, buildsEnd = true, over, holds;
    private long newestReleased;

    private PaperStory(EngineOnPaper engine, OutsideOnPaper outside) => (this.engine, this.outside) = (engine, outside);

    /// <summary>Goes on from a beginning; what the happenings speak of has not happened yet: builds go on, and so do looks.</summary>
    public PaperStory(PaperStory begun, IReadOnlyCollection<Happening> happenings, bool newestFirst, PaperFault fault = PaperFault.None)
        : this(new EngineOnPaper(begun.engine), new OutsideOnPaper(begun.outside))
    {
        (this.newestFirst, this.fault, newestReleased) = (newestFirst, fault, begun.newestReleased);
        (buildsEnd, looksAnswer) = (!happenings.Contains(Happening.BuildDone), !happenings.Contains(Happening.LookAnswered));
        engine.Decided = Look;
    }

    public string? Wrong { get; private set; }

    private AppState App => engine.Read<AppState>(StagingStream)!;

    /// <summary>Two heads have been deployed, so that there is something to go back to.</summary>
    public static PaperStory Begun()
    {
        var story = new PaperStory(new(), new());
        story.outside.Branches["main"] = Commit(1);
        story.engine.Send(ShopStream, Declare(Definition, "1"));
        for (var commit = 1; commit <= 2; commit++)
        {
            story.Push(commit);
            story.Report(commit);
            story.Settle();
        }
        story.App.Current.Should().Be(2);
        return story;
    }

    public void Happens(Happening happening, int then)
    {
        switch (happening)
        {
            case Happening.PushA or Happening.BackToA: Push(10); break;
            case Happening.PushB: Push(11); break;
            case Happening.PushC: Push(12); break;
            case Happening.WorstPush: Push(13); break;
            case Happening.Webhook or Happening.AnotherWebhook: engine.Send(ShopStream, new LookNow()); break;
            case Happening.LookAnswered: looksAnswer = true; break;
            case Happening.LookFails: looksFail = true; break;
            case Happening.BuildDone: buildsEnd = true; break;
            case Happening.ChecksGreen:
                for (var commit = 10; commit <= 13; commit++) Report(commit);
                break;
            case Happening.Minute: engine.Now += TimeSpan.FromMinutes(1); break;
            case Happening.CancelNewest when App.Candidates is [.., var newest]:
                engine.Send(RunDecider.StreamOf(newest.Run), new CancelRun("changed my mind", "ada"));
                if (newest.Revision is { } revision) givenUp.Add(revision.Sha);
                break;
            case Happening.Rollback: engine.Send(StagingStream, new RequestRollback(1, "ada")); break;
            case Happening.Hold: engine.Send(StagingStream, new HoldDeployments("a feeling", "ada")); break;
            case Happening.Resume: engine.Send(StagingStream, new ResumeDeployments("ada")); break;
            case Happening.Redeclare: engine.Send(ShopStream, Declare(Definition with { ReleaseTimeout = TimeSpan.FromMinutes(7) }, "2")); break;
            case Happening.Destroy: engine.Send(StagingStream, new DestroyApp("asked for", "ada")); break;
            case Happening.Restart: engine.Send(StagingStream, new RestartProcesses("ada")); break;
            case Happening.Config: engine.Send(StagingStream, new ChangeConfig(new Dictionary<string, ConfigValue?> { ["A"] = new("b", null) }, "ada")); break;
        }
        for (var i = 0; i < then && Step(); i++) { }
    }

    /// <summary>Everything outside answers, people let go of what they held, and time passes until nothing is left to do.</summary>
    public void Ends()
    {
        (buildsEnd, looksAnswer, looksFail, over) = (true, true, false, true);
        var head = outside.Branches["main"];
        Report(head);
        Settle();
        if (App.Life != AppLife.Active) engine.Send(ShopStream, Declare(Definition, "3"));
        engine.Send(StagingStream, new ResumeDeployments("ada"));
        Settle();
        // Who has given the head up does not want it; unless they say so.
        if (givenUp.Contains(head) && Serves != head) engine.Send(ShopStream, new DeployHead(Staging, null, "ada"));
        Settle();
        // A head that does not build never serves; the newest that does was deployed before it or after.
        if (head == Commit(13)) { Push(14); Report(14); Settle(); }
        if (Serves != outside.Branches["main"]) Violate($"{Serves?.ToString()[36..] ?? "nothing"} serves, and the head is {outside.Branches["main"].ToString()[36..]}");
    }

    private CommitSha? Serves => App.CurrentRelease?.Revision?.Sha;

    private void Push(int commit)
    {
        outside.Branches["main"] = Commit(commit);
        engine.Send(ShopStream, new LookNow());
    }

    private void Report(int commit) => Report(Commit(commit));

    private void Report(CommitSha commit) => engine.Send(ShopStream, (ReportCheck)Green with { Commit = commit });

    /// <summary>Until there is nothing but what comes round by itself.</summary>
    private void Settle()
    {
        for (var steps = 0; Wrong is null; steps++)
        {
            if (steps > MostSteps)
            {
                Violate($"it does not settle: {string.Join("; ", App.Candidates)}");
                return;
            }
            if (Step()) continue;
            if (App.Candidates.Count == 0 && engine.Read<PipelineState>(ShopStream) is { LookDue: false } shop && shop.Branches.GetValueOrDefault("main")?.Commit == outside.Branches["main"]) return;
            if (App.Hold is not null && App.Candidates.All(c => c is { Automatic: true, Ready: true, Leaving: false })) return;
            if (engine.NextDue() is not { } due)
            {
                Violate("nothing will ever happen again");
                return;
            }
            engine.Now = due;
        }
    }

    /// <summary>One of the things that can happen does. False when there is none.</summary>
    private bool Step()
    {
        if (Wrong is not null) return false;
        var possible = engine.Possible();
        for (var i = 0; i < possible.Count; i++)
        {
            var (stream, input, effect) = possible[newestFirst && !over ? possible.Count - 1 - i : i];
            if (input is not null)
            {
                engine.Deliver(fault switch
                {
                    PaperFault.OrderReversed when input.Input is HeadObserved head && head.Order > 2 => Replaced(input, head with { Order = 1_000 - head.Order }),
                    _ => input,
                });
                if (fault == PaperFault.HoldIgnored && input.Input is RequestRollback) engine.Tell(StagingStream, new ResumeDeployments(Nobody));
                return true;
            }
            if (Answer(stream, effect!) is not { } answer) continue;
            engine.Tell(stream, answer);
            return true;
        }
        return false;
    }

    private OnItsWay Replaced(OnItsWay input, Input by)
    {
        engine.OnTheirWay.Remove(input);
        return input with { Input = by };
    }

    private Input? Answer(StreamId stream, Effect effect)
    {
        if (effect is ExecuteBuild build)
        {
            if (!buildsEnd) return null;
            return build.Order.Revision.Sha == Commit(13) ? new BuildAttemptFailed(new("build-failed", "it does not compile")) : outside.Done(engine, stream, effect);
        }
        if (effect is not LookAtSource look) return outside.Done(engine, stream, effect);
        // A look sees the repository when it begins; its answer may come later, when there is something newer.
        if (!looks.TryGetValue(stream, out var going) || going.Key != look.IdempotencyKey)
        {
            looks[stream] = going = (look.IdempotencyKey, outside.List());
            firstSeen ??= going.Seen;
        }
        if (looksFail)
        {
            looksFail = false;
            return new LookFailed(look.Look, new("source-down", "it does not answer", Transient: true));
        }
        return looksAnswer ? new Looked(look.Look, fault == PaperFault.OldListing ? firstSeen! : going.Seen) : null;
    }

    private void Look(StreamId stream, object before, Decision decision)
    {
        if (stream.Kind == RunDecider.Kind)
        {
            if (fault == PaperFault.SlotFreedEarly && decision.Events.OfType<RunStopping>().Any()) engine.Send(StagingStream, new RunEnded(RunId.Parse(stream.Key), RunStatus.Cancelled, null, []));
            return;
        }
        if (stream != StagingStream) return;
        var app = (AppState)before;
        foreach (var happened in decision.Events) Look(app, (AppEvent)happened);
    }

    private void Look(AppState app, AppEvent happened)
    {
        switch (happened)
        {
            case AppCreated: newestReleased = 0; break;
            case Held:
                holds = true;
                if (app.CurrentRelease?.Revision is { } served) givenUp.Add(served.Sha);
                break;
            case CandidateLeaving leaving when leaving.Reason.Contains("rollback", StringComparison.Ordinal):
                if (app.Candidates.First(c => c.Run == leaving.Run).Revision is { } code) givenUp.Add(code.Sha);
                break;
            case Resumed { By: not Nobody } or AppDestroying: holds = false; break;
            case SlotGiven given:
                if (engine.All<RunState>().FirstOrDefault(r => r.State is { Closed: false, Grant: not null } && r.State.Done.Count > 0 && RunId.Parse(r.Stream.Key) is var other && other != given.Run && other.App == Staging) is { State: not null } busy)
                    Violate($"{given.Run} was given the slot, and {busy.Stream.Key} has not ended");
                if (holds && app.Candidates.First(c => c.Run == given.Run).Automatic) Violate($"{given.Run} is deployed by itself, on hold");
                break;
            case ReleaseSucceeded done when app.FindRelease(done.Number) is { Kind: RunKind.Deploy } release:
                var order = app.Candidates.FirstOrDefault(c => c.Run == release.Run)?.Order ?? app.NewestGiven;
                if (order < newestReleased) Violate($"head {order} came after head {newestReleased}");
                newestReleased = order;
                break;
        }
    }

    private void Violate(string what) => Wrong ??= what;
}
