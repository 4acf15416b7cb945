using Flow.Storage;
using Flow.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Core.Tests.Storage;

internal sealed class MemoryStoreHarness : FlowStoreHarness
{
    private readonly FakeTimeProvider clock = new();
    private MemoryFlowStore? store;

    /// <summary>Puts a wrong store before the right one.</summary>
    public Func<IFlowStore, IFlowStore> Wrap { get; init; } = right => right;

    public override TimeSpan Unit => TimeSpan.FromHours(1);

    public override ValueTask<IFlowStore> CreateAsync(CancellationToken cancellationToken) => new(Wrap(store = new MemoryFlowStore(clock)));

    public override Task AdvanceAsync(TimeSpan by, CancellationToken cancellationToken)
    {
        clock.Advance(by);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        store?.Dispose();
        return default;
    }
}
