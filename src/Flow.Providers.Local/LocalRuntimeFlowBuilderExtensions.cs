using Flow.DependencyInjection;
using Flow.Logs;
using Flow.Providers.Local;
using Flow.Providers.Local.Runtime;
using Flow.Providers.Local.Supervision;
using Flow.Runtimes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local;

/// <summary>Registers the local runtime.</summary>
public static class LocalRuntimeFlowBuilderExtensions
{
    /// <summary>
    /// Runs apps and commands as supervised processes of this machine (Linux). Options: section <c>Flow:Local</c>, <see cref="LocalOptions"/>. Logs go to files
    /// below the data directory, also when the host registers another <see cref="ILogStore"/> for its own: supervisors know no other.
    /// The host's <c>Program.cs</c> begins with <see cref="FlowSupervisor.TryRun"/>.
    /// </summary>
    public static IFlowBuilder AddLocalRuntime(this IFlowBuilder builder, string name = "local")
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLocalSupervision();
        return builder.AddProvider<IRuntime, LocalRuntime>(name);
    }

    /// <summary>What everything that starts local processes needs; any number of times.</summary>
    internal static IServiceCollection AddLocalSupervision(this IServiceCollection services)
    {
        services.AddLocalOptions();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILogStore>(provider => new FileLogStore(new LocalDirectories(provider.GetRequiredService<IOptions<LocalOptions>>().Value).Logs, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ISupervisor, ProcessSupervisor>();
        return services;
    }

    internal static IServiceCollection AddLocalOptions(this IServiceCollection services)
    {
        services.AddLocalOptions<LocalOptions>("Flow:Local").AddOptions<LocalOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LocalOptions>, LocalOptionsValidator>());
        return services;
    }
}
