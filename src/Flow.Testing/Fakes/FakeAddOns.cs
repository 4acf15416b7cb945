using Flow.AddOns;

namespace Flow.Testing.Fakes;

/// <summary>Add-on instances in memory.</summary>
public sealed class FakeAddOns : IAddOnProvisioner
{
    /// <inheritdoc/>
    public AddOnCatalogue Catalogue { get; set; } = new() { Plans = [new("default", "Whatever it takes.", []), new("small", "Less of it.", [])], Options = [new("version", "Any.")], Seedable = true, Prefix = "DATABASE" };

    private readonly Lock gate = new();

    /// <summary>Instances that exist, with the request that made them.</summary>
    public Dictionary<string, AddOnRequest> Instances { get; } = [];

    /// <inheritdoc/>
    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (gate) Instances.TryAdd(request.Id, request);
        return ValueTask.FromResult(WorkStatus<AddOnInstance>.Done(new(request.Id, request.Plan ?? "default")));
    }

    /// <inheritdoc/>
    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
            return Instances.ContainsKey(id)
                ? ValueTask.FromResult(new AddOnBinding(new Dictionary<string, string> { ["DATABASE_URL"] = $"fake://{id}" }, new HashSet<string> { "DATABASE_URL" }))
                : throw new FlowException("addon-missing", $"There is no instance {id}.");
    }

    /// <inheritdoc/>
    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate) Instances.Remove(id);
        return ValueTask.CompletedTask;
    }
}
