using Flow.AddOns;
using Flow.Builds;
using Flow.Reporting;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Testing.Fakes;

namespace Flow.Testing.Simulation;

internal sealed class OutsideSource(Outside outside, SimulatedNode node) : ISourceProvider
{
    public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) => outside.CallAsync(node, "list the repository", () =>
    {
        if (outside.Code.Outage) throw new FlowException("source-unreachable", "The source host is down.", transient: true);
        return outside.Code.List(outside.World);
    }, cancellationToken);

    public ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) => outside.CallAsync<ISourceTree>(node, $"fetch {commit}", () =>
        outside.Code.Outage ? throw new FlowException("source-unreachable", "The source host is down.", transient: true) : outside.Code.Read(commit), cancellationToken);
}

internal sealed class OutsideBuilder(Outside outside, SimulatedNode node) : IBuilder
{
    private const string StoppedBuild = "stopped";

    public string Version => "1";
    public bool IsolatesUntrusted => true;

    public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => new(new Detection(true, "anything"));

    public ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken) => outside.CallAsync(node, $"build {request.Id}", () =>
    {
        if (outside.IsGone(outside.Removed.Contains(StoppedBuild + request.Id))) return WorkStatus<Artifact>.Failed(new("build-stopped", "It was stopped."));
        var tree = request.Source.TreeId;
        if (outside.Builds.GetValueOrDefault(request.Id, true) && outside.World.OneIn(3))
        {
            outside.Builds[request.Id] = true;
            return WorkStatus<Artifact>.Running(outside.World.Seconds(1, 30));
        }
        outside.Builds[request.Id] = false;
        return outside.Code.QualityOf(tree) == Quality.DoesNotBuild
            ? WorkStatus<Artifact>.Failed(new("build-failed", "error CS1002: ; expected"))
            : WorkStatus<Artifact>.Done(FakeBuilder.ArtifactOf(tree, request.Revision, outside.ProcessTypes));
    }, cancellationToken);

    public async ValueTask StopAsync(string buildId, CancellationToken cancellationToken) => await outside.CallAsync(node, $"stop build {buildId}", () =>
    {
        outside.Witness.BuildIsStopped(buildId);
        outside.Removed.Add(StoppedBuild + buildId);
        return outside.Builds[buildId] = false;
    }, cancellationToken);
}

internal sealed class OutsideRuntime(Outside outside, SimulatedNode node) : IRuntime
{
    public bool IsolatesUntrusted => true;

    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken) => outside.CallAsync(node, $"deploy {spec.Id}", () =>
    {
        if (outside.IsGone(outside.Stopped.Contains(spec.Id)))
        {
            outside.World.Count(FlowSituations.CallTooLate);
            return WorkStatus<Deployment>.Failed(new("deployment-stopped", $"{spec.Id} was stopped; it never starts again."));
        }
        outside.Starts(spec);
        if (outside.World.OneIn(4)) return WorkStatus<Deployment>.Running(outside.World.Seconds(1, 20));
        if (outside.Code.QualityOf(spec.Artifact.Provenance.TreeId) != Quality.NeverHealthy) return WorkStatus<Deployment>.Done(Of(spec));
        outside.Failed.Add(spec.Id.ToString());
        return WorkStatus<Deployment>.Failed(new("unhealthy", "GET / answered 500"));
    }, cancellationToken);

    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) =>
        outside.CallAsync(node, $"inspect {id}", () => !outside.Running.TryGetValue(id, out var spec) || outside.Lies() ? null : Of(spec), cancellationToken);

    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) => outside.CallAsync(node, $"run {spec.Id}", () =>
    {
        outside.Witness.IsGiven(spec.App, spec.Artifact, spec.Environment, $"command {spec.Id}");
        var known = outside.Commands.TryGetValue(spec.Id, out var state);
        if (known && state == CommandState.Vanished) return WorkStatus<CommandResult>.Done(new(null, false, ""));
        if (outside.IsGone(outside.Removed.Contains(spec.Id)))
        {
            outside.World.Count(FlowSituations.CallTooLate);
            return WorkStatus<CommandResult>.Done(new(null, false, ""));
        }
        if (!known) outside.CommandStarts[spec.Id] = outside.CommandStarts.GetValueOrDefault(spec.Id) + 1;
        outside.Commands[spec.Id] = CommandState.Working;
        if (spec.Command is DrawnManifest.PostDeploy or DrawnManifest.Predestroy or DrawnManifest.Hook) return outside.Scripts.Run(spec, begins: !known);
        if (state == CommandState.Working && outside.World.OneIn(3)) return WorkStatus<CommandResult>.Running(outside.World.Seconds(1, 20));
        outside.Commands[spec.Id] = CommandState.Ended;
        var fails = spec.Command == "./migrate" && outside.Code.QualityOf(spec.Artifact.Provenance.TreeId) == Quality.ReleaseFails;
        if (fails) outside.Failed.Add(spec.Id);
        return WorkStatus<CommandResult>.Done(new(fails ? 1 : 0, false, ""));
    }, cancellationToken);

    public async ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken) => await outside.CallAsync(node, $"stop {id}", () => outside.Stops(id), cancellationToken);

    public async ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => await outside.CallAsync(node, $"stop command {commandId}", () =>
    {
        outside.Removed.Add(commandId);
        return outside.Commands.Remove(commandId);
    }, cancellationToken);

    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) =>
        outside.CallAsync<IReadOnlyList<DeploymentId>>(node, "list deployments", () => outside.RuntimeLies ? [] : [.. outside.Running.Keys], cancellationToken);

    private static Deployment Of(DeploymentSpec spec) => new()
    {
        Id = spec.Id,
        Processes = [.. spec.Processes.SelectMany(p => Enumerable.Range(1, p.Quantity)
            .Select(i => new RunningProcess(p.Type, i, true, p.Routed ? new Uri($"http://{spec.Id.App}-{spec.Id.Generation}-{spec.Id.Number}-{i}/") : null, 0, null)))],
    };
}

internal sealed class OutsideAddOns(Outside outside, SimulatedNode node) : IAddOnProvisioner
{
    public AddOnCatalogue Catalogue { get; } = new() { Plans = [new("default", "Whatever it takes.", [])] };

    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken) => outside.CallAsync(node, $"provision {request.Id}", () =>
    {
        if (outside.IsGone(outside.Removed.Contains(request.Id)))
        {
            outside.World.Count(FlowSituations.CallTooLate);
            return WorkStatus<AddOnInstance>.Failed(new("addon-removed", $"{request.Id} was removed."));
        }
        outside.Provisions(request);
        return outside.World.OneIn(4) ? WorkStatus<AddOnInstance>.Running(outside.World.Seconds(1, 20)) : WorkStatus<AddOnInstance>.Done(new(request.Id, "small"));
    }, cancellationToken);

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => outside.CallAsync(node, $"bind {id}", () => outside.AddOns.ContainsKey(id)
        ? new AddOnBinding(new Dictionary<string, string> { ["DATABASE_URL"] = SimulatedSecrets.Value(id) }, new HashSet<string> { "DATABASE_URL" })
        : throw new FlowException("addon-missing", $"There is no instance {id}."), cancellationToken);

    public async ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken) => await outside.CallAsync(node, $"remove {id}", () => outside.Deprovisions(id), cancellationToken);
}

internal sealed class OutsideRouter(Outside outside, SimulatedNode node) : IRouter, IRouterVisits
{
    public Uri UrlOf(AppName app) => new($"http://{app}.localhost/");

    public async ValueTask SetAsync(Route route, CancellationToken cancellationToken) =>
        await outside.CallAsync(node, $"lead to {route.Deployment}", () => World.Now(Done(outside.Routes.SetAsync(route, default))), cancellationToken);

    public async ValueTask RemoveAsync(AppName app, int generation, CancellationToken cancellationToken) =>
        await outside.CallAsync(node, $"remove route of {app}, generation {generation}", () =>
        {
            outside.Witness.RouteIsRemoved(app, generation);
            return World.Now(Done(outside.Routes.RemoveAsync(app, generation, default)));
        }, cancellationToken);

    public ValueTask<IReadOnlyDictionary<AppName, DateTimeOffset>> ListVisitsAsync(CancellationToken cancellationToken) =>
        outside.CallAsync(node, "list visits", IReadOnlyDictionary<AppName, DateTimeOffset> () => new Dictionary<AppName, DateTimeOffset>(outside.Visits), cancellationToken);

    /// <summary>Said by a process that is alone with its router: it lands before anything else is done.</summary>
    public ValueTask RestoreAsync(IReadOnlyList<Route> routes, CancellationToken cancellationToken) => outside.Routes.RestoreAsync(routes, cancellationToken);

    private static async ValueTask<bool> Done(ValueTask change)
    {
        await change;
        return true;
    }

    public ValueTask<int> DrainAsync(IReadOnlyList<Uri> targets, TimeSpan deadline, CancellationToken cancellationToken) => outside.CallAsync(node, "drain", () => 0, cancellationToken);
}

internal sealed class OutsideReporter(Outside outside, SimulatedNode node) : IStatusReporter
{
    public async ValueTask ReportAsync(StatusReport report, CancellationToken cancellationToken) => await outside.CallAsync(node, $"tell {report.Run} {report.State}", () =>
    {
        outside.Told[report.Run] = report.State;
        return true;
    }, cancellationToken);
}

/// <summary>A host's own step: a smoke test before the traffic comes, a notification after it.</summary>
internal sealed class OutsideStep(Outside outside, SimulatedNode node) : IRunStep
{
    public ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken) => outside.CallAsync<StepResult>(node, $"host step {context.IdempotencyKey}", () =>
    {
        if (outside.World.OneIn(5)) return new StepResult.Wait("the tester", "somebody", outside.World.Seconds(1, 60));
        if (outside.World.Trouble(10)) return new StepResult.Failed(new("tester-away", "The tester is away.", Transient: outside.World.OneIn(2)));
        outside.Witness.HostStepIsDone(context.Run, context.Step);
        return new StepResult.Done("fine");
    }, cancellationToken);
}
