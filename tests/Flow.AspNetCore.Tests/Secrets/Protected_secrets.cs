using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Flow.Apps;
using Flow.AspNetCore.Secrets;
using Flow.DependencyInjection;
using Flow.Secrets;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Secrets;

public sealed class Protected_secrets : IDisposable
{
    private const string Plain = "correct horse battery staple";
    private readonly string root = Directory.CreateTempSubdirectory("flow-keys-").FullName;
    private string Keys => Path.Combine(root, "keys");

    public void Dispose() => Directory.Delete(root, recursive: true);

    private WebFlowHost Host(string environment = "Development", Action<AspNetCore.Secrets.SecretKeyOptions>? configure = null) =>
        new(_ => { }, environment, (_, flow) => flow.UseDataProtection(Keys, configure));

    private static ISecretProtector Protector(WebFlowHost host) => host.Services.GetRequiredService<ISecretProtector>();

    [Fact]
    public async Task Come_back_at_their_own_place_only()
    {
        await using var host = Host();
        var ciphertext = Protector(host).Protect("app/shop/config/TOKEN", Plain);

        ciphertext.Should().NotContain(Plain);
        Protector(host).Protect("app/shop/config/TOKEN", Plain).Should().NotBe(ciphertext, "equal secrets do not look equal");
        Protector(host).Unprotect("app/shop/config/TOKEN", ciphertext).Should().Be(Plain);
        foreach (var place in (string[])["app/shop/config/OTHER", "app/shop/config", "app/shop/config/TOKEN/"])
            Protector(host).Invoking(p => p.Unprotect(place, ciphertext)).Should().Throw<FlowException>().Where(e => e.Code == "secret-unreadable" && !e.Transient && e.Message.Contains(place));
        foreach (var broken in (string[])["", "x", "not base64 at all!", ciphertext[..^4], ciphertext[..20] + "AAAA" + ciphertext[24..]])
            Protector(host).Invoking(p => p.Unprotect("app/shop/config/TOKEN", broken)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-unreadable");
    }

    [Fact]
    public async Task Survive_another_host_on_the_same_directory_and_not_another_directory()
    {
        string ciphertext;
        await using (var first = Host()) ciphertext = Protector(first).Protect("place", Plain);
        await using (var second = Host()) Protector(second).Unprotect("place", ciphertext).Should().Be(Plain);

        Directory.Move(Keys, Path.Combine(root, "lost"));
        await using var third = Host();
        Protector(third).Invoking(p => p.Unprotect("place", ciphertext)).Should().Throw<FlowException>().Which.Code.Should().Be("secret-unreadable");
    }

    [Fact]
    public async Task Leave_no_plain_text_in_a_directory_that_only_its_owner_can_open()
    {
        await using var host = Host();
        Protector(host).Protect("place", Plain);

        var files = Directory.GetFiles(Keys, "*", SearchOption.AllDirectories);
        files.Should().NotBeEmpty();
        files.Select(File.ReadAllText).Should().NotContain(t => t.Contains(Plain) || t.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(Plain))));
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Keys).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Reach_the_app_and_are_kept_as_ciphertext()
    {
        await using var host = Host();
        host.Source.Push("main", Commit(1));
        await host.StartAsync();
        await host.DeployedAsync(Staging, 1);

        var answer = (await host.Apps.SetConfigAsync(Staging, new Dictionary<string, ConfigVar?> { ["TOKEN"] = ConfigVar.Secret(Plain) }, "ada")).OrThrow();
        await host.EndedAsync(answer.Run!.Value);

        var app = await host.AppAsync(Staging, a => a.Current == 2, "v2 serves");
        host.Runtime.Running[app.CurrentRelease!.Deployment].Should().Match<Flow.Runtimes.DeploymentSpec>(s => s.Environment["TOKEN"] == Plain && s.Secrets.Contains(Plain));
        app.Configs[^1].Values["TOKEN"].Should().Match<ConfigValue>(v => v.IsSecret && v.Plain == null && !v.Ciphertext!.Contains(Plain));
    }

    [Fact]
    public async Task Outlive_the_key_that_they_were_set_under()
    {
        var database = Path.Combine(root, "flow.db");
        WebFlowHost Paas() => new(_ => { }, configure: (_, flow) => flow.UseDataProtection(Keys), database: database);
        await using (var first = Paas())
        {
            first.Source.Push("main", Commit(1));
            await first.StartAsync();
            await first.DeployedAsync(Staging, 1);
            var answer = (await first.Apps.SetConfigAsync(Staging, new Dictionary<string, ConfigVar?> { ["TOKEN"] = ConfigVar.Secret(Plain) }, "ada")).OrThrow();
            await first.EndedAsync(answer.Run!.Value);
            var old = Directory.GetFiles(Keys).Single();
            (await first.Services.GetRequiredService<ISecretKeys>().RewrapAsync(rotateFirst: true)).Should().BeEquivalentTo(new RewrapReport(1, 0, 0, []));
            File.Move(old, Path.Combine(root, "archived.xml"));
        }

        await using var second = Paas();
        second.Source.Push("main", Commit(1));
        await second.ListenAsync();
        (await second.Apps.RestartAsync(Staging, "ada")).OrThrow();
        await second.UntilAsync(() => Task.FromResult(second.Runtime.Running.Values.ToList()), r => r.Any(s => s.Environment.TryGetValue("TOKEN", out var token) && token == Plain), "processes run with the secret");
        (await second.Services.GetRequiredService<ISecretKeys>().RewrapAsync(rotateFirst: false)).Should().BeEquivalentTo(new RewrapReport(0, 1, 0, []));
    }

    [Fact]
    public async Task With_keys_in_plain_sight_stop_the_host_outside_Development()
    {
        await using var host = Host("Production");
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*unencrypted*ProtectKeysWithCertificate*AllowUnencryptedKeys*");
    }

    [Fact]
    public async Task With_keys_in_plain_sight_start_when_the_host_says_so()
    {
        await using var host = await Host("Production", o => o.AllowUnencryptedKeys = true).StartAsync();
        Protector(host).Unprotect("place", Protector(host).Protect("place", Plain)).Should().Be(Plain);
    }

    [Fact]
    public async Task With_keys_that_would_be_gone_at_the_next_start_stop_the_host_outside_Development()
    {
        await using var host = Host("Production", o => o.ConfigureKeys = k => k.UseEphemeralDataProtectionProvider());
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*ephemeral*");
    }

    [Fact]
    public async Task With_keys_that_everybody_can_read_stop_the_host_outside_Development()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(Keys);
        File.SetUnixFileMode(Keys, File.GetUnixFileMode(Keys) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await using var host = Host("Production", o => o.AllowUnencryptedKeys = true);
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*chmod 700*");
    }

    [Fact]
    public async Task With_a_key_file_that_everybody_can_read_stop_the_host_outside_Development()
    {
        if (OperatingSystem.IsWindows()) return;
        await using (var first = Host()) Protector(first).Protect("place", Plain);
        var file = Directory.GetFiles(Keys).Single();
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherRead);
        await using var host = Host("Production", o => o.AllowUnencryptedKeys = true);
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*key-*chmod 600*");
    }

    [Fact]
    public async Task With_keys_that_another_place_keeps_are_checked_there()
    {
        if (OperatingSystem.IsWindows()) return;
        var elsewhere = Directory.CreateDirectory(Path.Combine(root, "elsewhere"));
        File.SetUnixFileMode(elsewhere.FullName, File.GetUnixFileMode(elsewhere.FullName) | UnixFileMode.OtherRead);
        await using var host = Host("Production", o => o.ConfigureKeys = k => k.PersistKeysToFileSystem(elsewhere));
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().BeEquivalentTo(
            [$"The keys of Flow's secrets would lie unencrypted in '{elsewhere.FullName}'.*", $"Every user of this machine can look into '{elsewhere.FullName}'*"], o => o.Using<string>(c => c.Subject.Should().Match(c.Expectation)).WhenTypeIs<string>());
    }

    [Fact]
    public async Task With_keys_that_have_no_place_stop_the_host_outside_Development()
    {
        await using var host = Host("Production", o =>
        {
            o.AllowUnencryptedKeys = true;
            o.ConfigureKeys = k => k.Services.Configure<KeyManagementOptions>(m => m.XmlRepository = null);
        });
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*without a place*");
    }

    [Fact]
    public async Task With_keys_whose_encryption_does_nothing_stop_the_host_outside_Development()
    {
        await using var host = Host("Production", o => o.ConfigureKeys = k => k.Services.Configure<KeyManagementOptions>(m => m.XmlEncryptor = new NullXmlEncryptor()));
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*unencrypted*");
    }

    [Theory, InlineData("wwwroot/keys", "wwwroot"), InlineData("wwwroot", "wwwroot"), InlineData("link/keys", "real"), InlineData("keys", "link-to-all")]
    public void With_keys_that_the_host_serves_are_seen(string keys, string served)
    {
        foreach (var directory in (string[])["wwwroot", "real/keys", "keys"]) Directory.CreateDirectory(Path.Combine(root, directory));
        Directory.CreateSymbolicLink(Path.Combine(root, "link"), Path.Combine(root, "real"));
        Directory.CreateSymbolicLink(Path.Combine(root, "link-to-all"), root);
        Problems(keys, served).Should().ContainSingle().Which.Should().Contain("serves to everybody");
    }

    [Theory, InlineData("keys", "wwwroot"), InlineData("wwwroot-keys", "wwwroot"), InlineData("..keys", "wwwroot"), InlineData("keys", null)]
    public void With_keys_that_lie_beside_what_the_host_serves_are_fine(string keys, string? served) => Problems(keys, served).Should().BeEmpty();

    private List<string> Problems(string keys, string? served)
    {
        using var ring = new SecretKeyRing(Path.Combine(root, keys), new() { AllowUnencryptedKeys = true }, NullLoggerFactory.Instance, TimeProvider.System);
        if (!OperatingSystem.IsWindows() && Directory.Exists(ring.Directory)) File.SetUnixFileMode(ring.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return [.. SecretKeyProblems.Of(ring, served is null ? null : Path.Combine(root, served))];
    }

    [Fact]
    public async Task With_keys_that_a_web_host_serves_stop_it_outside_Development()
    {
        await using var host = new WebFlowHost(_ => { }, "Production", (builder, flow) =>
        {
            builder.Environment.WebRootPath = root;
            flow.UseDataProtection(Keys, o => o.AllowUnencryptedKeys = true);
        });
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*serves to everybody*");
    }

    [Fact]
    public async Task With_keys_encrypted_by_a_certificate_survive_another_host()
    {
        using var rsa = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=flow", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string ciphertext;
        await using (var first = await Host("Production", o => o.ConfigureKeys = k => k.ProtectKeysWithCertificate(certificate)).StartAsync()) ciphertext = Protector(first).Protect("place", Plain);

        Directory.GetFiles(Keys).Select(File.ReadAllText).Should().NotBeEmpty().And.OnlyContain(t => t.Contains("EncryptedData"));
        await using var second = Host("Production", o => o.ConfigureKeys = k => k.ProtectKeysWithCertificate(certificate));
        Protector(second).Unprotect("place", ciphertext).Should().Be(Plain);
    }

    [Fact]
    public async Task Whose_directory_cannot_be_written_stop_the_host_with_a_code()
    {
        await File.WriteAllTextAsync(Keys, "a file where the directory should be");
        await using var host = Host();
        (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<FlowException>()).Which.Should().Match<FlowException>(e => e.Code == "secret-keys-unavailable" && e.Transient);
    }
}
