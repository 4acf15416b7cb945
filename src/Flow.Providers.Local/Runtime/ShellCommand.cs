namespace Flow.Providers.Local.Runtime;

/// <summary>The only place where a user's own line meets a shell. Nothing is ever put into it: values come by environment.</summary>
internal static class ShellCommand
{
    public static IReadOnlyList<string> Arguments(string line) => ["/bin/sh", "-c", line];
}
