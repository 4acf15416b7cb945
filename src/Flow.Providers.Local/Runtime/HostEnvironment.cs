namespace Flow.Providers.Local.Runtime;

/// <summary>What apps and commands may see of the host's environment: a short list of names, never the rest.</summary>
internal static class HostEnvironment
{
    private static readonly string[] Always = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "DOTNET_ROOT"];

    public static Dictionary<string, string> Of(LocalOptions options)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (var name in Always.Concat(options.InheritedVariables))
            if (Environment.GetEnvironmentVariable(name) is { } value) variables[name] = value;
        return variables;
    }
}
