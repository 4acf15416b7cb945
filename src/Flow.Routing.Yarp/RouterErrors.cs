namespace Flow.Routing.Yarp;

/// <summary>Codes of <see cref="FlowException"/>.</summary>
internal static class RouterErrors
{
    public const string PortUnavailable = "router-port-unavailable";
    public const string Unreachable = "router-unreachable";
    public const string StartFailed = "router-start-failed";
}
