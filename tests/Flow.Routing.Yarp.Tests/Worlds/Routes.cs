using Flow.Runtimes;

namespace Flow.Routing.Yarp.Tests.Worlds;

internal static class Routes
{
    public static readonly AppName Shop = AppName.Parse("shop");

    /// <summary>As in <c>shop.1.7</c>.</summary>
    public static Route Of(string deployment, params Uri[] targets) => new(DeploymentId.Parse(deployment), targets);
}
