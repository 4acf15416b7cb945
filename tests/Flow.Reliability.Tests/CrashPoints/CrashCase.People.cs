using Flow.Apps;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Runs;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>What people do in a flow. Whoever gets no answer asks again, under the same key.</summary>
internal sealed partial class CrashCase
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    public AppState App(AppName name) => witness.Apps.GetValueOrDefault(name.ToString()) ?? new();
    public RunState Run(AppName app, int number) => witness.Runs.GetValueOrDefault(new RunId(app, number).ToString()) ?? new();
    public PipelineState Pipeline => witness.Pipelines.GetValueOrDefault(flow.Pipeline.Name.ToString()) ?? new();

    /// <summary>So many deployments of an app run.</summary>
    public int Running(AppName app) => outside.Running.Keys.Count(d => d.App == app);

    public bool Serves(AppName app, CommitSha commit) => App(app) is { Life: AppLife.Active } state && state.CurrentRelease?.Revision?.Sha == commit;

    /// <summary>What comes before is no subject of this flow.</summary>
    public void CountFromHere()
    {
        open = default;
        boundary.Count();
    }

    /// <summary>How it must be in the end. Not where an answer never came: there, a step's time may be up, and its run fails.</summary>
    public void Expect(string what, Func<bool> isSo) => expected.Add((what, isSo));

    public CommitSha Push(Quality quality = Quality.Good, string branch = "main")
    {
        world.Tell($"somebody pushes a {quality} commit to {branch}");
        return outside.Code.Branches[branch] = outside.Code.Commit(quality, manifest: flow.Manifest);
    }

    /// <summary>A secret for a config var of an app, as the host makes it.</summary>
    public string Sealed(AppName app, string name) => new SimulatedSecrets().Protect(Secrets.ConfigSecrets.Purpose(app, name), SimulatedSecrets.Value($"{app}-{name}"));

    public CommitSha Propose(string key, CommitSha? commit = null, DrawnManifest? manifest = null)
    {
        var head = commit ?? outside.Code.Commit(Quality.Good, manifest: manifest ?? flow.Manifest);
        world.Tell($"somebody proposes {key}");
        outside.Code.Propose(key, head, Trust.Trusted);
        return head;
    }

    public void Close(string key)
    {
        world.Tell($"somebody closes {key}");
        outside.Code.Close(key, said: true);
    }

    /// <summary>A webhook: a hint to look now.</summary>
    public Task HintAsync() => CommitAsync(() => new() { Enqueue = [Work(PipelineDecider.StreamOf(flow.Pipeline.Name), new LookNow(), null)] });

    public Task AskAsync(AppName app, AppInput input) => AskAsync(AppDecider.StreamOf(app), input);
    public Task AskAsync(PipelineInput input) => AskAsync(PipelineDecider.StreamOf(flow.Pipeline.Name), input);
    public Task AskAsync(RunId run, RunInput input) => AskAsync(RunDecider.StreamOf(run), input);

    private async Task AskAsync(StreamId to, Input input)
    {
        if (input is DismissReviewApp dismissed) witness.UnwantedByHand.Add(People.NameOf(dismissed.Key));
        var key = $"ask/{asked.Count}";
        world.Tell($"somebody asks {to}: {input.GetType().Name}");
        await CommitAsync(() => new() { Enqueue = [Work(to, input, key)], Reserve = [key] });
        asked.Add(key);
    }

    /// <summary>Until it is so; or until nothing moves any more.</summary>
    public Task UntilAsync(Func<bool> isSo)
    {
        if (isSo()) return Task.CompletedTask;
        var over = new TaskCompletionSource();
        waiting.Add((isSo, over));
        return over.Task;
    }

    /// <summary>Until nothing is open.</summary>
    public Task RestAsync() => UntilAsync(() => false);

    private NewWork Work(StreamId to, Input input, string? key) => new(to, life.Kinds.Of(to).WriteInput(input), RequestKey: key);

    private async Task CommitAsync(Func<FlowCommit> commit)
    {
        while (true)
        {
            await UntilAsync(() => life is { IsDead: false, IsStarted: true });
            var answer = life.Store.CommitAsync(commit(), default);
            if (life.IsDead) continue;
            if (answer.IsCompletedSuccessfully) return;
            var pause = new TaskCompletionSource();
            world.Time.After(AskAgain, pause.SetResult);
            await pause.Task;
        }
    }

    /// <summary>The witness says that a person is asked. Approvals are the flow's business; nothing else may need a person.</summary>
    private void Respond(StreamId stream, Input answer)
    {
        if (answer is not ApproveRun) world.Violate(FlowInvariants.Liveness, $"{stream} needs a person: {answer.GetType().Name}");
    }
}
