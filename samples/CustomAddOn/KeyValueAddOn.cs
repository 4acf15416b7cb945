using Flow;
using Flow.AddOns;

namespace CustomAddOn;

/// <summary>
/// Stores of a <see cref="KeyValueServer"/> as add-ons. A host registers it with <c>AddProvider&lt;IAddOnProvisioner&gt;("keyvalue", _ => new KeyValueAddOn(server))</c>.
/// </summary>
/// <param name="server">Where the stores are.</param>
/// <param name="oldPasswords">How long the old password goes on working after a rotation; at most a minute.</param>
public sealed class KeyValueAddOn(KeyValueServer server, TimeSpan oldPasswords) : IAddOnProvisioner, IAddOnPooling, IAddOnRotation
{
    private const string Owner = "made-by", Us = "flow", Plan = "plan", State = "state", Warm = "warm", Claimed = "claimed", WarmId = "warm-id", For = "for";

    public AddOnCatalogue Catalogue { get; } = new()
    {
        Plans = [new("tiny", "Ten keys.", [AddOnPurpose.Test, AddOnPurpose.Review]), new("roomy", "A thousand keys.", [AddOnPurpose.Staging, AddOnPurpose.Production], CostPerHour: 0.01m)],
        Shareable = true,
        Prefix = "KEYVALUE",
    };

    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Refusal(request) is { } refusal) return Failed(refusal);
        var plan = request.Plan ?? Catalogue.DefaultFor(request.Purpose).Name;
        // Made, or there since an earlier call whose answer was lost: the service decides, in one step.
        server.CreateStore(request.Id, plan == "tiny" ? 10 : 1_000, Labels(request, plan, request.Owner is null ? Warm : Claimed, null), withPassword: request.Owner is not null);
        return server.Find(request.Id) is { } store && Ours(store) ? Done(request, store) : Failed(new("addon-foreign", "The server has a store of that name that Flow did not make."));
    }

    /// <remarks>A warm store has no password at all, so nobody can have been in it.</remarks>
    public ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Refusal(request) is { } refusal) return Failed(refusal);
        if (Become() is { } become) return become;
        var plan = request.Plan ?? Catalogue.DefaultFor(request.Purpose).Name;
        if (server.HandOver(warmId, new Dictionary<string, string> { [Owner] = Us, [State] = Warm, [Plan] = plan }, request.Id, Labels(request, plan, Claimed, warmId))) return Done(request, server.Find(request.Id)!);
        // Perhaps the same claim was a moment earlier.
        return Become() ?? Failed(new("addon-unfit", "There is no such warm store to give away, or it has another plan."));

        ValueTask<WorkStatus<AddOnInstance>>? Become() => server.Find(request.Id) is { } store && Ours(store) && store.Labels.GetValueOrDefault(WarmId) == warmId ? Done(request, store) : null;
    }

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        if (server.Find(id) is not { } store || !Ours(store)) throw Missing();
        if (store.NewestPassword is not { } password) throw new FlowException("addon-unclaimed", "A warm store has a password when it is claimed.");
        return ValueTask.FromResult(new AddOnBinding(
            new Dictionary<string, string> { ["KEYVALUE_URL"] = $"keyvalue://{Uri.EscapeDataString(id)}:{password}@127.0.0.1:{server.Port}", ["KEYVALUE_USER"] = id, ["KEYVALUE_PASSWORD"] = password },
            new HashSet<string> { "KEYVALUE_URL", "KEYVALUE_PASSWORD" }));
    }

    public ValueTask RotateAsync(string id, CancellationToken cancellationToken) =>
        server.Find(id) is { NewestPassword: not null } store && Ours(store) && server.AddPassword(id, oldPasswords) ? ValueTask.CompletedTask : throw Missing();

    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        if (server.Find(id) is { } store && Ours(store)) server.DropStore(id);
        return ValueTask.CompletedTask;
    }

    private Failure? Refusal(AddOnRequest request)
    {
        if (request.Plan is { } plan && Catalogue.Find(plan) is null) return new("plan-unknown", "There is no such plan; there are 'tiny' and 'roomy'.");
        if (request.Options is { Count: > 0 }) return new("option-unknown", "Key-value stores have no options.");
        return request.Seed is null ? null : new("seed-unknown", "Key-value stores begin with nothing.");
    }

    private static Dictionary<string, string> Labels(AddOnRequest request, string plan, string state, string? warmId)
    {
        Dictionary<string, string> labels = new() { [Owner] = Us, [Plan] = plan, [State] = state, [For] = request.Purpose.ToString() };
        if (warmId is not null) labels[WarmId] = warmId;
        return labels;
    }

    private static bool Ours(KeyValueServer.Description store) => store.Labels.GetValueOrDefault(Owner) == Us;

    private static FlowException Missing() => new("addon-missing", "There is no such key-value store.");

    private static ValueTask<WorkStatus<AddOnInstance>> Done(AddOnRequest request, KeyValueServer.Description store) => new(WorkStatus<AddOnInstance>.Done(new(request.Id, store.Labels[Plan])));

    private static ValueTask<WorkStatus<AddOnInstance>> Failed(Failure failure) => new(WorkStatus<AddOnInstance>.Failed(failure));
}
