using System.Text.RegularExpressions;
using static Flow.Testing.AddOns.AddOnDriver;

namespace Flow.Testing.AddOns;

public static partial class AddOnConformance
{
    private static IEnumerable<ConformanceCase<AddOnHarness>> BindingCases() =>
    [
        Case("bind-unknown", "Who was never provisioned is missing, permanently.", async s =>
        {
            await s.MissingAsync("never", "There is no such instance.");
            await s.MakeAsync(Request("a"));
            foreach (var id in (string[])["never", "A", "a.", "a-1"]) await s.MissingAsync(id, $"There is no instance '{id}'.");
        }),

        Case("bind-stable", "Credentials stay until they are rotated.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var binding = await s.BindAsync("a");
            Expect.That((await AtOnceAsync(4, _ => s.BindAsync("a"))).All(b => Same(b, binding)), "They are the same, whoever asks.");
        }),

        Case("bind-variables", "Variables are what an environment can hold, under the catalogue's prefix.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var binding = await s.BindAsync("a");
            Expect.That(binding.Variables.Count > 0, "There is at least one.");
            Expect.That(binding.Variables.Keys.All(VariableName().IsMatch), "Their names are upper-case letters, digits and underscores.");
            Expect.That(binding.Variables.Values.All(v => v.Length > 0 && !v.Any(char.IsControl)), "Their values are not empty, and have no control characters.");
            Expect.That(binding.SecretNames.All(binding.Variables.ContainsKey), "What is secret is there.");
            if (s.Provider.Catalogue.Prefix is { } prefix) Expect.That(binding.Variables.Keys.All(k => k.StartsWith(prefix + "_", StringComparison.Ordinal)), $"All begin with {prefix}_, so that an attachment can rename them.");
        }),

        Case("separate", "Two instances have nothing in common.", async s =>
        {
            await s.MakeAsync(Request("a"));
            await s.MakeAsync(Request("b"));
            var (a, b) = (await s.BindAsync("a"), await s.BindAsync("b"));
            await s.WriteAsync(a, "of a");
            await s.ReadsAsync(b, null, "What is in one is not in the other.");
            await s.WriteAsync(b, "of b");
            await s.ReadsAsync(a, "of a", "Nor the other way.");
            foreach (var name in a.SecretNames.Intersect(b.SecretNames)) Expect.That(a.Variables[name] != b.Variables[name], $"The secret {name} is each one's own.");
        }, "data"),
    ];

    private static IEnumerable<ConformanceCase<AddOnHarness>> DeprovisionCases() =>
    [
        Case("deprovision", "Nothing is left of what is destroyed, and what is beside it stays.", async s =>
        {
            await s.MakeAsync(Request("b"));
            var one = await s.CountAsync();
            await s.MakeAsync(Request("a"));
            await s.DropAsync("a");
            await s.MissingAsync("a", "It is gone.");
            Expect.Equal(one, await s.CountAsync(), "All of it is gone, and nothing else.");
            await s.BindAsync("b");
            await s.DropAsync("b");
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }),

        Case("deprovision-twice", "Already gone is success.", async s =>
        {
            await s.DropAsync("never");
            await s.MakeAsync(Request("a"));
            await s.DropAsync("a");
            await s.DropAsync("a");
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }),

        Case("deprovision-concurrently", "Calls to destroy one instance may overlap.", async s =>
        {
            await s.MakeAsync(Request("a"));
            await AtOnceAsync(8, async _ =>
            {
                await s.DropAsync("a");
                return 0;
            });
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }),

        Case("deprovision-half-made", "What is still being made is destroyed too, and does not come afterwards.", async s =>
        {
            foreach (var milliseconds in (int[])[1, 5, 20, 50])
            {
                await GiveUpAsync(milliseconds, token => s.Provider.ProvisionAsync(Request("a"), token));
                await s.DropAsync("a");
                Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
                await s.MissingAsync("a", "It is gone.");
            }
        }),

        Case("deprovision-cancelled", "A caller that gives up asks again later, until it is done.", async s =>
        {
            foreach (var milliseconds in (int[])[0, 1, 5, 20])
            {
                await s.MakeAsync(Request("a"));
                await GiveUpAsync(milliseconds, async token =>
                {
                    await s.Provider.DeprovisionAsync("a", token);
                    return 0;
                });
                await s.DropAsync("a");
                Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
            }
        }),

        Case("deprovision-ends-use", "Who still has the credentials of what is gone gets in no more; an instance that comes again is empty.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var binding = await s.BindAsync("a");
            await s.WriteAsync(binding, "old");
            await s.DropAsync("a");
            await s.NoLongerWorksAsync(binding, "The old binding still works.");
            await s.MakeAsync(Request("a"));
            await s.ReadsAsync(await s.BindAsync("a"), null, "It begins with nothing.");
        }, "data"),
    ];

    private static IEnumerable<ConformanceCase<AddOnHarness>> SecretCases() =>
    [
        Case("secrets-unsaid", "No secret is in an answer's text, a message, an exception or a log.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var binding = await s.BindAsync("a");
            await s.RefusedAsync(Request("b") with { Plan = "no-such-plan" }, "It is refused.");
            if (s.Provider is Flow.AddOns.IAddOnRotation rotation) await rotation.RotateAsync("a", s.Token);
            var rotated = await s.BindAsync("a");
            await s.DropAsync("a");
            await s.MissingAsync("a", "It is gone.");
            s.Said.Add($"{s.Provider} {s.Provider.Catalogue}");
            s.Said.Add(s.Harness.Logged);
            foreach (var secret in s.Harness.Secrets.Concat(new[] { binding, rotated }.SelectMany(b => b.SecretNames.Select(name => b.Variables[name]))).Where(v => v.Length >= 6))
                Expect.That(!s.Said.Any(text => text.Contains(secret, StringComparison.Ordinal)), "A secret was said.");
        }),

        Case("secrets-named", "A URL with a password in it is a secret.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var binding = await s.BindAsync("a");
            foreach (var (name, value) in binding.Variables)
                Expect.That(!PasswordInUrl().IsMatch(value) || binding.SecretNames.Contains(name), $"{name} has a password and is not named among the secrets.");
        }),
    ];

    private static IEnumerable<ConformanceCase<AddOnHarness>> RotationCases() =>
    [
        Case("rotate", "After a rotation there are new credentials for the same data, and the old ones end.", async s =>
        {
            await s.MakeAsync(Request("a"));
            var old = await s.BindAsync("a");
            await s.WriteAsync(old, "kept");
            await s.Rotation.RotateAsync("a", s.Token);
            var current = await s.BindAsync("a");
            Expect.That(!Same(old, current), "They are new.");
            await s.ReadsAsync(current, "kept", "The data is the same.");
            await s.WriteAsync(current, "more");
            await s.Harness.ExpireAsync(s.Token);
            await s.NoLongerWorksAsync(old, "The old credentials still work.");
            await s.ReadsAsync(await s.BindAsync("a"), "more", "The new ones stay.");
        }, "rotation+data"),

        Case("rotate-again", "Credentials can be rotated any number of times, and never come back.", async s =>
        {
            await s.MakeAsync(Request("a"));
            List<Flow.AddOns.AddOnBinding> all = [await s.BindAsync("a")];
            for (var i = 0; i < 4; i++)
            {
                await s.Rotation.RotateAsync("a", s.Token);
                var next = await s.BindAsync("a");
                Expect.That(!all.Any(b => Same(b, next)), "These have never been.");
                all.Add(next);
            }
            await s.DropAsync("a");
            Expect.Equal(0, await s.CountAsync(), "There is nothing left.");
        }, "rotation"),

        Case("rotate-concurrently", "Rotations that overlap end with credentials that work.", async s =>
        {
            await s.MakeAsync(Request("a"));
            await AtOnceAsync(6, async _ =>
            {
                await s.Rotation.RotateAsync("a", s.Token);
                return 0;
            });
            await s.WriteAsync(await s.BindAsync("a"), "in");
        }, "rotation+data"),

        Case("rotate-unknown", "What is not there cannot be rotated.", async s =>
        {
            try { await s.Rotation.RotateAsync("never", s.Token); }
            catch (FlowException e)
            {
                Expect.Equal("addon-missing", e.Code, "It is missing.");
                Expect.Equal(0, await s.CountAsync(), "Nothing was made.");
                return;
            }
            throw new ConformanceException("It did not throw.");
        }, "rotation"),
    ];

    [GeneratedRegex(@"^[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@")]
    private static partial Regex PasswordInUrl();
}
