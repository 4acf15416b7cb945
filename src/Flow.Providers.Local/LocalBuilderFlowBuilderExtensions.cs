using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Builds;
using Flow.Providers.Local.Builds.DotNet;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Flow.Providers.Local;

/// <summary>Registers builds on this machine.</summary>
public static class LocalBuilderFlowBuilderExtensions
{
    /// <summary>
    /// Builds as processes of the host's user (.NET: a solution, a project or a single C# file at the top of the code), into artifacts below
    /// <see cref="LocalOptions.DataDirectory"/>. Not isolated: code that nobody vouches for is refused. A <c>Procfile</c> adds to the process types found, and overrides them.
    /// </summary>
    /// <param name="builder">What <c>AddFlow</c> returned.</param>
    /// <param name="name">By which pipelines refer to it.</param>
    public static IFlowBuilder AddLocalBuilder(this IFlowBuilder builder, string name = "local")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        builder.Services.AddLocalSupervision();
        builder.Services.TryAddSingleton<LocalArtifactStore>();
        builder.Services.TryAddSingleton<IArtifactFiles>(services => services.GetRequiredService<LocalArtifactStore>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILanguagePack, DotNetLanguagePack>());
        var registered = name.ToLowerInvariant();
        return builder.AddProvider<IBuilder>(name, services => ActivatorUtilities.CreateInstance<LocalBuilder>(services, registered));
    }
}
