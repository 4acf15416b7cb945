using Flow.Storage;

namespace Flow.Testing.Storage;

/// <summary>Makes and drives the store under test. One harness serves one case, and is disposed after it.</summary>
public abstract class FlowStoreHarness : IAsyncDisposable
{
    /// <summary>A store with nothing in it. Called once.</summary>
    public abstract ValueTask<IFlowStore> CreateAsync(CancellationToken cancellationToken);

    /// <summary>Opens the data of the last store again, as another process would after the first was killed. For the cases that need <c>reopen</c>.</summary>
    /// <exception cref="NotSupportedException">The store keeps nothing.</exception>
    public virtual ValueTask<IFlowStore> ReopenAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} keeps nothing: leave out the cases whose Needs is 'reopen'.");

    /// <summary>
    /// The length of time in which the cases count: they wait for a few of these. An hour for a store on a fake clock; for one on a real clock long
    /// against a slow answer, because a case may find that something is <em>not</em> due yet.
    /// </summary>
    public virtual TimeSpan Unit => TimeSpan.FromSeconds(1);

    /// <summary>Lets time pass for the store. By default the case waits; a harness with a fake clock advances it.</summary>
    public virtual Task AdvanceAsync(TimeSpan by, CancellationToken cancellationToken) => Task.Delay(by, cancellationToken);

    /// <summary>Ends the store and removes its data.</summary>
    public abstract ValueTask DisposeAsync();
}
