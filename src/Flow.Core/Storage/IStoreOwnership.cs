namespace Flow.Storage;

/// <summary>
/// Ability of an <see cref="IFlowStore"/> that one engine at a time owns, such as a file. A second engine <em>stands by</em>: its host runs and may read
/// what is committed, writes are refused with the transient code <c>store-standby</c>, and it takes over when the owner ends, however that ends.
/// </summary>
/// <remarks>
/// In a host it can always be injected; of a store without this ability every engine is an owner. What acts on the outside world by itself (listens on
/// a port of its own, polls, stops things at shutdown) waits for the ownership, so that two hosts that overlap at a restart do not fight.
/// </remarks>
public interface IStoreOwnership
{
    /// <summary>This engine owns the store. Once true, it stays so as long as the process lives.</summary>
    bool IsOwner { get; }

    /// <summary>Why this engine is not the owner, for a person: names whoever is. Null when it is.</summary>
    string? StandingBy { get; }

    /// <summary>
    /// Completes when this engine owns the store. Fails with a permanent <see cref="FlowException"/> when it never will without a person: what the last owner
    /// left is damaged. Cancelling stops the waiting only.
    /// </summary>
    Task WaitForOwnershipAsync(CancellationToken cancellationToken);
}

/// <summary>The host's store, asked only when it is needed: who injects this must not open the store before start-up is validated.</summary>
internal sealed class HostOwnership(IServiceProvider services) : IStoreOwnership
{
    private readonly Lazy<IStoreOwnership?> store = new(() => services.GetService(typeof(IFlowStore)) as IStoreOwnership);

    public bool IsOwner => store.Value?.IsOwner ?? true;

    public string? StandingBy => store.Value?.StandingBy;

    public Task WaitForOwnershipAsync(CancellationToken cancellationToken) => store.Value?.WaitForOwnershipAsync(cancellationToken) ?? Task.CompletedTask;
}
