using System.Security.Cryptography;
using System.Xml;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Flow.AspNetCore.Secrets;

/// <summary>
/// Flow's own Data Protection keys. Not the host's: those are isolated by the host's folder unless it says otherwise, and a host that throws its cookie
/// keys away must not lose the secrets of every app.
/// </summary>
/// <remarks>
/// ASP.NET encrypts with the key that was activated last, which is what a rotation needs; but it keeps a key ring for about a day, and then goes on with the old one while it
/// reads the new one. That is too long for hosts that share a directory. So the ring is opened anew when the keys have changed: looked at before something is encrypted, at
/// most every <see cref="LookInterval"/>, and when something cannot be read.
/// </remarks>
internal sealed class SecretKeyRing : IDisposable
{
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly ServiceCollection registrations = [];
    private readonly TimeProvider time;
    private readonly Lock opening = new();
    // Those before are not disposed of while somebody may be decrypting with them; there is one for each change of the keys.
    private readonly List<ServiceProvider> opened = [];
    private volatile Ring current;

    public SecretKeyRing(string keyDirectory, SecretKeyOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        Directory = keyDirectory;
        Options = options;
        this.time = time;
        registrations.AddSingleton(loggers);
        var protection = registrations.AddDataProtection().SetApplicationName("Flow").PersistKeysToFileSystem(new(Directory));
        options.ConfigureKeys?.Invoke(protection);
        current = Open(null);
    }

    public string Directory { get; }
    public SecretKeyOptions Options { get; }
    public IDataProtectionProvider Provider => current.Provider;
    public KeyManagementOptions Management => current.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value;

    /// <summary>Binds to one place, for decrypting; opens the directory on first use.</summary>
    public IDataProtector For(string purpose)
    {
        CreateDirectory();
        return current.Provider.CreateProtector("Flow.Secrets.v1", purpose);
    }

    /// <summary>The same, for encrypting: with the newest key, also when another host made it.</summary>
    public IDataProtector NewestFor(string purpose)
    {
        CreateDirectory();
        if (time.GetElapsedTime(current.LookedAt) >= LookInterval)
        {
            try
            {
                Refresh();
            }
            catch (Exception trouble) when (trouble is CryptographicException || IsOutage(trouble))
            {
                // The keys that are known go on working; whoever needs others meets the trouble himself.
            }
        }
        return For(purpose);
    }

    /// <summary>Looks whether there are other keys than when it was last opened, and opens it anew if so.</summary>
    public bool Refresh()
    {
        lock (opening)
        {
            var keys = Keys();
            var changed = current.Keys?.SetEquals(keys) != true;
            current = changed ? Open(keys) : current with { Keys = keys, LookedAt = time.GetTimestamp() };
            return changed;
        }
    }

    /// <summary>Makes a key that is the newest from now on.</summary>
    public void Rotate()
    {
        if (Provider is EphemeralDataProtectionProvider)
            throw new FlowException("secret-rotation-unavailable", "The keys of Flow's secrets are in memory only (an ephemeral provider) and cannot be changed.");
        CreateDirectory();
        lock (opening)
        {
            // The machine's clock, because Data Protection goes by it; after every other key, also one that another host's clock has put into the future.
            var now = TimeProvider.System.GetUtcNow();
            var newest = Manager.GetAllKeys().Where(k => k.ActivationDate <= now + TimeSpan.FromMinutes(5)).Select(k => k.ActivationDate).DefaultIfEmpty().Max();
            var activation = newest >= now ? newest.AddTicks(1) : now;
            Manager.CreateNewKey(activation, activation + Management.NewKeyLifetime);
            current = Open(Keys());
        }
    }

    /// <summary>The directory cannot be read or written, or a file in it is no key.</summary>
    public static bool IsOutage(Exception trouble) => trouble is IOException or UnauthorizedAccessException or XmlException;

    public void Dispose()
    {
        foreach (var services in opened) services.Dispose();
    }

    private IKeyManager Manager => current.Services.GetRequiredService<IKeyManager>();

    private HashSet<(Guid, bool)> Keys() => [.. Manager.GetAllKeys().Select(k => (k.KeyId, k.IsRevoked))];

    private Ring Open(HashSet<(Guid, bool)>? keys)
    {
        var services = registrations.BuildServiceProvider();
        opened.Add(services);
        return new(services, services.GetRequiredService<IDataProtectionProvider>(), keys, time.GetTimestamp());
    }

    private void CreateDirectory()
    {
        if (OperatingSystem.IsWindows()) System.IO.Directory.CreateDirectory(Directory);
        else if (!System.IO.Directory.Exists(Directory)) System.IO.Directory.CreateDirectory(Directory, OwnerOnly);
    }

    /// <param name="Services">Where it comes from.</param>
    /// <param name="Provider">Encrypts and decrypts.</param>
    /// <param name="Keys">Which keys there were, revoked or not; null: nobody has looked yet.</param>
    /// <param name="LookedAt">Timestamp of the last look.</param>
    private sealed record Ring(ServiceProvider Services, IDataProtectionProvider Provider, HashSet<(Guid, bool)>? Keys, long LookedAt);
}
