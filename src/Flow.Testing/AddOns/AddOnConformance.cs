using System.Collections.ObjectModel;

namespace Flow.Testing.AddOns;

/// <summary>The duties of <see cref="Flow.AddOns.IAddOnProvisioner"/> and of its optional companions, each as a case.</summary>
public static partial class AddOnConformance
{
    /// <summary>
    /// All cases. What <see cref="ConformanceCase{THarness}.Needs"/> may say: <c>pooling</c> and <c>rotation</c> (the optional interfaces), <c>data</c> (the harness can use a binding), <c>reopen</c>
    /// (and make a second provider), <c>seed</c> (and has a seed); several are joined by <c>+</c>.
    /// </summary>
    public static ReadOnlyCollection<ConformanceCase<AddOnHarness>> Cases { get; } = new(
    [
        .. CatalogueCases(), .. ProvisionCases(), .. RefusalCases(), .. BindingCases(), .. DeprovisionCases(), .. SecretCases(), .. RotationCases(), .. ClaimCases(),
    ]);

    /// <summary>The cases for who lacks some abilities by its nature.</summary>
    public static IEnumerable<ConformanceCase<AddOnHarness>> CasesWithout(params IReadOnlyCollection<string> abilities) =>
        Cases.Where(c => c.Needs is null || !c.Needs.Split('+').Any(abilities.Contains));

    private static ConformanceCase<AddOnHarness> Case(string id, string requirement, Func<AddOnDriver, Task> run, string? needs = null) => new(id, requirement, async (harness, token) =>
    {
        var driver = await AddOnDriver.StartAsync(harness, token);
        await Expect.Ends(run(driver));
    }, needs);

    /// <summary>At once, from several threads.</summary>
    private static Task<T[]> AtOnceAsync<T>(int count, Func<int, Task<T>> run) => Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => run(i))));
}
