using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Runs.Steps;

namespace Flow.AddOns.Pools;

internal sealed class PoolService(FlowMailbox mailbox, Providers providers, IEnumerable<ProviderDescriptor> registered) : IAddOnPools
{
    public ValueTask<Answer> DeclareAsync(PoolDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return Problems(definition) is { Count: > 0 } problems
            ? ValueTask.FromResult(Answer.Refused("pool-invalid", string.Join(' ', problems)))
            : mailbox.AskAsync(PoolDecider.StreamOf(definition.Name), new DeclarePool(Resolve(definition)), cancellationToken: cancellationToken);
    }

    /// <summary>For declarations that start-up has validated; nobody waits for the answer.</summary>
    public ValueTask PostAsync(PoolDefinition definition, CancellationToken cancellationToken) =>
        mailbox.PostAsync(PoolDecider.StreamOf(definition.Name), new DeclarePool(Resolve(definition)), cancellationToken: cancellationToken);

    public ValueTask<Answer> RemoveAsync(string pool, string by, CancellationToken cancellationToken = default) =>
        PoolValidator.IsName(pool) ? mailbox.AskAsync(PoolDecider.StreamOf(pool), new RemovePool(by), cancellationToken: cancellationToken) : ValueTask.FromResult(Answer.Refused("pool-unknown", "There is no such pool."));

    public ValueTask<PoolState?> GetAsync(string pool, CancellationToken cancellationToken = default) =>
        PoolValidator.IsName(pool) ? mailbox.ReadAsync<PoolState>(PoolDecider.StreamOf(pool), cancellationToken) : ValueTask.FromResult<PoolState?>(null);

    public async IAsyncEnumerable<KeyValuePair<string, PoolState>> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var (stream, state) in mailbox.ListAsync<PoolState>(PoolDecider.Kind, cancellationToken: cancellationToken)) yield return new(stream.Key, state);
    }

    public IReadOnlyList<string> Problems(PoolDefinition definition) => PoolValidator.Validate(definition, registered, name => providers.Get<IAddOnProvisioner>(name));

    private ResolvedPool Resolve(PoolDefinition definition)
    {
        var catalogue = providers.Get<IAddOnProvisioner>(definition.Provider).Catalogue;
        var plan = definition.Plan is { } wanted ? catalogue.Find(wanted)! : catalogue.DefaultFor(definition.Purpose);
        return new(definition, plan.Name, plan.CostPerHour, StockOf(definition.Provider, plan.Name, definition.Purpose, definition.Options, definition.Seed));
    }

    /// <summary>Equal wishes have equal stocks.</summary>
    public static string StockOf(string provider, string plan, AddOnPurpose purpose, IReadOnlyDictionary<string, string>? options, string? seed)
    {
        List<string> parts = [provider.ToLowerInvariant(), plan, purpose.ToString(), seed ?? "", seed is null ? "" : "seeded"];
        foreach (var (name, value) in (options ?? new Dictionary<string, string>()).OrderBy(o => o.Key, StringComparer.Ordinal)) parts.AddRange([name, value]);
        // Lengths keep neighbours apart, whatever they hold.
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => $"{p.Length}:{p}")))))[..24];
    }
}

/// <summary>A run's way to the pools.</summary>
internal sealed class PoolClaims(FlowMailbox mailbox)
{
    /// <summary>Pool and warm instance for a request; null: no pool keeps such ones, or it has none now. Asked again under the same id, the same answer.</summary>
    public async ValueTask<(string Pool, string Warm)?> ClaimAsync(string provider, string plan, AddOnRequest request, CancellationToken cancellationToken)
    {
        var stock = PoolService.StockOf(provider, plan, request.Purpose, request.Options, request.Seed);
        await foreach (var (stream, pool) in mailbox.ListAsync<PoolState>(PoolDecider.Kind, cancellationToken: cancellationToken))
        {
            // One that has answered already is asked again, whatever it keeps now.
            if (pool.Declared?.Stock != stock && pool.Answers.All(a => a.For != request.Id)) continue;
            var answer = await mailbox.AskAsync(stream, new ClaimWarm(request.Id, stock), cancellationToken: cancellationToken);
            if (answer is { Accepted: true, Reason: { } warm }) return (stream.Key, warm);
        }
        return null;
    }

    /// <summary>It has been handed over, or never will be.</summary>
    public async ValueTask SettleAsync((string Pool, string Warm) claim, string id, Failure? failure, CancellationToken cancellationToken) =>
        await mailbox.PostAsync(PoolDecider.StreamOf(claim.Pool), new SettleClaim(id, claim.Warm, failure), cancellationToken: cancellationToken);

    /// <summary>Whoever may have claimed under this id is gone.</summary>
    public async ValueTask AbandonAsync(string id, CancellationToken cancellationToken)
    {
        await foreach (var (stream, pool) in mailbox.ListAsync<PoolState>(PoolDecider.Kind, cancellationToken: cancellationToken))
            if (pool.Instances.Any(w => w.Phase == WarmPhase.Claimed && w.For == id)) await mailbox.PostAsync(stream, new AbandonClaim(id), cancellationToken: cancellationToken);
    }
}
