using Flow.AddOns;
using Flow.Gates;
using Flow.Manifests;
using Flow.Runtimes;
using Flow.Sources;
using Microsoft.Extensions.DependencyInjection;

namespace Flow.Testing.Simulation.Planting;

/// <summary>Hands out providers, some of them broken.</summary>
internal sealed class BrokenServices(IServiceProvider right, Func<object, object> breaks) : IKeyedServiceProvider
{
    public object? GetService(Type serviceType) => right.GetService(serviceType);
    public object? GetKeyedService(Type serviceType, object? serviceKey) => ((IKeyedServiceProvider)right).GetKeyedService(serviceType, serviceKey) is { } provider ? breaks(provider) : null;
    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => breaks(((IKeyedServiceProvider)right).GetRequiredKeyedService(serviceType, serviceKey));
}

/// <summary>A runtime that does one thing wrong.</summary>
internal sealed class BrokenRuntime(IRuntime right) : IRuntime
{
    public Func<DeploymentSpec, CancellationToken, ValueTask<WorkStatus<Deployment>>>? Deploys { get; init; }
    public Func<DeploymentId, TimeSpan, CancellationToken, ValueTask>? Stops { get; init; }

    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken) => Deploys?.Invoke(spec, cancellationToken) ?? right.DeployAsync(spec, cancellationToken);
    public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken) => Stops?.Invoke(id, grace, cancellationToken) ?? right.StopAsync(id, grace, cancellationToken);

    public bool IsolatesUntrusted => right.IsolatesUntrusted;
    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) => right.InspectAsync(id, cancellationToken);
    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) => right.RunAsync(spec, cancellationToken);
    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => right.StopCommandAsync(commandId, grace, cancellationToken);
    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) => right.ListAsync(cancellationToken);
}

/// <summary>Add-ons that are removed wrongly.</summary>
internal sealed class BrokenAddOns(IAddOnProvisioner right, Func<string, CancellationToken, ValueTask> removes) : IAddOnProvisioner
{
    public AddOnCatalogue Catalogue => right.Catalogue;

    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken) => removes(id, cancellationToken);

    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken) => right.ProvisionAsync(request, cancellationToken);
    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => right.BindAsync(id, cancellationToken);
}

/// <summary>A gate that lets everybody pass.</summary>
internal sealed class OpenGate : IGate
{
    public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) => new(GateAnswer.Allow("nobody asked"));
}

/// <summary>A source whose app.json is not what it is.</summary>
internal sealed class BrokenSource(ISourceProvider right, Func<string, string?> reads) : ISourceProvider
{
    public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) => right.ListAsync(repository, cancellationToken);
    public async ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) => new Tree(await right.FetchAsync(repository, commit, cancellationToken), reads);

    private sealed class Tree(ISourceTree right, Func<string, string?> reads) : ISourceTree
    {
        public string TreeId => right.TreeId;
        public string Subject => right.Subject;
        public string Author => right.Author;
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => right.ListFilesAsync(max, cancellationToken);
        public async ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => await right.ReadTextAsync(path, maxBytes, cancellationToken) is { } text && path == AppJson.FileName ? reads(text) : null;
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => right.ExportAsync(directory, cancellationToken);
    }
}
