using Microsoft.Extensions.DependencyInjection;

namespace Flow.DependencyInjection;

/// <summary>What <c>AddFlow</c> returns: adapters hang their <c>AddX</c>/<c>UseX</c> extensions on it.</summary>
public interface IFlowBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}

/// <summary>A named provider that was registered. Names are lower-case; two of one contract under one name stop the host at start-up.</summary>
/// <param name="Contract">Such as <c>typeof(IRuntime)</c>.</param>
/// <param name="Name">By which pipelines refer to it.</param>
public sealed record ProviderDescriptor(Type Contract, string Name);

/// <summary>For authors of adapters.</summary>
public static class FlowBuilderProviderExtensions
{
    /// <summary>Registers a provider under a name as a keyed singleton, with the descriptor that start-up validation reads.</summary>
    public static IFlowBuilder AddProvider<TContract, TProvider>(this IFlowBuilder builder, string name)
        where TContract : class where TProvider : class, TContract
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        name = name.ToLowerInvariant();
        builder.Services.AddKeyedSingleton<TContract, TProvider>(name);
        builder.Services.AddSingleton(new ProviderDescriptor(typeof(TContract), name));
        return builder;
    }

    /// <inheritdoc cref="AddProvider{TContract, TProvider}(IFlowBuilder, string)"/>
    public static IFlowBuilder AddProvider<TContract>(this IFlowBuilder builder, string name, Func<IServiceProvider, TContract> create)
        where TContract : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        name = name.ToLowerInvariant();
        builder.Services.AddKeyedSingleton<TContract>(name, (services, _) => create(services));
        builder.Services.AddSingleton(new ProviderDescriptor(typeof(TContract), name));
        return builder;
    }
}
