using System.Globalization;
using Flow.Runtimes;

namespace Flow.Providers.Local.Runtime;

/// <summary>The n-th process of a type of a deployment; its id at the supervisor is <c>run.APP.GENERATION.RELEASE.TYPE.N</c>.</summary>
internal readonly record struct ProcessName(DeploymentId Deployment, string Type, int Index)
{
    /// <summary>Begins the ids of all deployments.</summary>
    public const string Prefix = "run.";

    public static string PrefixOf(DeploymentId deployment) => $"{Prefix}{deployment}.";

    /// <summary>As the app and people know it: <c>web.1</c>.</summary>
    public string Short => string.Create(CultureInfo.InvariantCulture, $"{Type}.{Index}");

    public override string ToString() => $"{PrefixOf(Deployment)}{Short}";

    public static ProcessName? Parse(string id)
    {
        var parts = id.Split('.');
        return parts.Length == 6 && parts[0] == "run" && DeploymentId.TryParse(string.Join('.', parts[1..4]), null, out var deployment)
            && int.TryParse(parts[5], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? new(deployment, parts[4], index) : null;
    }
}
