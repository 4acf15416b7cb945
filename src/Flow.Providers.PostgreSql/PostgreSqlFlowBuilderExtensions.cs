using Flow.AddOns;
using Flow.DependencyInjection;
using Flow.Providers.PostgreSql.Instances;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.PostgreSql;

/// <summary>Registers databases of a PostgreSQL server as add-ons.</summary>
public static class PostgreSqlFlowBuilderExtensions
{
    /// <summary>
    /// A database with an owner and a login for each add-on instance, on a server that exists. Apps find it by <c>DATABASE_URL</c>, or by <c>DATABASE_HOST</c>, <c>DATABASE_PORT</c>,
    /// <c>DATABASE_NAME</c>, <c>DATABASE_USER</c> and <c>DATABASE_PASSWORD</c>. Instances can begin with a seed, be handed over from a pool, and have their credentials rotated.
    /// </summary>
    /// <param name="builder">What <c>AddFlow</c> returned.</param>
    /// <param name="name">By which pipelines refer to it; one for each server.</param>
    /// <param name="configure">Which server. The host does not start while anything is missing; it does start while the server is down.</param>
    public static IFlowBuilder AddPostgreSql(this IFlowBuilder builder, string name, Action<PostgreSqlOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        name = name.ToLowerInvariant();
        builder.Services.AddOptions<PostgreSqlOptions>(name).Configure(configure).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<PostgreSqlOptions>>(new PostgreSqlOptionsValidator(name));
        return builder.AddProvider<IAddOnProvisioner>(name, services => new PostgreSqlAddOnProvisioner(
            services.GetRequiredService<IOptionsMonitor<PostgreSqlOptions>>().Get(name),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<ILogger<PostgreSqlAddOnProvisioner>>() ?? NullLogger<PostgreSqlAddOnProvisioner>.Instance));
    }
}
