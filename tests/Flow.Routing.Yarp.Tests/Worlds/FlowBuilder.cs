using Flow.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;

namespace Flow.Routing.Yarp.Tests.Worlds;

internal sealed record FlowBuilder(IServiceCollection Services) : IFlowBuilder;
