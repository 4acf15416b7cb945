using Flow.Engine;

namespace Flow.AddOns.Pools;

/// <summary>Warm pools, for hosts. What a request asks for is durable when the answer is there.</summary>
public interface IAddOnPools
{
    /// <summary>Declares a pool, or changes its declaration: instances of another kind are replaced. Idempotent. What is wrong with it is refused, all at once.</summary>
    ValueTask<Answer> DeclareAsync(PoolDefinition definition, CancellationToken cancellationToken = default);

    /// <summary>Empties a pool and forgets its declaration. One that is declared in configuration or code comes back with the next start. Idempotent.</summary>
    ValueTask<Answer> RemoveAsync(string pool, string by, CancellationToken cancellationToken = default);

    /// <summary>A pool as last committed, or null.</summary>
    ValueTask<PoolState?> GetAsync(string pool, CancellationToken cancellationToken = default);

    /// <summary>All pools in order of their names.</summary>
    IAsyncEnumerable<KeyValuePair<string, PoolState>> ListAsync(CancellationToken cancellationToken = default);
}
