using Flow.AddOns.Pools;
using Flow.Apps;
using Flow.Builds;
using Flow.Diagnostics;
using Flow.Engine;
using Flow.Gates;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Reporting;
using Flow.Retention;
using Flow.ReviewApps;
using Flow.Routing;
using Flow.Runs;
using Flow.Runs.Steps;
using Flow.Sources;
using Flow.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Flow.DependencyInjection;

/// <summary>The way in: <c>builder.Services.AddFlow(builder.Configuration.GetSection("Flow"))</c>.</summary>
public static class FlowServiceCollectionExtensions
{
    /// <summary>
    /// Adds the engine: options from the section, pipelines from its <c>Pipelines</c>. A store (<c>UseSqlite</c>), a router and providers are added on
    /// what it returns, in any order. What is missing or misspelt stops the host at start-up, all errors at once.
    /// </summary>
    public static IFlowBuilder AddFlow(this IServiceCollection services, IConfiguration? configuration = null, Action<FlowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(s => s.ServiceType == typeof(FlowEngine))) return new FlowBuilder(services);

        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<FlowOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<FlowOptions>, FlowOptionsValidator>();
        if (configuration is not null)
        {
            services.Configure<FlowOptions>(configuration);
            services.AddSingleton(new ConfiguredPipelines(configuration.GetSection("Pipelines")));
            services.AddSingleton(new ConfiguredPools(configuration.GetSection("Pools")));
        }
        if (configure is not null) services.Configure(configure);

        services.TryAddSingleton<IStoreOwnership, HostOwnership>();
        services.AddSingleton<Providers>();
        services.AddSingleton<AppEnvironment>();
        services.AddSingleton(s => new Secrets.ConfigSecrets(s.GetService<Secrets.ISecretProtector>()));
        services.AddSingleton<RequirementsReader>();
        services.AddSingleton<FlowMailbox>();
        services.AddSingleton<StreamPump>();
        services.AddSingleton(s => new StreamKinds(s.GetServices<IStreamKind>()));
        services.AddStreamKind<PipelineState, PipelineInput, PipelineEvent, PipelineEffects>(PipelineDecider.Kind, new PipelineDecider());
        services.AddStreamKind<AppState, AppInput, AppEvent, AppEffects>(AppDecider.Kind, new AppDecider());
        services.AddStreamKind<RunState, RunInput, RunEvent, RunEffects>(RunDecider.Kind, new RunDecider());
        services.AddStreamKind<BuildState, BuildInput, BuildEvent, BuildEffects>(BuildDecider.Kind, new BuildDecider());
        services.AddStreamKind<PoolState, PoolInput, PoolEvent, PoolEffects>(PoolDecider.Kind, new PoolDecider());
        services.AddStreamKind<WarmState, WarmInput, WarmEvent, WarmEffects>(WarmDecider.Kind, new WarmDecider());
        services.AddStreamKind<ReportState, ReportInput, ReportEvent, ReportEffects>(ReportDecider.Kind, new ReportDecider());

        services.AddSingleton<IBuiltInStep, GateStep>();
        services.AddSingleton<IBuiltInStep, FetchStep>();
        services.AddSingleton<IBuiltInStep, ProvisionStep>();
        services.AddSingleton<IBuiltInStep, RotateStep>();
        services.AddSingleton<IBuiltInStep, ReleaseStep>();
        services.AddSingleton<IBuiltInStep, CommandStep>();
        foreach (var script in (string[])[WellKnownSteps.PostDeploy, WellKnownSteps.DeployHook, WellKnownSteps.Predestroy])
            services.AddSingleton<IBuiltInStep>(s => new ScriptStep(script, s.GetRequiredService<Providers>(), s.GetRequiredService<AppEnvironment>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBuiltInStep, DeployStep>();
        services.AddSingleton<IBuiltInStep, SwitchStep>();
        services.AddSingleton<IBuiltInStep, RetireStep>();
        services.AddSingleton<IBuiltInStep, TeardownStep>();
        services.AddSingleton<IBuiltInStep, HostStepAdapter>();

        // Steps are part of what the mailbox knows.
        services.AddSingleton<PoolClaims>().AddSingleton<Func<PoolClaims>>(s => s.GetRequiredService<PoolClaims>).AddSingleton<PoolService>().AddSingleton<IAddOnPools>(s => s.GetRequiredService<PoolService>());
        services.AddSingleton<RunExplainer>();
        services.AddSingleton<PipelineService>();
        services.AddSingleton<IPipelines>(s => s.GetRequiredService<PipelineService>());
        services.AddSingleton<IChecks>(s => s.GetRequiredService<PipelineService>());
        services.AddSingleton(s => new AppService(s.GetRequiredService<FlowMailbox>(), s.GetRequiredService<IRouter>(), s.GetRequiredService<Providers>(), s.GetServices<ProviderDescriptor>(), s.GetRequiredService<TimeProvider>(), s.GetService<Secrets.ISecretProtector>()));
        services.AddSingleton<IApps>(s => s.GetRequiredService<AppService>());
        services.AddSingleton<IReleases>(s => s.GetRequiredService<AppService>());
        services.AddSingleton<IRuns, RunService>();
        services.AddSingleton<Secrets.ISecretKeys, Secrets.SecretKeys>();
        services.AddSingleton<IReviewApps>(s => new ReviewAppService(s.GetRequiredService<FlowMailbox>(), s.GetRequiredService<IRouter>(), s.GetService<Secrets.ISecretProtector>()));

        services.AddSingleton<EngineHealth>();
        services.AddSingleton(s => new FlowDeclarations(s.GetServices<PipelineDefinition>(), s.GetService<ConfiguredPipelines>()));
        services.AddSingleton<IEngineStarter, RouteRestorer>();
        services.AddSingleton(s => new PoolDeclarations(s.GetServices<PoolDefinition>(), s.GetService<ConfiguredPools>()));
        services.AddSingleton<IEngineStarter, PipelineDeclarer>();
        services.AddSingleton<IEngineStarter, PoolDeclarer>();
        services.AddSingleton<AppInspector>().AddSingleton<IEngineStarter>(s => s.GetRequiredService<AppInspector>());
        services.AddHostedService<StartupValidator>();
        // Stopped in reverse: first the engine, then (if wanted) the apps.
        services.AddHostedService<Lazily<AppStopper>>().AddSingleton<AppStopper>();
        services.AddHostedService<Lazily<RetentionSweep>>().AddSingleton<RetentionSweep>();
        services.AddHostedService<Lazily<ReviewAppWatch>>().AddSingleton<ReviewAppWatch>();
        services.AddHostedService<Lazily<AppInspectionLoop>>().AddSingleton<AppInspectionLoop>();
        services.AddHostedService<Lazily<FlowEngine>>().AddSingleton<FlowEngine>();

        var builder = new FlowBuilder(services);
        builder.AddProvider<IGate, ApprovalGate>(ApprovalGate.Name);
        builder.AddProvider<IGate, ChecksGate>(ChecksGate.Name);
        return builder;
    }

    /// <summary>Declares a pipeline in code; declared again at every start.</summary>
    public static IFlowBuilder AddPipeline(this IFlowBuilder builder, PipelineDefinition pipeline)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(pipeline);
        return builder;
    }

    /// <summary>Declares a warm pool in code; declared again at every start.</summary>
    public static IFlowBuilder AddPool(this IFlowBuilder builder, PoolDefinition pool)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(pool);
        return builder;
    }

    /// <summary>Registers a gate under a name that apps list in <c>Gates</c>.</summary>
    public static IFlowBuilder AddGate<TGate>(this IFlowBuilder builder, string name) where TGate : class, IGate => builder.AddProvider<IGate, TGate>(name);

    /// <summary>
    /// Registers a host's own step, which stands in every run that has the anchor, before or after it. A smoke test stands after
    /// <see cref="WellKnownSteps.Deploy"/>: the new processes are healthy, and no traffic goes there yet.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Unique: a lower-case label; no well-known step's name.</param>
    /// <param name="anchor">One of <see cref="WellKnownSteps"/>.</param>
    /// <param name="after">After the anchor; otherwise before it.</param>
    /// <param name="repeat">What may be done after a crash in the middle.</param>
    /// <param name="timeout">At most this long, and at most a day; null: 10 minutes.</param>
    public static IFlowBuilder AddRunStep<TStep>(this IFlowBuilder builder, string name, string anchor, bool after = true, StepRepeat repeat = StepRepeat.Idempotent, TimeSpan? timeout = null)
        where TStep : class, IRunStep
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(new HostStep(name, anchor, after, repeat, timeout ?? TimeSpan.FromMinutes(10)));
        return builder.AddProvider<IRunStep, TStep>(name);
    }

    /// <summary>Registers a status reporter under a name; it is told how every run stands.</summary>
    public static IFlowBuilder AddStatusReporter<TReporter>(this IFlowBuilder builder, string name) where TReporter : class, IStatusReporter => builder.AddProvider<IStatusReporter, TReporter>(name);

    /// <summary>Registers a host's own add-on provisioner.</summary>
    public static IFlowBuilder AddAddOn<TProvisioner>(this IFlowBuilder builder, string name) where TProvisioner : class, AddOns.IAddOnProvisioner =>
        builder.AddProvider<AddOns.IAddOnProvisioner, TProvisioner>(name);

    /// <summary>Adds the engine's health check, tagged <c>ready</c>.</summary>
    public static IHealthChecksBuilder AddFlow(this IHealthChecksBuilder checks, string name = "flow")
    {
        ArgumentNullException.ThrowIfNull(checks);
        return checks.Add(new(name, s => ActivatorUtilities.CreateInstance<FlowHealthCheck>(s), null, ["ready"]));
    }

    private static void AddStreamKind<TState, TInput, TEvent, TEffects>(this IServiceCollection services, string name, Decider<TState, TInput, TEvent> decider)
        where TState : class where TInput : Input where TEvent : Event where TEffects : class, IEffectPerformer<TState>
    {
        services.AddSingleton<TEffects>();
        services.AddSingleton<IStreamKind>(s => new StreamKind<TState, TInput, TEvent>(name, decider, s.GetRequiredService<TEffects>()));
    }
}

internal sealed class FlowBuilder(IServiceCollection services) : IFlowBuilder
{
    public IServiceCollection Services => services;
}
