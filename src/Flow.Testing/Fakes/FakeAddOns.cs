using Flow.AddOns;

namespace Flow.Testing.Fakes;

/// <summary>Remembers what was provisioned; can hand over instances that it made before.</summary>
public sealed class FakeAddOns : IAddOnProvisioner, IAddOnPooling, IAddOnRotation
{
    private readonly Lock gate = new();

    /// <summary>What there is, by id.</summary>
    public Dictionary<string, AddOnRequest> Instances { get; } = [];

    /// <summary>Instances that were made for a pool: the id they have now, to the one they had.</summary>
    public Dictionary<string, string> Claimed { get; } = [];

    /// <summary>Warm instances that cannot be handed over.</summary>
    public HashSet<string> Unfit { get; } = [];

    /// <summary>How often the credentials of an instance were replaced.</summary>
    public Dictionary<string, int> Rotations { get; } = [];

    /// <summary>What to answer to a request instead of "done".</summary>
    public Func<AddOnRequest, WorkStatus<AddOnInstance>?>? Answer { get; set; }

    /// <inheritdoc/>
    public AddOnCatalogue Catalogue { get; set; } = new()
    {
        Plans = [new("default", "Whatever it takes.", []), new("small", "Less of it.", [])],
        Options = [new("version", "Any.")],
        Seedable = true,
        Prefix = "DATABASE",
    };

    /// <inheritdoc/>
    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Refusal(request) is { } refusal) return ValueTask.FromResult(WorkStatus<AddOnInstance>.Failed(refusal));
        lock (gate)
        {
            if (Answer?.Invoke(request) is { } answer) return ValueTask.FromResult(answer);
            Instances.TryAdd(request.Id, request);
        }
        return ValueTask.FromResult(Done(request));
    }

    /// <inheritdoc/>
    public ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Refusal(request) is { } refusal) return ValueTask.FromResult(WorkStatus<AddOnInstance>.Failed(refusal));
        lock (gate)
        {
            if (!Instances.ContainsKey(request.Id))
            {
                if (Unfit.Contains(warmId) || !Instances.TryGetValue(warmId, out var warm) || warm.Owner is not null || warm.Seed != request.Seed || PlanOf(warm) != PlanOf(request))
                    return ValueTask.FromResult(WorkStatus<AddOnInstance>.Failed(new("warm-unfit", $"{warmId} is not fit to be given away.")));
                Instances.Remove(warmId);
                Instances[request.Id] = request;
                Claimed[request.Id] = warmId;
            }
        }
        return ValueTask.FromResult(Done(request));
    }

    /// <inheritdoc/>
    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
            return Instances.ContainsKey(id)
                ? ValueTask.FromResult(new AddOnBinding(new Dictionary<string, string> { ["DATABASE_URL"] = Rotations.TryGetValue(id, out var times) ? $"fake://{times}@{id}" : $"fake://{id}" }, new HashSet<string> { "DATABASE_URL" }))
                : throw new FlowException("addon-missing", $"There is no instance {id}.");
    }

    /// <inheritdoc/>
    public ValueTask RotateAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!Instances.ContainsKey(id)) throw new FlowException("addon-missing", $"There is no instance {id}.");
            Rotations[id] = Rotations.GetValueOrDefault(id) + 1;
        }
        return ValueTask.CompletedTask;
    }

    private string PlanOf(AddOnRequest request) => request.Plan ?? Catalogue.DefaultFor(request.Purpose).Name;
    private WorkStatus<AddOnInstance> Done(AddOnRequest request) => WorkStatus<AddOnInstance>.Done(new(request.Id, PlanOf(request)));

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
