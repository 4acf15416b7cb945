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

    [Theory]
    [InlineData("wait-for-claims-timer")]
    [InlineData("wait-for-claims-lease-end")]
    [InlineData("wait-for-claims-not-before")]
    [InlineData("wait-for-work-timer")]
    [InlineData("wait-for-work-lost")]
    public async Task Also_in_real_time(string id)
    {
        await using var harness = new RealTimeHarness();
        await FlowStoreConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }
}
