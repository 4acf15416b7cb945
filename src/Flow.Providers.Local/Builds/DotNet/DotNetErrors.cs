using System.Text.RegularExpressions;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Builds.DotNet;

/// <summary>From what a failed <c>dotnet publish</c> printed to what a person wants to read first.</summary>
internal static partial class DotNetErrors
{
    private const int Most = 3;
    private const int LongestLine = 4_000;

    public static Failure Explain(string output, string source, int exitCode)
    {
        if (output.Contains("A compatible .NET SDK was not found", StringComparison.Ordinal) || output.Contains("No .NET SDKs were found", StringComparison.Ordinal))
        {
            var wanted = WantedSdk().Match(output);
            return new("sdk-missing", wanted.Success
                ? $"global.json asks for the .NET SDK {HostileText.Shown(wanted.Groups[1].Value.Trim())}, which this machine does not have; it has {DotNetSdks.Installed()}. Install it, or set a version or \"rollForward\" in global.json that one of these satisfies."
                : $"There is no .NET SDK that builds this; this machine has: {DotNetSdks.Installed()}. Install one.");
        }

        var errors = Errors(output, source);
        if (errors.Count == 0)
        {
            var last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3);
            return new("build-failed", $"'dotnet publish' ended with exit code {exitCode}: {HostileText.Shown(string.Join(" | ", last), 500)}. The build's log has everything.");
        }
        // The feed could not be reached: nothing that the code can help.
        var transient = errors.All(e => e.Contains("error NU1301:", StringComparison.Ordinal));
        var more = errors.Count > Most ? $"\n... and {errors.Count - Most} more; the build's log has them all." : "";
        return new(transient ? "packages-unreachable" : "build-failed", $"The build failed:\n{string.Join('\n', errors.Take(Most))}{more}", transient);
    }

    private static List<string> Errors(string output, string source)
    {
        var prefix = source.EndsWith('/') ? source : source + "/";
        return [.. output.Split('\n')
            .Select(line => Error.Match((line.Length > LongestLine ? line[..LongestLine] : line).TrimEnd()))
            .Where(m => m.Success)
            .Select(m => HostileText.Shown($"{m.Groups["place"].Value.Trim().Replace(prefix, "", StringComparison.Ordinal)}: {m.Groups["error"].Value.Replace(prefix, "", StringComparison.Ordinal)}", 400))
            .Distinct(StringComparer.Ordinal)];
    }

    // src/Shop/Program.cs(3,5): error CS1002: ; expected [/path/Shop.csproj]   or   /path/Shop.csproj : error NU1101: ...
    // Linear in the line, whatever a build prints.
    private static readonly Regex Error = new(@"^\s*(\d+(:\d+)?>)?(?<place>\S.*?)\s*: (?<error>error [A-Z]+\d+: .*?)( \[[^\]]*\])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    [GeneratedRegex(@"Requested SDK version: ([^\n]+)", RegexOptions.CultureInvariant)]
    private static partial Regex WantedSdk();
}
