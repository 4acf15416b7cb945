using Flow.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Storage.Sqlite.Tests;

internal sealed class SqliteStoreHarness : FlowStoreHarness
{
    private readonly FakeTimeProvider clock = new();
    private readonly TemporaryDatabase database = new();
    private SqliteFlowStore? store;

    public override TimeSpan Unit => TimeSpan.FromHours(1);

    public override ValueTask<IFlowStore> CreateAsync(CancellationToken cancellationToken) => new(store = database.Open(clock));

    // The kill itself is tried with a real process in Killed_in_the_middle; here the old store answers no more, which is all that a case can see.
    public override async ValueTask<IFlowStore> ReopenAsync(CancellationToken cancellationToken)
    {
        await store!.DisposeAsync();
        return store = database.Open(clock);
    }

    public override Task AdvanceAsync(TimeSpan by, CancellationToken cancellationToken)
    {
        clock.Advance(by);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        if (store is not null) await store.DisposeAsync();
        database.Dispose();
    }
}
