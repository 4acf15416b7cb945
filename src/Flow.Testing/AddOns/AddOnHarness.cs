using Flow.AddOns;

namespace Flow.Testing.AddOns;

/// <summary>Makes and drives the provider under test, and looks at the service behind it. One harness serves one case, and is disposed after it.</summary>
public abstract class AddOnHarness : IAsyncDisposable
{
    /// <summary>A provider that has provisioned nothing yet. Called once.</summary>
    public abstract ValueTask<IAddOnProvisioner> CreateAsync(CancellationToken cancellationToken);

    /// <summary>
    /// How many things exist in the service because of this provider: databases, users, files, processes. 0 at first, and again when all is deprovisioned; asked of the service
    /// itself, never of the provider.
    /// </summary>
    public abstract ValueTask<int> CountAsync(CancellationToken cancellationToken);

    /// <summary>Another provider on the same service, as another process would have it while the first is there. For the cases that need <c>reopen</c>.</summary>
    /// <exception cref="NotSupportedException">The service lives in the provider.</exception>
    public virtual ValueTask<IAddOnProvisioner> ReopenAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} has one provider only: leave out the cases whose Needs is 'reopen'.");

    /// <summary>As an app would, with nothing but the binding: keeps a text. Any exception counts as refused. For the cases that need <c>data</c>.</summary>
    public virtual ValueTask WriteAsync(AddOnBinding binding, string text, CancellationToken cancellationToken) =>
        throw new ConformanceException($"{GetType().Name} does not use a binding: override WriteAsync and ReadAsync, or leave out the cases whose Needs is 'data'.");

    /// <summary>As an app would: the text that was kept last; null: none yet. Any exception counts as refused.</summary>
    public virtual ValueTask<string?> ReadAsync(AddOnBinding binding, CancellationToken cancellationToken) =>
        throw new ConformanceException($"{GetType().Name} does not use a binding: override WriteAsync and ReadAsync, or leave out the cases whose Needs is 'data'.");

    /// <summary>Lets the time pass in which old credentials may go on working after a rotation: a fake clock is advanced, or nothing is done because the provider was told of no such time.</summary>
    public virtual Task ExpireAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A seed that is there; null: leave out the cases whose Needs is <c>seed</c>.</summary>
    public virtual string? Seed => null;

    /// <summary>What must never be told beside the secrets of bindings: the administrator's password, the key of an API.</summary>
    public virtual IReadOnlyList<string> Secrets => [];

    /// <summary>All that the provider has logged, with the exceptions.</summary>
    public virtual string Logged => "";

    /// <summary>Removes what the case has left.</summary>
    public abstract ValueTask DisposeAsync();
}
