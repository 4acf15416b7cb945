using Flow.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>The store on the system's clock and its timers.</summary>
internal sealed class RealTimeHarness : FlowStoreHarness
{
    private readonly TemporaryDatabase database = new();
    private SqliteFlowStore? store;

    public override TimeSpan Unit => TimeSpan.FromMilliseconds(200);

    public override ValueTask<IFlowStore> CreateAsync(CancellationToken cancellationToken) => new(store = database.Open());

    public override async ValueTask DisposeAsync()
    {
        if (store is not null) await store.DisposeAsync();
        database.Dispose();
    }
}

internal sealed class SqliteStoreHarness : FlowStoreHarness
{
    private readonly FakeTimeProvider clock = new();
    private TemporaryDatabase database = new();
    private SqliteFlowStore? store;

    public override TimeSpan Unit => TimeSpan.FromHours(1);

    public override ValueTask<IFlowStore> CreateAsync(CancellationToken cancellationToken) => new(store = database.Open(clock));

    // What a kill leaves behind: the files as they are, with a log that nobody wrote back.
    public override async ValueTask<IFlowStore> ReopenAsync(CancellationToken cancellationToken)
    {
        var copy = new TemporaryDatabase();
        foreach (var suffix in (string[])["", "-wal"]) File.Copy(database.Path + suffix, copy.Path + suffix);
        await store!.DisposeAsync();
        database.Dispose();
        return store = (database = copy).Open(clock);
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
