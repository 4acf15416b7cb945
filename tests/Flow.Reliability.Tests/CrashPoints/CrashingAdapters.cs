using Flow.AddOns;
using Flow.Builds;
using Flow.Gates;
using Flow.Reporting;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.CrashPoints;

internal abstract class CrashingAdapter(Life life)
{
    /// <summary>The world outside answers at once; what goes wrong, goes wrong around it.</summary>
    protected ValueTask<T> CallAsync<T>(string what, Func<ValueTask<T>> call, CancellationToken cancellationToken) =>
        life.CallAsync(() => what, Fault.OfACall, () => World.Now(call()), cancellationToken);

    protected async ValueTask CallAsync(string what, Func<ValueTask> call, CancellationToken cancellationToken) => await CallAsync(what, async () =>
    {
        await call();
        return true;
    }, cancellationToken);

    /// <summary>Long work takes two seconds, not what chance says: so every flow has a middle, and it can be told what a crash costs.</summary>
    protected static async ValueTask<WorkStatus<T>> WorkAsync<T>(HashSet<string> asked, string id, Func<ValueTask<WorkStatus<T>>> ask) where T : class
    {
        var status = await ask();
        while (status.AskAgainIn is not null) status = await ask();
        return asked.Add(id) && status.Failure is null ? WorkStatus<T>.Running(TimeSpan.FromSeconds(2)) : status;
    }
}

internal sealed class CrashingSource(Life life, ISourceProvider inner) : CrashingAdapter(life), ISourceProvider
{
    public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) => CallAsync("source.list", () => inner.ListAsync(repository, default), cancellationToken);

    public async ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) =>
        new Tree(this, await CallAsync($"source.fetch {commit.Short}", () => inner.FetchAsync(repository, commit, default), cancellationToken));

    private sealed class Tree(CrashingSource source, ISourceTree inner) : ISourceTree
    {
        public string TreeId => inner.TreeId;
        public string Subject => inner.Subject;
        public string Author => inner.Author;
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => inner.ListFilesAsync(max, cancellationToken);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => source.CallAsync($"source.read {path}", () => inner.ReadTextAsync(path, maxBytes, default), cancellationToken);
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => inner.ExportAsync(directory, cancellationToken);
    }
}

internal sealed class CrashingBuilder(Life life, IBuilder inner, HashSet<string> asked) : CrashingAdapter(life), IBuilder
{
    public string Version => inner.Version;
    public bool IsolatesUntrusted => inner.IsolatesUntrusted;
    public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => CallAsync("builder.detect", () => inner.DetectAsync(source, default), cancellationToken);

    public ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken) =>
        CallAsync("builder.build", () => WorkAsync(asked, request.Id, () => inner.BuildAsync(request, default)), cancellationToken);

    public ValueTask StopAsync(string buildId, CancellationToken cancellationToken) => CallAsync("builder.stop", () => inner.StopAsync(buildId, default), cancellationToken);
}

internal sealed class CrashingRuntime(Life life, IRuntime inner, HashSet<string> asked) : CrashingAdapter(life), IRuntime
{
    public bool IsolatesUntrusted => inner.IsolatesUntrusted;

    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken) => CallAsync($"runtime.deploy {spec.Id}", () =>
        WorkAsync(asked, $"{spec.Id} {string.Join(' ', spec.Processes.Select(p => $"{p.Type}={p.Quantity}"))}", () => inner.DeployAsync(spec, default)), cancellationToken);

    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) => CallAsync($"runtime.inspect {id}", () => inner.InspectAsync(id, default), cancellationToken);

    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) =>
        CallAsync($"runtime.run {spec.Id}", () => WorkAsync(asked, spec.Id, () => inner.RunAsync(spec, default)), cancellationToken);

    public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken) => CallAsync($"runtime.stop {id}", () => inner.StopAsync(id, grace, default), cancellationToken);

    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) =>
        CallAsync($"runtime.stop-command {commandId}", () => inner.StopCommandAsync(commandId, grace, default), cancellationToken);

    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) => CallAsync("runtime.list", () => inner.ListAsync(default), cancellationToken);
}

internal sealed class CrashingAddOns(Life life, IAddOnProvisioner inner, HashSet<string> asked) : CrashingAdapter(life), IAddOnProvisioner
{
    public AddOnCatalogue Catalogue => inner.Catalogue;

    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken) =>
        CallAsync($"add-on.provision {request.Id}", () => WorkAsync(asked, request.Id, () => inner.ProvisionAsync(request, default)), cancellationToken);

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => CallAsync($"add-on.bind {id}", () => inner.BindAsync(id, default), cancellationToken);
    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken) => CallAsync($"add-on.deprovision {id}", () => inner.DeprovisionAsync(id, default), cancellationToken);
}

internal sealed class CrashingRouter(Life life, IRouter inner) : CrashingAdapter(life), IRouter
{
    public Uri UrlOf(AppName app) => inner.UrlOf(app);
    public ValueTask SetAsync(Route route, CancellationToken cancellationToken) => CallAsync($"router.set {route.Deployment}", () => inner.SetAsync(route, default), cancellationToken);
    public ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken) => CallAsync($"router.remove {app}", () => inner.RemoveAsync(app, generation, default), cancellationToken);
    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken) => CallAsync("router.restore", () => inner.RestoreAsync(routes, default), cancellationToken);
    public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => CallAsync("router.drain", () => inner.DrainAsync(targets, deadline, default), cancellationToken);
}

internal sealed class CrashingReporter(Life life, IStatusReporter inner) : CrashingAdapter(life), IStatusReporter
{
    public ValueTask ReportAsync(StatusReport report, CancellationToken cancellationToken) => CallAsync($"reporter.report {report.Run} {report.State}", () => inner.ReportAsync(report, default), cancellationToken);
}

internal sealed class CrashingStep(Life life, IRunStep inner) : CrashingAdapter(life), IRunStep
{
    public ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken) => CallAsync($"step.execute {context.IdempotencyKey}", async () =>
    {
        while (true)
            if (await inner.ExecuteAsync(context, default) is var result and not StepResult.Wait) return result;
    }, cancellationToken);
}

internal sealed class CrashingGate(Life life, IGate inner) : CrashingAdapter(life), IGate
{
    public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) => CallAsync($"gate.evaluate {context.Run}", () => inner.EvaluateAsync(context, default), cancellationToken);
}
