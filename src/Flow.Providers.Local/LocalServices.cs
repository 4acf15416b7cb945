using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local;

/// <summary>What the local providers share.</summary>
internal static class LocalServices
{
    /// <summary>Binds options to their section where the host has configuration, once: binding twice would append every list to itself.</summary>
    public static IServiceCollection AddLocalOptions<TOptions>(this IServiceCollection services, string section) where TOptions : class
    {
        services.AddOptions();
        services.TryAddSingleton(TimeProvider.System);
        if (services.Any(s => s.ServiceType == typeof(SectionOf<TOptions>))) return services;
        services.AddSingleton(new SectionOf<TOptions>(section));
        services.AddSingleton<IConfigureOptions<TOptions>>(provider => new ConfigureOptions<TOptions>(options => provider.GetService<IConfiguration>()?.GetSection(section).Bind(options)));
        return services;
    }

    private sealed record SectionOf<TOptions>(string Section);
}
