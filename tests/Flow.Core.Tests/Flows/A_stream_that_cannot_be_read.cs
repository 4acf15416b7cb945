using System.Text;
using Flow.Storage;
using static Flow.Core.Tests.Flows.FlowHost;

namespace Flow.Core.Tests.Flows;

public sealed class A_stream_that_cannot_be_read
{
    [Fact]
    public async Task Stops_neither_the_others_nor_the_shutdown()
    {
        var flow = new FlowHost();
        await flow.Store.CommitAsync(new() { Enqueue = [new(new("app", "wreck"), Encoding.UTF8.GetBytes("{}"))] }, default);
        var claim = (await flow.Store.ClaimAsync("vandal", 1, TimeSpan.FromMinutes(1), default)).Single();
        await flow.Store.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 0, Snapshot = Encoding.UTF8.GetBytes("no json") } }, default);
        await flow.Store.ReleaseAsync(claim, TimeSpan.Zero, default);

        flow.Source.Push("main", Commit(1));
        await flow.StartAsync();
        await flow.DeployedAsync(Staging, 1);

        await flow.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
    }
}
