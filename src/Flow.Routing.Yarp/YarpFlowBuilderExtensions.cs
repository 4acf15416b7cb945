using Flow.DependencyInjection;
using Flow.Routing.Yarp.OwnProcess;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp;

/// <summary>Registers the router.</summary>
public static class YarpFlowBuilderExtensions
{
    /// <summary>
    /// Routes in the host's own process: every app answers at <c>http://{app}.localhost:{Port}/</c> while the host runs. The router listens on a
    /// port of its own; nothing has to be mapped, and the host's middleware does not see the apps' traffic.
    /// </summary>
    /// <param name="builder">What <c>AddFlow</c> returned.</param>
    /// <param name="configure">Applied after the section <c>Flow:Router</c>. What is wrong in the options stops the host at start-up, all at once.</param>
    public static IFlowBuilder UseYarpRouter(this IFlowBuilder builder, Action<YarpRouterOptions>? configure = null) =>
        Use<YarpRouter>(builder, RouterMode.InHost, configure);

    /// <summary>
    /// Routes in a process of its own that goes on with the last table while the host is away. The host starts it when none answers, finds it
    /// again after a restart, and starts it anew when it ends. Needs <see cref="FlowRouter.TryRun"/> at the top of the host's <c>Program.cs</c>.
    /// </summary>
    /// <inheritdoc cref="UseYarpRouter"/>
    public static IFlowBuilder UseYarpRouterProcess(this IFlowBuilder builder, Action<YarpRouterOptions>? configure = null)
    {
        // Otherwise a host without TryRun would start itself, and that one itself, without end.
        if (Environment.GetCommandLineArgs().Contains(FlowRouter.Verb))
            throw new InvalidOperationException("This program was started to be a router, but goes on as a host: call FlowRouter.TryRun first thing in Program.cs.");
        return Use<YarpProcessRouter>(builder, RouterMode.OwnProcess, configure);
    }

    private static IFlowBuilder Use<TRouter>(IFlowBuilder builder, RouterMode mode, Action<YarpRouterOptions>? configure)
        where TRouter : class, IRouter, IHostedService
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (services.FirstOrDefault(service => service.ServiceType == typeof(YarpRouterMarker))?.ImplementationInstance is YarpRouterMarker other && other.Mode != mode)
            throw new InvalidOperationException("UseYarpRouter and UseYarpRouterProcess exclude each other: choose one.");

        if (!services.Any(service => service.ServiceType == typeof(YarpRouterMarker))) Register<TRouter>(services, mode);
        if (configure is not null) services.Configure(configure);
        return builder;
    }

    private static void Register<TRouter>(IServiceCollection services, RouterMode mode) where TRouter : class, IRouter, IHostedService
    {
        services.AddOptions<YarpRouterOptions>()
            .Configure<IServiceProvider>((options, provider) => provider.GetService<IConfiguration>()?.GetSection("Flow:Router").Bind(options))
            .ValidateOnStart();
        services.AddSingleton(new YarpRouterMarker(mode));
        services.AddSingleton<IValidateOptions<YarpRouterOptions>>(new YarpRouterOptionsValidator(mode));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<TRouter>();
        // The host chose this router: it goes before any default.
        services.Replace(ServiceDescriptor.Singleton<IRouter>(provider => provider.GetRequiredService<TRouter>()));
        services.AddHostedService(provider => provider.GetRequiredService<TRouter>());
    }

    private sealed record YarpRouterMarker(RouterMode Mode);
}
