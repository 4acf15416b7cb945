using Flow.Testing.Storage;

namespace Flow.Core.Tests.Storage;

public sealed class Memory_store_conforms
{
    // It keeps nothing, so there is nothing to reopen.
    public static TheoryData<string> Cases() => [.. FlowStoreConformance.Cases.Where(c => c.Needs is null).Select(c => c.Id)];

    [Theory, MemberData(nameof(Cases))]
    public async Task To_the_contract(string id)
    {
        await using var harness = new MemoryStoreHarness();
        await FlowStoreConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }
}
