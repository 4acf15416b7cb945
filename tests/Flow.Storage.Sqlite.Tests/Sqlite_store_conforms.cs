using Flow.Testing.Storage;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Sqlite_store_conforms
{
    public static TheoryData<string> Cases() => [.. FlowStoreConformance.Cases.Select(c => c.Id)];

    [Theory, MemberData(nameof(Cases))]
    public async Task To_the_contract(string id)
    {
        await using var harness = new SqliteStoreHarness();
        await FlowStoreConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }
}
