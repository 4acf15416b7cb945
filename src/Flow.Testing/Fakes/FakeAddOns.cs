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
        lock (gate)
        {
            if (Answer?.Invoke(request) is { } answer) return ValueTask.FromResult(answer);
            Instances.TryAdd(request.Id, request);
        }
        return ValueTask.FromResult(WorkStatus<AddOnInstance>.Done(new(request.Id, request.Plan ?? "default")));
    }

    /// <inheritdoc/>
    public ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (gate)
        {
            if (!Instances.ContainsKey(request.Id))
            {
                if (Unfit.Contains(warmId) || !Instances.Remove(warmId)) return ValueTask.FromResult(WorkStatus<AddOnInstance>.Failed(new("warm-unfit", $"{warmId} is not fit to be given away.")));
                Instances[request.Id] = request;
                Claimed[request.Id] = warmId;
            }
        }
        return ValueTask.FromResult(WorkStatus<AddOnInstance>.Done(new(request.Id, request.Plan ?? "default")));
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
        lock (gate) Rotations[id] = Rotations.GetValueOrDefault(id) + 1;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate) Instances.Remove(id);
        return ValueTask.CompletedTask;
    }
}
