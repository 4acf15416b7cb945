using System.Xml.Linq;
using Flow.AspNetCore.Secrets;
using Flow.Secrets;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.AspNetCore.Tests.Secrets;

public sealed class Keys_that_change : IDisposable
{
    private const string Place = "app/shop/config/TOKEN";
    private const string Plain = "correct horse battery staple";
    private readonly string root = Directory.CreateTempSubdirectory("flow-keys-").FullName;
    private readonly List<SecretKeyRing> rings = [];
    private readonly MovableTime time = new();
    private string Keys => Path.Combine(root, "keys");

    public void Dispose()
    {
        foreach (var ring in rings) ring.Dispose();
        Directory.Delete(root, recursive: true);
    }

    /// <summary>As one process has it.</summary>
    private DataProtectionSecretProtector Host(Action<IDataProtectionBuilder>? keys = null)
    {
        rings.Add(new(Keys, new() { ConfigureKeys = keys }, NullLoggerFactory.Instance, time));
        return new(rings[^1]);
    }

    private static string KeyOf(string ciphertext) => new Guid(System.Buffers.Text.Base64Url.DecodeFromChars(ciphertext)[4..20]).ToString();

    private void Revoke(string key) => File.WriteAllText(Path.Combine(Keys, $"revocation-{key}.xml"), new XElement("revocation", new XAttribute("version", 1),
        new XElement("revocationDate", "2026-11-24T00:00:00Z"), new XElement("key", new XAttribute("id", key)), new XElement("reason", "it has leaked")).ToString());

    /// <summary>As if it had been made long ago: ASP.NET's own rule prefers such keys to new ones.</summary>
    private void Age(string key, int days)
    {
        var file = Path.Combine(Keys, $"key-{key}.xml");
        var xml = XElement.Load(file);
        foreach (var name in (string[])["creationDate", "activationDate"]) xml.SetElementValue(name, DateTimeOffset.UtcNow.AddDays(-days).ToString("O"));
        xml.Save(file);
    }

    [Fact]
    public async Task Are_in_use_at_once_when_they_are_new()
    {
        var host = Host();
        var old = host.Protect(Place, Plain);
        await host.RotateAsync(default);
        var now = host.Protect(Place, Plain);

        KeyOf(now).Should().NotBe(KeyOf(old));
        Directory.GetFiles(Keys).Should().HaveCount(2);
        host.Unprotect(Place, old).Should().Be(Plain);
        host.Unprotect(Place, now).Should().Be(Plain);
        await host.RotateAsync(default);
        KeyOf(host.Protect(Place, Plain)).Should().NotBe(KeyOf(now), "the newest of two new ones");
    }

    [Fact]
    public async Task Are_in_use_at_once_also_after_a_key_that_every_host_knows()
    {
        var old = Host().Protect(Place, Plain);
        Age(KeyOf(old), 20);
        var host = Host();
        KeyOf(host.Protect(Place, Plain)).Should().Be(KeyOf(old));
        await host.RotateAsync(default);
        KeyOf(host.Protect(Place, Plain)).Should().NotBe(KeyOf(old));
        KeyOf(Host().Protect(Place, Plain)).Should().NotBe(KeyOf(old), "a host that starts later sees it the same way");
    }

    [Fact]
    public async Task Are_wrapped_anew_once()
    {
        var host = Host();
        var old = host.Protect(Place, Plain);
        host.Rewrap(Place, old).Should().BeNull("it is under the newest key");
        await host.RotateAsync(default);

        var now = host.Rewrap(Place, old)!;
        KeyOf(now).Should().Be(KeyOf(host.Protect(Place, "another")));
        host.Unprotect(Place, now).Should().Be(Plain);
        host.Rewrap(Place, now).Should().BeNull();
        host.Invoking(h => h.Unprotect("app/shop/config/OTHER", now)).Should().Throw<FlowException>("the place stays").Which.Code.Should().Be("secret-unreadable");
        host.Invoking(h => h.Rewrap("app/shop/config/OTHER", old)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-unreadable");
        foreach (var broken in (string[])["", "x", "not base64 at all!", old[..^4]])
            host.Invoking(h => h.Rewrap(Place, broken)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-unreadable");
    }

    [Fact]
    public async Task Are_known_to_other_hosts_of_the_directory_without_a_restart()
    {
        var (first, second) = (Host(), Host());
        var old = first.Protect(Place, Plain);
        second.Unprotect(Place, old).Should().Be(Plain);

        await first.RotateAsync(default);
        var now = first.Protect(Place, Plain);
        second.Unprotect(Place, now).Should().Be(Plain);

        await first.RotateAsync(default);
        time.Advance(SecretKeyRing.LookInterval);
        KeyOf(second.Protect(Place, Plain)).Should().Be(KeyOf(first.Protect(Place, Plain)), "it looks for newer ones before it encrypts");
    }

    [Fact]
    public async Task Leave_old_ones_that_are_needed_for_what_lies_under_them()
    {
        var host = Host();
        var old = host.Protect(Place, Plain);
        await host.RotateAsync(default);
        var now = host.Rewrap(Place, old)!;
        File.Move(Path.Combine(Keys, $"key-{KeyOf(old)}.xml"), Path.Combine(root, "archived.xml"));

        var later = Host();
        later.Unprotect(Place, now).Should().Be(Plain, "the procedure ends with the old file in the archive");
        later.Invoking(h => h.Rewrap(Place, old)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-unreadable");
        File.Move(Path.Combine(root, "archived.xml"), Path.Combine(Keys, $"key-{KeyOf(old)}.xml"));
        later.Unprotect(Place, old).Should().Be(Plain, "brought back, it is found without a restart");
    }

    [Fact]
    public void That_are_revoked_refuse_ordinary_reading_and_allow_to_get_away_from_them()
    {
        var leaked = Host().Protect(Place, Plain);
        Revoke(KeyOf(leaked));
        var host = Host();

        host.Invoking(h => h.Unprotect(Place, leaked)).Should().Throw<FlowException>().Which.Should().Match<FlowException>(e => e.Code == "secret-unreadable" && e.Message.Contains("revoked") && !e.Message.Contains(Plain));
        var now = host.Rewrap(Place, leaked)!;
        KeyOf(now).Should().NotBe(KeyOf(leaked));
        host.Unprotect(Place, now).Should().Be(Plain);
    }

    [Fact]
    public async Task That_are_revoked_while_a_host_runs_are_left_when_it_encrypts_next()
    {
        var host = Host();
        await host.RotateAsync(default);
        var leaked = host.Protect(Place, Plain);
        Revoke(KeyOf(leaked));
        time.Advance(SecretKeyRing.LookInterval);
        var now = host.Protect(Place, Plain);
        KeyOf(now).Should().NotBe(KeyOf(leaked));
        Directory.GetFiles(Keys, "key-*.xml").Should().HaveCount(2, "one was made, no older one taken");
    }

    [Fact]
    public async Task Cannot_change_when_they_are_in_memory_only()
    {
        var host = Host(k => k.UseEphemeralDataProtectionProvider());
        host.Rewrap(Place, host.Protect(Place, Plain)).Should().BeNull();
        (await host.Awaiting(h => h.RotateAsync(default).AsTask()).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("secret-rotation-unavailable");
    }

    [Fact]
    public void That_are_known_go_on_working_while_their_directory_is_in_disorder()
    {
        var host = Host();
        var known = host.Protect(Place, Plain);
        File.WriteAllText(Path.Combine(Keys, "key-broken.xml"), "<key");
        time.Advance(SecretKeyRing.LookInterval);

        host.Unprotect(Place, host.Protect(Place, Plain)).Should().Be(Plain);
        host.Unprotect(Place, known).Should().Be(Plain);
        // Not "unreadable": nobody knows yet.
        var unknown = known[..10] + (known[10] == 'A' ? 'B' : 'A') + known[11..];
        host.Invoking(h => h.Unprotect(Place, unknown)).Should().Throw<FlowException>().Which.Should().Match<FlowException>(e => e.Code == "secret-keys-unavailable" && e.Transient);
        Host().Invoking(h => h.Protect(Place, Plain)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-keys-unavailable");

        File.Delete(Path.Combine(Keys, "key-broken.xml"));
        host.Invoking(h => h.Unprotect(Place, unknown)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-unreadable");
    }

    [Fact]
    public async Task Do_not_change_when_their_directory_cannot_be_written()
    {
        await File.WriteAllTextAsync(Keys, "a file where the directory should be");
        (await Host().Awaiting(h => h.RotateAsync(default).AsTask()).Should().ThrowAsync<FlowException>()).Which.Should().Match<FlowException>(e => e.Code == "secret-keys-unavailable" && e.Transient);
        (await Host().Awaiting(h => h.RotateAsync(new(canceled: true)).AsTask()).Should().ThrowAsync<OperationCanceledException>()).Which.Should().NotBeNull();
    }

    private sealed class MovableTime : TimeProvider
    {
        private long now;

        public void Advance(TimeSpan by) => now += by.Ticks;
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => now;
    }
}
