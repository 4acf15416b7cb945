using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.AspNetCore.Secrets;

/// <summary>
/// Flow's own Data Protection keys. Not the host's: those are isolated by the host's folder unless it says otherwise, and a host that throws its cookie
/// keys away must not lose the secrets of every app.
/// </summary>
internal sealed class SecretKeyRing : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private readonly string directory;
    private readonly SecretKeyOptions options;
    private readonly ServiceProvider services;

    public SecretKeyRing(string keyDirectory, SecretKeyOptions options, IHostEnvironment host, ILoggerFactory loggers)
    {
        directory = Path.GetFullPath(keyDirectory, host.ContentRootPath);
        this.options = options;
        var ring = new ServiceCollection().AddSingleton(loggers);
        var protection = ring.AddDataProtection().SetApplicationName("Flow").PersistKeysToFileSystem(new(directory));
        options.ConfigureKeys?.Invoke(protection);
        services = ring.BuildServiceProvider();
    }

    /// <summary>Binds to one place; opens the directory on first use.</summary>
    public IDataProtector For(string purpose)
    {
        CreateDirectory();
        return services.GetRequiredService<IDataProtectionProvider>().CreateProtector("Flow.Secrets.v1", purpose);
    }

    /// <summary>What stands against keeping secrets with these keys outside Development, each with its fix.</summary>
    public IEnumerable<string> Problems()
    {
        if (services.GetRequiredService<IDataProtectionProvider>() is EphemeralDataProtectionProvider)
        {
            yield return "The keys of Flow's secrets would be gone at the next start (an ephemeral provider): take it out of ConfigureKeys of UseDataProtection(...).";
            yield break;
        }
        var keys = services.GetRequiredService<IOptions<KeyManagementOptions>>().Value;
        if (keys.XmlEncryptor is null && !options.AllowUnencryptedKeys)
            yield return $"The keys of Flow's secrets would lie unencrypted in '{directory}'. Encrypt them: UseDataProtection(\"...\", o => o.ConfigureKeys = k => k.ProtectKeysWithCertificate(certificate)); "
                + "or say with o.AllowUnencryptedKeys = true that the directory is protected otherwise.";
        if (!OperatingSystem.IsWindows() && Directory.Exists(directory) && (File.GetUnixFileMode(directory) & Others) != 0)
            yield return $"Every user of this machine can look into '{directory}', which holds the keys of Flow's secrets: chmod 700 '{directory}'.";
    }

    public void Dispose() => services.Dispose();

    private void CreateDirectory()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
        else if (!Directory.Exists(directory)) Directory.CreateDirectory(directory, OwnerOnly);
    }
}
