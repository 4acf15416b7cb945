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
        if (Refusal(request) is { } refusal) return ValueTask.FromResult(WorkStatus<AddOnInstance>.Failed(refusal));
        lock (gate) Instances.TryAdd(request.Id, request);
        return ValueTask.FromResult(WorkStatus<AddOnInstance>.Done(new(request.Id, request.Plan ?? Catalogue.DefaultFor(request.Purpose).Name)));
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

    private Failure? Refusal(AddOnRequest request) =>
        request.Plan is { } plan && Catalogue.Find(plan) is null ? new("plan-unknown", "The catalogue has no such plan.")
        : request.Options?.Any(o => Catalogue.Options.FirstOrDefault(k => k.Name == o.Key) is not { } known || !(known.Values?.Contains(o.Value) ?? o.Value.Length <= 200)) is true ? new("option-unknown", "The catalogue has no such option, or not this value of it.")
        : request.Seed is not null && !Catalogue.Seedable ? new("seed-unknown", "The catalogue says that nothing begins with a seed.") : null;
}
