using Flow.AddOns;
using Flow.Core.Tests.Engine;
using Flow.Manifests;
using Flow.Runs.Steps;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.AddOns;

public sealed class Add_ons_as_the_policy_has_them
{
    private static AppManifest Needs(params AddOnDeclaration[] addOns) => new() { AddOns = addOns };

    [Theory]
    [InlineData(Stage.Review, "tiny")]
    [InlineData(Stage.Production, "standard-0")]
    public void Have_the_plan_that_was_asked_for_unless_a_rule_says_otherwise_and_then_it_is_said(Stage stage, string plan)
    {
        var policy = Policy with { Stage = stage, AddOnPlans = [new("DB", AddOnPurpose.Review, "tiny")] };
        AddOnWishes.Of(policy, Needs(new AddOnDeclaration("db", "standard-0"))).Single().Plan.Should().Be(plan);
        AddOnWishes.Notes(policy, Needs(new AddOnDeclaration("db", "standard-0"))).Should().HaveCount(plan == "tiny" ? 1 : 0).And.NotContain(n => !n.Contains("tiny") || !n.Contains("standard-0") || !n.Contains("Review"));
        AddOnWishes.Notes(policy, Needs(new AddOnDeclaration("db"))).Should().BeEmpty("nobody asked for another");
    }

    [Theory]
    [InlineData(Stage.Test, "seed-2")]
    [InlineData(Stage.Review, "seed-2")]
    [InlineData(Stage.Development, "seed-2")]
    [InlineData(Stage.Staging, null)]
    [InlineData(Stage.Production, null)]
    public void Begin_with_a_seed_where_they_are_expendable(Stage stage, string? seed)
    {
        var policy = Policy with { Stage = stage, AddOnSeeds = new Dictionary<string, string> { ["Db"] = "seed-2" } };
        AddOnWishes.Of(policy, Needs(new AddOnDeclaration("db"))).Single().Seed.Should().Be(seed);
        AddOnWishes.Of(policy with { AddOns = [new() { Name = "data", Provider = "db", Seed = "own" }] }, null).Single().Seed.Should().Be(seed is null ? null : "own");
    }

    [Theory]
    [InlineData("DATABASE_URL", "DATABASE", "CACHE", "CACHE_URL")]
    [InlineData("DATABASE_URL", "DATABASE", null, "DATABASE_URL")]
    [InlineData("DATABASE_URL", null, "CACHE", "DATABASE_URL")]
    [InlineData("DATABASES_URL", "DATABASE", "CACHE", "DATABASES_URL")]
    [InlineData("PGHOST", "DATABASE", "CACHE", "PGHOST")]
    public void Put_their_config_vars_under_the_attachments_name(string offered, string? prefix, string? attachment, string name) =>
        AppEnvironment.Attached(offered, prefix, attachment).Should().Be(name);

    [Fact]
    public void Are_judged_by_the_catalogue()
    {
        var catalogue = new AddOnCatalogue { Plans = [new("small", "", [AddOnPurpose.Review]), new("large", "", [])], Options = [new("version", "", ["15", "16"]), new("note", "")] };
        CatalogueRules.Problems(catalogue, "db", "huge", new Dictionary<string, string> { ["version"] = "9", ["note"] = new('x', 201), ["other"] = "1" }, "seed").Should().HaveCount(5)
            .And.Contain(p => p.Contains("'huge'") && p.Contains("small, large")).And.Contain(p => p.Contains("'9'") && p.Contains("15, 16")).And.Contain(p => p.Contains("'other'") && p.Contains("version, note")).And.Contain(p => p.Contains("'seed'"));
        CatalogueRules.Problems(catalogue, "db", "large", new Dictionary<string, string> { ["version"] = "15", ["note"] = "x" }, null).Should().BeEmpty();
        (catalogue.DefaultFor(AddOnPurpose.Review).Name, catalogue.DefaultFor(AddOnPurpose.Production).Name).Should().Be(("small", "small"));
        (catalogue with { Plans = [.. catalogue.Plans.Reverse()] }).DefaultFor(AddOnPurpose.Review).Name.Should().Be("small");
    }
}
