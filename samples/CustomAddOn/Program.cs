// Runs the conformance kit against the provider; any test framework does the same with AddOnConformance.Cases as its theory.
using CustomAddOn;
using Flow.Testing.AddOns;

var failed = 0;
// The service has no seeds: the only ability that is left out.
foreach (var duty in AddOnConformance.CasesWithout("seed").Where(c => args.Length == 0 || args.Contains(c.Id)))
{
    await using var harness = new KeyValueHarness();
    try
    {
        await duty.RunAsync(harness, CancellationToken.None);
        Console.WriteLine($"ok      {duty.Id}");
    }
    catch (Exception e)
    {
        failed++;
        Console.WriteLine($"FAILED  {duty.Id}: {duty.Requirement}\n        {e.Message}");
    }
}
return failed == 0 ? 0 : 1;
