using Flow.AddOns;
using Flow.Testing;
using Flow.Testing.AddOns;
using Flow.Testing.Fakes;

namespace Flow.Providers.PostgreSql.Tests.Conformance;

/// <summary>The kit lets pass what is right, and finds what is wrong.</summary>
public sealed class The_kit
{
    private static IEnumerable<ConformanceCase<AddOnHarness>> InMemory => AddOnConformance.CasesWithout("reopen", "seed");

    public static TheoryData<string> Right() => [.. InMemory.Select(c => c.Id)];

    [Theory, MemberData(nameof(Right))]
    public async Task Lets_a_correct_provider_pass(string id)
    {
        await using var harness = new MemoryHarness(Flaw.None);
        await AddOnConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }

    public static TheoryData<string> OfTheFake() => [.. AddOnConformance.CasesWithout("reopen", "seed", "data").Select(c => c.Id)];

    [Theory, MemberData(nameof(OfTheFake))]
    public async Task Lets_the_fake_pass(string id)
    {
        await using var harness = new FakeHarness();
        await AddOnConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(Flaw.AnotherOnEveryCall, "provision-twice", "provision-concurrently", "provision-twice-data")]
    [InlineData(Flaw.NoPlanIsUnknown, "refuse-plan")]
    [InlineData(Flaw.OptionsAreIgnored, "refuse-option", "refuse-option-value")]
    [InlineData(Flaw.TruncatesIds, "provision-alike")]
    [InlineData(Flaw.SecretInTheMessage, "secrets-unsaid")]
    [InlineData(Flaw.SecretNotNamed, "secrets-named")]
    [InlineData(Flaw.LeavesTheUser, "deprovision", "deprovision-twice", "claim-warm-id")]
    [InlineData(Flaw.ForgottenWhenCancelled, "provision-cancelled", "deprovision-half-made")]
    [InlineData(Flaw.MissingIsTransient, "bind-unknown")]
    [InlineData(Flaw.AlreadyGoneThrows, "deprovision-twice", "deprovision-concurrently")]
    [InlineData(Flaw.OldCredentialsGoOn, "rotate", "rotate-again")]
    [InlineData(Flaw.WarmIdGoesOn, "claim", "claim-by-two", "claim-refused")]
    [InlineData(Flaw.CredentialsOfTheWarm, "claim-credentials")]
    [InlineData(Flaw.GivenToTwo, "claim-by-two")]
    [InlineData(Flaw.TakesFromOwners, "claim-refused")]
    [InlineData(Flaw.ClaimOnlyOnce, "claim-twice")]
    public async Task Finds_a_wrong_one(Flaw flaw, params string[] by)
    {
        List<string> found = [];
        foreach (var one in InMemory)
        {
            await using var harness = new MemoryHarness(flaw);
            try { await one.RunAsync(harness, TestContext.Current.CancellationToken); }
            catch (Exception e) when (e is ConformanceException or FlowException) { found.Add(one.Id); }
        }
        found.Should().Contain(by);
    }

    [Fact]
    public void Names_its_cases_once_and_says_what_they_need()
    {
        AddOnConformance.Cases.Should().OnlyHaveUniqueItems(c => c.Id).And.OnlyContain(c => c.Requirement.EndsWith('.'));
        AddOnConformance.Cases.SelectMany(c => (c.Needs ?? "").Split('+', StringSplitOptions.RemoveEmptyEntries)).Distinct().Should().BeEquivalentTo("pooling", "rotation", "data", "reopen", "seed");
        AddOnConformance.CasesWithout("data").Should().NotContain(c => c.Id == "claim-seed").And.Contain(c => c.Id == "claim");
    }

    private sealed class FakeHarness : AddOnHarness
    {
        private readonly FakeAddOns fake = new();

        public override ValueTask<IAddOnProvisioner> CreateAsync(CancellationToken cancellationToken) => new(fake);
        public override ValueTask<int> CountAsync(CancellationToken cancellationToken) => new(fake.Instances.Count);
        public override ValueTask DisposeAsync() => default;
    }
}
