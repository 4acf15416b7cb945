namespace Flow.Providers.Local.Files;

/// <summary>The few variables of the host that a child process may see: everything else (its secrets) stays with it.</summary>
internal static class HostEnvironment
{
    private static readonly string[] Always = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "DOTNET_ROOT"];

    public static Dictionary<string, string> Read(LocalOptions options, params ReadOnlySpan<string> more)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])[.. Always, .. options.InheritedVariables, .. more])
        {
            if (Environment.GetEnvironmentVariable(name) is { } value) variables[name] = value;
        }
        return variables;
    }
}
