using Flow.Engine;
using Flow.Storage;
using Flow.Testing.Simulation;
using Flow.Testing.Simulation.Planting;

namespace Flow.Reliability.Tests.Planted;

/// <summary>A proof that cannot fail proves nothing: what is broken on purpose must be seen, and only that.</summary>
public sealed class Planted_faults(Planted_faults.Searched searched) : IClassFixture<Planted_faults.Searched>
{
    private const int MostSeeds = 3_000;

    public static TheoryData<string> Catalogue() => [.. PlantedFault.All.Select(f => f.Name)];
    public static TheoryData<string> Harmless() => [.. PlantedFault.Harmless.Select(f => f.Name)];

    [Theory, MemberData(nameof(Catalogue))]
    public void Are_found(string fault)
    {
        var search = searched.For(fault);
        search.Found.Should().NotBeNull($"{search.Seeds} seeds were played, and this is broken: {search.Fault.Broken}");
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {search.Found!.Seed} violates '{search.Found.Invariant!.Name}': {search.Found.Violation}");
    }

    [Fact]
    public void Are_more_than_twenty() => PlantedFault.All.Should().HaveCountGreaterThanOrEqualTo(22).And.OnlyHaveUniqueItems(f => f.Name);

    /// <summary>Liveness alone would be a blunt instrument.</summary>
    [Fact]
    public void Are_seen_by_many_different_invariants() =>
        PlantedFault.All.Select(f => searched.For(f.Name).Found?.Invariant).Where(i => i is not null).Distinct().Should().HaveCountGreaterThanOrEqualTo(10);

    [Fact]
    public void Are_what_is_seen_and_nothing_else()
    {
        // The very seeds that see a fault see nothing without it.
        var seeds = PlantedFault.All.Select(f => searched.For(f.Name).Found?.Seed ?? 1).Concat(Enumerable.Range(1, LongTests.Wanted ? 3_000 : 100).Select(s => (long)s)).Distinct();
        foreach (var seed in seeds) Simulation.Run(seed).Violation.Should().BeNull($"nothing is planted in seed {seed}");
    }

    [Theory, MemberData(nameof(Harmless))]
    public void Do_no_harm_where_the_design_protects_twice(string fault)
    {
        var search = FaultFinder.Find(PlantedFault.Find(fault)!, 1, LongTests.Wanted ? 1_000 : 50);
        search.Found?.Violation.Should().BeNull($"{search.Fault.Broken} Harm: {search.Fault.Harm}");
        if (search.Fault != PlantedFault.VersionIgnored) Enumerable.Range(1, 50).Should().Contain(seed => Simulation.Run(seed, search.Fault).Trace != Simulation.Run(seed).Trace, "it has taken effect");
    }

    /// <summary>No story shows this one: whoever is behind is refused for the fence before anybody looks at its version.</summary>
    [Fact]
    public async Task Take_effect_in_the_store_where_versions_are_ignored()
    {
        var world = new World(1, PlantedFault.VersionIgnored, tells: false);
        var store = PlantedFault.VersionIgnored.Around(world, new MemoryFlowStore(world.Time));
        var stream = StreamId.Parse("app/a");
        await store.CommitAsync(new() { Enqueue = [new(stream, "{}"u8.ToArray())] }, default);
        var claim = (await store.ClaimAsync("n1", 1, TimeSpan.FromMinutes(1), default)).Single();

        var behind = await store.CommitAsync(new() { Change = new() { Claim = claim, ExpectedVersion = 7, Snapshot = "{}"u8.ToArray() } }, default);

        behind.Status.Should().Be(CommitStatus.Ok);
    }

    [Fact]
    public void Lead_to_the_same_story_each_time()
    {
        foreach (var fault in (PlantedFault[])[PlantedFault.MessageLost, PlantedFault.AckBeforeCommit, PlantedFault.IdPerCall])
        {
            var (first, second) = (Simulation.Run(3, fault), Simulation.Run(3, fault));
            (second.Trace, second.Steps, second.Violation).Should().Be((first.Trace, first.Steps, first.Violation));
        }
    }

    /// <summary>All searches at once, on all processors.</summary>
    public sealed class Searched
    {
        private readonly Dictionary<string, FaultSearch> searches = FaultFinder.FindAll(PlantedFault.All, 1, MostSeeds).ToDictionary(s => s.Fault.Name);

        internal FaultSearch For(string fault) => searches[fault];
    }
}
