using Flow.AddOns.Pools;
using Flow.Engine;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Routing;
using Flow.Runs;
using Flow.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Flow.DependencyInjection;

/// <summary>Stops the host at start-up when something is missing, doubled or misspelt: all errors at once, each with its fix.</summary>
internal sealed class StartupValidator(IServiceProvider services, IEnumerable<ProviderDescriptor> providers, IEnumerable<HostStep> steps) : IHostedService
{
    private static readonly string[] Anchors =
        [WellKnownSteps.Fetch, WellKnownSteps.Build, WellKnownSteps.Provision, WellKnownSteps.Release, WellKnownSteps.Deploy, WellKnownSteps.Switch, WellKnownSteps.Retire];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        List<string> errors = [];
        var available = services.GetRequiredService<IServiceProviderIsService>();
        if (!available.IsService(typeof(IFlowStore))) errors.Add("Flow has no store: add .UseSqlite(\"flow.db\") to AddFlow(...).");
        if (!available.IsService(typeof(IRouter))) errors.Add("Flow has no router: add .UseYarpRouter() to AddFlow(...).");
        if (!available.IsService(typeof(ILogStore))) errors.Add("Flow has no log store: add .AddLocalRuntime(), or register an ILogStore.");
        foreach (var twice in providers.GroupBy(p => p).Where(g => g.Count() > 1)) errors.Add($"There are {twice.Count()} registrations of {twice.Key.Contract.Name} named '{twice.Key.Name}': give each a name of its own.");
        foreach (var step in steps)
        {
            if (!AppName.TryParse(step.Name, null, out _) || Anchors.Contains(step.Name)) errors.Add($"'{step.Name}' is no name for a run step: a lower-case label that is no well-known step.");
            if (!Anchors.Contains(step.Anchor)) errors.Add($"Run step '{step.Name}': there is no step '{step.Anchor}' to stand beside; choose one of {string.Join(", ", Anchors)}.");
            if (step.Timeout <= TimeSpan.Zero || step.Timeout > PipelineValidator.LongestTimeout) errors.Add($"Run step '{step.Name}': its timeout must be more than 0 and at most a day.");
        }
        IReadOnlyList<PipelineDefinition> read = [];
        if (services.GetService<ConfiguredPipelines>() is { } configured) errors.AddRange(configured.Read(out read));
        List<PipelineDefinition> pipelines = [.. services.GetServices<PipelineDefinition>(), .. read];
        errors.AddRange(pipelines.SelectMany(p => PipelineValidator.Validate(p, providers)).Concat(PipelineValidator.ValidateTogether(pipelines)).Distinct());
        if (services.GetService<ConfiguredPools>() is { } pools) errors.AddRange(pools.Read(out _));
        var declared = services.GetRequiredService<PoolDeclarations>().All;
        errors.AddRange(declared.SelectMany(p => PoolValidator.Validate(p, providers, name => new Runs.Steps.Providers(services).Get<AddOns.IAddOnProvisioner>(name))).Distinct());
        foreach (var twice in declared.GroupBy(p => p.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)) errors.Add($"Flow:Pools:{twice.Key}: is declared {twice.Count()} times, in configuration or in code: declare it once.");
        return errors.Count == 0 ? Task.CompletedTask : throw new OptionsValidationException("Flow", typeof(FlowOptions), errors);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>
/// Made only after start-up has been validated, so that a missing store is told by its fix and not by a constructor. What ends a background service before its
/// time is seen by the host, which stops.
/// </summary>
internal sealed class Lazily<TService>(IServiceProvider services) : BackgroundService where TService : class, IHostedService
{
    private TService? service;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        service = services.GetRequiredService<TService>();
        await service.StartAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (service is not null) await service.StopAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => service is BackgroundService { ExecuteTask: { } running } ? running : Task.CompletedTask;
}

internal sealed class FlowOptionsValidator : IValidateOptions<FlowOptions>
{
    public ValidateOptionsResult Validate(string? name, FlowOptions options)
    {
        List<string> errors = [];
        if (options.MaxActiveStreams is < 1 or > 10_000) errors.Add("Flow:MaxActiveStreams must be between 1 and 10,000.");
        if (options.MaxConcurrentBuilds is < 1 or > 1_000) errors.Add("Flow:MaxConcurrentBuilds must be between 1 and 1,000.");
        if (options.Retention < TimeSpan.FromHours(1)) errors.Add("Flow:Retention must be at least an hour.");
        if (options.InspectInterval < TimeSpan.FromSeconds(5) || options.InspectInterval > TimeSpan.FromDays(1)) errors.Add("Flow:InspectInterval must be between 5 seconds and a day.");
        if (options.ReleasesKept is < 2 or > 1_000) errors.Add("Flow:ReleasesKept must be between 2 and 1,000.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
