using System.Text.RegularExpressions;
using Flow.AddOns;
using static Flow.Testing.AddOns.AddOnDriver;

namespace Flow.Testing.AddOns;

public static partial class AddOnConformance
{
    private static IEnumerable<ConformanceCase<AddOnHarness>> CatalogueCases() =>
    [
        Case("catalogue", "The catalogue is complete, consistent and always the same.", s =>
        {
            var offer = s.Provider.Catalogue;
            Expect.That(offer.Plans.Count > 0, "There is at least one plan.");
            Expect.That(offer.Plans.All(p => Word().IsMatch(p.Name)) && offer.Options.All(o => Word().IsMatch(o.Name)), "Names of plans and options are words that users can write.");
            Expect.That(offer.Plans.All(p => p.Description.Length > 0) && offer.Options.All(o => o.Description.Length > 0), "Plans and options are described.");
            Expect.That(offer.Plans.DistinctBy(p => p.Name).Count() == offer.Plans.Count && offer.Options.DistinctBy(o => o.Name).Count() == offer.Options.Count, "No name is there twice.");
            foreach (var purpose in Enum.GetValues<AddOnPurpose>()) Expect.That(offer.Plans.Count(p => p.DefaultFor.Contains(purpose)) <= 1, $"At most one plan is the default for {purpose}.");
            Expect.That(offer.Options.All(o => o.Values is null or { Count: > 0 }), "An option with values has some.");
            Expect.That(offer.Plans.All(p => p.CostPerHour is null or >= 0), "Nothing costs less than nothing.");
            Expect.That(offer.Prefix is null || VariableName().IsMatch(offer.Prefix), "The prefix is one of config vars.");
            Expect.Sequence(offer.Plans.Select(p => p.Name), s.Provider.Catalogue.Plans.Select(p => p.Name), "It does not change.");
            return Task.CompletedTask;
        }),
    ];

    private static IEnumerable<ConformanceCase<AddOnHarness>> ProvisionCases() =>
    [
        Case("provision-default-plan", "Without a plan, an instance gets the catalogue's default for its purpose.", async s =>
        {
            foreach (var purpose in Enum.GetValues<AddOnPurpose>())
                Expect.Equal(s.Provider.Catalogue.DefaultFor(purpose).Name, (await s.MakeAsync(Request($"a.{purpose}") with { Purpose = purpose })).Plan, $"For {purpose}.");
        }),

        Case("provision-every-plan", "A plan that is named is the plan that is given.", async s =>
        {
            foreach (var plan in s.Provider.Catalogue.Plans) Expect.Equal(plan.Name, (await s.MakeAsync(Request($"a.{plan.Name}") with { Plan = plan.Name })).Plan, "It is as named.");
        }),

        Case("provision-twice", "One id, one instance: asked again, the same is reported, with the same credentials.", async s =>
        {
            var first = await s.MakeAsync(Request("a"));
            var (count, binding) = (await s.CountAsync(), await s.BindAsync("a"));
            Expect.That(count > 0, "Something was made.");
            Expect.Equal(first.Plan, (await s.MakeAsync(Request("a"))).Plan, "It has the plan that it had.");
            Expect.Equal(count, await s.CountAsync(), "Nothing more was made.");
            Expect.That(Same(binding, await s.BindAsync("a")), "Its credentials are the same.");
        }),

        Case("provision-twice-data", "Asked again, an instance keeps its data.", async s =>
        {
            await s.MakeAsync(Request("a"));
            await s.WriteAsync(await s.BindAsync("a"), "kept");
            await s.MakeAsync(Request("a"));
            await s.ReadsAsync(await s.BindAsync("a"), "kept", "It is as it was.");
        }, "data"),

        Case("provision-concurrently", "Calls for one id may overlap, and make one instance.", async s =>
        {
            await s.MakeAsync(Request("alone"));
            var one = await s.CountAsync();
            await s.DropAsync("alone");
            await AtOnceAsync(8, _ => s.MakeAsync(Request("a")));
            Expect.Equal(one, await s.CountAsync(), "As much was made as for one call.");
            var binding = await s.BindAsync("a");
            await AtOnceAsync(4, _ => s.MakeAsync(Request("a")));
            Expect.That(Same(binding, await s.BindAsync("a")), "Its credentials stay.");
        }),

        Case("provision-many", "Instances are made side by side.", async s =>
        {
            await AtOnceAsync(6, i => s.MakeAsync(Request($"a.{i}")));
            var bindings = await AtOnceAsync(6, i => s.BindAsync($"a.{i}"));
            Expect.That(bindings.SelectMany((a, i) => bindings.Skip(i + 1).Select(b => Same(a, b))).All(same => !same), "Each has its own.");
        }),

        Case("provision-cancelled", "A caller that gives up leaves nothing behind that asking again does not find.", async s =>
        {
            await s.MakeAsync(Request("alone"));
            var one = await s.CountAsync();
            await s.DropAsync("alone");
            foreach (var milliseconds in (int[])[0, 1, 5, 20])
            {
                await GiveUpAsync(milliseconds, token => s.Provider.ProvisionAsync(Request("a"), token));
                await s.MakeAsync(Request("a"));
                Expect.Equal(one, await s.CountAsync(), "There is one instance.");
                await s.DropAsync("a");
                Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
            }
        }),

        Case("provision-answer-lost", "A process that never had the answer finds the instance, with the same credentials.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var (count, binding, other) = (await s.CountAsync(), await s.BindAsync("a"), await s.Harness.ReopenAsync(s.Token));
            await s.MakeAsync(Request("a"), other);
            Expect.Equal(count, await s.CountAsync(), "Nothing more was made.");
            Expect.That(Same(binding, await s.BindAsync("a", other)), "Its credentials are the same.");
        }, "reopen"),

        Case("provision-by-two", "Two processes may ask for one id at the same time.", async s =>
        {
            var other = await s.Harness.ReopenAsync(s.Token);
            await s.MakeAsync(Request("alone"));
            var one = await s.CountAsync();
            await s.DropAsync("alone");
            await AtOnceAsync(6, i => s.MakeAsync(Request("a"), i % 2 == 0 ? other : null));
            Expect.Equal(one, await s.CountAsync(), "There is one instance.");
        }, "reopen"),

        Case("provision-alike", "Ids that differ in one character, its case or the very last of 160, are different instances.", async s =>
        {
            var longest = new string('x', 159);
            string[] ids = ["shop.db", "shop-db", "Shop.db", "shop.db.1", longest + "a", longest + "b"];
            foreach (var id in ids) await s.MakeAsync(Request(id));
            List<AddOnBinding> bindings = [];
            foreach (var id in ids) bindings.Add(await s.BindAsync(id));
            Expect.That(bindings.SelectMany((a, i) => bindings.Skip(i + 1).Select(b => Same(a, b))).All(same => !same), "Each has its own.");
            foreach (var id in ids) await s.DropAsync(id);
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }),

        Case("provision-hostile", "What people write about an instance is text, whatever it is.", async s =>
        {
            foreach (var text in (string[])["'; DROP TABLE x; --", "\"$(id)`id`", "../../x", "a\nb\0c\u001b[2J\u202e", new string('x', 10_000), "\ud83d"])
                await s.MakeAsync(Request("a") with { Id = $"a.{text.Length}", Owner = new(PipelineName.Parse("shop"), AppName.Parse("shop-pr-7"), text, text) });
        }),

        Case("provision-seed", "An instance begins with its seed, and the seed stays as it is.", async s =>
        {
            await s.MakeAsync(Request("a") with { Seed = s.Harness.Seed });
            var seeded = await s.Harness.ReadAsync(await s.BindAsync("a"), s.Token);
            Expect.That(seeded is not null, "Something is in it.");
            await s.WriteAsync(await s.BindAsync("a"), "changed");
            await s.MakeAsync(Request("b") with { Seed = s.Harness.Seed });
            await s.ReadsAsync(await s.BindAsync("b"), seeded, "The next begins with the same.");
        }, "seed+data"),
    ];

    private static IEnumerable<ConformanceCase<AddOnHarness>> RefusalCases() =>
    [
        Case("refuse-plan", "An unknown plan is refused in words, and makes nothing.", async s =>
        {
            foreach (var plan in (string[])["no-such-plan", "", s.Provider.Catalogue.Plans[0].Name + " ", s.Provider.Catalogue.Plans[0].Name + "\u001b[2J"])
                await s.RefusedAsync(Request("a") with { Plan = plan }, $"The plan '{plan}' is refused.");
            await NothingAsync(s);
        }),

        Case("refuse-option", "An unknown option is refused in words, and makes nothing.", async s =>
        {
            await s.RefusedAsync(Request("a") with { Options = new Dictionary<string, string> { ["no-such-option"] = "x" } }, "It is refused.");
            await NothingAsync(s);
        }),

        Case("refuse-option-value", "A value that an option does not have is refused in words, and makes nothing.", async s =>
        {
            foreach (var option in s.Provider.Catalogue.Options)
                await s.RefusedAsync(Request("a") with { Options = new Dictionary<string, string> { [option.Name] = option.Values is null ? new string('x', 201) : "no-such-value" } }, $"It is refused for {option.Name}.");
            await NothingAsync(s);
        }),

        Case("refuse-seed", "A seed is refused in words by who takes none, and makes nothing.", async s =>
        {
            if (!s.Provider.Catalogue.Seedable) await s.RefusedAsync(Request("a") with { Seed = "whatever" }, "It is refused.");
            await NothingAsync(s);
        }),

        Case("refuse-unknown-seed", "A seed that is not there, or not allowed, is refused in words, and makes nothing.", async s =>
        {
            foreach (var seed in (string[])["no-such-seed", "", "../x", "x'; DROP TABLE x; --"]) await s.RefusedAsync(Request("a") with { Seed = seed }, $"'{seed}' is refused.");
            await NothingAsync(s);
        }, "seed"),
    ];

    private static async Task NothingAsync(AddOnDriver s)
    {
        Expect.Equal(0, await s.CountAsync(), "Nothing was made.");
        await s.MissingAsync("a", "What was refused is not there.");
    }

    private static async Task GiveUpAsync<T>(int after, Func<CancellationToken, ValueTask<T>> call)
    {
        using var impatience = new CancellationTokenSource();
        if (after == 0) await impatience.CancelAsync();
        else impatience.CancelAfter(after);
        try { await call(impatience.Token); }
        catch (OperationCanceledException) { }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Word();

    [GeneratedRegex(@"^[A-Z_][A-Z0-9_]*\z")]
    private static partial Regex VariableName();
}
