using Flow.AspNetCore.Secrets;
using Flow.DependencyInjection;
using Flow.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.AspNetCore;

/// <summary>Secrets encrypted with ASP.NET Core Data Protection.</summary>
public static class SecretFlowBuilderExtensions
{
    /// <summary>
    /// Encrypts secret config vars with keys of Flow's own in a directory, made with mode 0700 if it is missing. Without the directory the secrets are lost: it
    /// belongs into the backup, and hosts that share a store share it. Keys change every 90 days, and at once with <see cref="ISecretKeys"/>; old ones stay readable.
    /// </summary>
    /// <remarks>
    /// Outside Development the host does not start while the keys would lie there unencrypted: see <see cref="SecretKeyOptions"/>. A host that has registered
    /// an <see cref="ISecretProtector"/> before keeps it. Fails with <c>secret-unreadable</c>, and with the transient <c>secret-keys-unavailable</c>.
    /// </remarks>
    /// <param name="builder">The builder.</param>
    /// <param name="keyDirectory">Absolute, or relative to the host's content root.</param>
    /// <param name="configure">Encryption of the keys themselves.</param>
    public static IFlowBuilder UseDataProtection(this IFlowBuilder builder, string keyDirectory, Action<SecretKeyOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(keyDirectory);
        var options = new SecretKeyOptions();
        configure?.Invoke(options);
        builder.Services.TryAddSingleton(s => new SecretKeyRing(Path.GetFullPath(keyDirectory, s.GetRequiredService<IHostEnvironment>().ContentRootPath), options,
            s.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance, s.GetService<TimeProvider>() ?? TimeProvider.System));
        builder.Services.TryAddSingleton<ISecretProtector, DataProtectionSecretProtector>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SecretKeyCheck>());
        return builder;
    }
}
