using System.Collections.ObjectModel;

namespace Flow.Testing.Storage;

/// <summary>The duties of <see cref="Flow.Storage.IFlowStore"/>, each as a case.</summary>
public static partial class FlowStoreConformance
{
    /// <summary>All cases. Those that need <c>reopen</c> are for stores that outlive their process.</summary>
    public static ReadOnlyCollection<ConformanceCase<FlowStoreHarness>> Cases { get; } = new(
    [
        .. CommitCases(), .. RefusalCases(), .. WorkCases(), .. LeaseCases(), .. OwingCases(), .. KeyCases(), .. EventCases(), .. StreamCases(),
        .. WaitCases(), .. PruneCases(), .. ConcurrencyCases(), .. ReopenCases(),
    ]);

    private static ConformanceCase<FlowStoreHarness> Case(string id, string requirement, Func<StoreDriver, Task> run) => new(id, requirement, async (harness, token) =>
    {
        var driver = await StoreDriver.StartAsync(harness, token);
        await Expect.Ends(run(driver));
    });

    private static ConformanceCase<FlowStoreHarness> ReopenCase(string id, string requirement, Func<StoreDriver, Task> run) =>
        Case(id, requirement, run) with { Needs = "reopen" };
}
