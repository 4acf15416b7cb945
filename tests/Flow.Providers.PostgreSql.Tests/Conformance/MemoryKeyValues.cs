using Flow.AddOns;
using Flow.Testing.AddOns;

namespace Flow.Providers.PostgreSql.Tests.Conformance;

/// <summary>Ways to get it wrong.</summary>
public enum Flaw
{
    None, AnotherOnEveryCall, NoPlanIsUnknown, OptionsAreIgnored, TruncatesIds, SecretInTheMessage, SecretNotNamed, LeavesTheUser, ForgottenWhenCancelled, MissingIsTransient, AlreadyGoneThrows,
    OldCredentialsGoOn, WarmIdGoesOn, CredentialsOfTheWarm, GivenToTwo, TakesFromOwners, ClaimOnlyOnce,
}

/// <summary>A correct provider of key-value stores in memory, and with a flaw a wrong one.</summary>
internal sealed class MemoryKeyValues(Flaw flaw) : IAddOnProvisioner, IAddOnPooling, IAddOnRotation
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Store> stores = new(StringComparer.Ordinal);
    private int made;

    public sealed record Store(string Password, bool Warm, string? WarmId = null)
    {
        public string? Text { get; set; }
    }

    /// <summary>Name and password of users.</summary>
    public Dictionary<string, Store> Users { get; } = [];

    public AddOnCatalogue Catalogue { get; } = new() { Plans = [new("small", "Little.", [AddOnPurpose.Review]), new("large", "Much.", [])], Options = [new("version", "Which.", ["1", "2"])], Prefix = "KV" };

    public async ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        if (Refusal(request) is { } refusal) return WorkStatus<AddOnInstance>.Failed(refusal);
        if (flaw == Flaw.ForgottenWhenCancelled)
        {
            lock (gate) Users[$"half {++made}"] = new("", false);
            await Task.Delay(10, cancellationToken);
            lock (gate) Users.Remove($"half {made}");
        }
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (flaw == Flaw.AnotherOnEveryCall || !stores.ContainsKey(Key(request.Id))) Put(request.Id, new(NewPassword(), request.Owner is null));
        }
        return WorkStatus<AddOnInstance>.Done(new(request.Id, request.Plan ?? Catalogue.DefaultFor(request.Purpose).Name));
    }

    private Failure? Refusal(AddOnRequest request) =>
        flaw != Flaw.NoPlanIsUnknown && request.Plan is { } plan && Catalogue.Find(plan) is null ? new("plan-unknown", "There is no such plan.")
        : flaw != Flaw.OptionsAreIgnored && request.Options?.Any(o => Catalogue.Options.FirstOrDefault(k => k.Name == o.Key)?.Values?.Contains(o.Value) is not true) is true ? new("option-unknown", "There is no such option, or it has no such value.")
        : request.Seed is not null ? new("seed-unknown", "There are no seeds here.") : null;

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!stores.TryGetValue(Key(id), out var store))
                throw new FlowException("addon-missing", flaw == Flaw.SecretInTheMessage && lastPassword is { } said ? $"There is none; the last was kv://{said}." : "There is none.", transient: flaw == Flaw.MissingIsTransient);
            return new(new AddOnBinding(new Dictionary<string, string> { ["KV_URL"] = $"kv://user:{store.Password}@memory", ["KV_PASSWORD"] = store.Password }, flaw == Flaw.SecretNotNamed ? new HashSet<string> { "KV_PASSWORD" } : new HashSet<string> { "KV_URL", "KV_PASSWORD" }));
        }
    }

    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!stores.Remove(Key(id), out var store) && flaw == Flaw.AlreadyGoneThrows) throw new FlowException("addon-missing", "There is none.");
            if (store is not null && flaw != Flaw.LeavesTheUser) Users.Remove(store.Password);
        }
        return default;
    }

    public ValueTask RotateAsync(string id, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!stores.TryGetValue(Key(id), out var store)) throw new FlowException("addon-missing", "There is none.");
            if (flaw != Flaw.OldCredentialsGoOn) Users.Remove(store.Password);
            Put(id, store with { Password = NewPassword() });
        }
        return default;
    }

    public ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var done = WorkStatus<AddOnInstance>.Done(new(request.Id, request.Plan ?? Catalogue.DefaultFor(request.Purpose).Name));
        lock (gate)
        {
            if (flaw != Flaw.ClaimOnlyOnce && stores.TryGetValue(Key(request.Id), out var there) && there.WarmId == warmId) return new(done);
            if (!stores.TryGetValue(Key(warmId), out var warm) || (!warm.Warm && flaw != Flaw.TakesFromOwners)) return new(WorkStatus<AddOnInstance>.Failed(new("addon-unfit", "There is no such warm instance.")));
            if (flaw is not (Flaw.WarmIdGoesOn or Flaw.GivenToTwo)) stores.Remove(Key(warmId));
            if (flaw != Flaw.CredentialsOfTheWarm) Users.Remove(warm.Password);
            Put(request.Id, warm with { Warm = false, WarmId = warmId, Password = flaw == Flaw.CredentialsOfTheWarm ? warm.Password : NewPassword() });
        }
        return new(done);
    }

    private string? lastPassword;

    private string NewPassword() => lastPassword = Guid.NewGuid().ToString("N");

    private string Key(string id) => flaw == Flaw.TruncatesIds ? id[..Math.Min(id.Length, 63)] : id;

    private void Put(string id, Store store) => Users[store.Password] = stores[Key(id)] = store;
}

internal sealed class MemoryHarness(Flaw flaw) : AddOnHarness
{
    private readonly MemoryKeyValues provider = new(flaw);

    public override ValueTask<IAddOnProvisioner> CreateAsync(CancellationToken cancellationToken) => new(provider);
    public override ValueTask<int> CountAsync(CancellationToken cancellationToken) => new(provider.Users.Count);

    public override ValueTask WriteAsync(AddOnBinding binding, string text, CancellationToken cancellationToken)
    {
        provider.Users[binding.Variables["KV_PASSWORD"]].Text = text;
        return default;
    }

    public override ValueTask<string?> ReadAsync(AddOnBinding binding, CancellationToken cancellationToken) => new(provider.Users[binding.Variables["KV_PASSWORD"]].Text);
    public override ValueTask DisposeAsync() => default;
}
