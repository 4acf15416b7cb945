using System.Runtime.InteropServices;

namespace Flow.Providers.Local.Builds.DotNet;

/// <summary>Which .NET SDKs a build would find, read from the disk: cheap enough for every look.</summary>
internal static class DotNetSdks
{
    public static string Installed()
    {
        var sdks = Roots().Select(root => Path.Combine(root, "sdk")).FirstOrDefault(Directory.Exists);
        if (sdks is null) return "none";
        return string.Join('+', Directory.GetDirectories(sdks).Select(d => Path.GetFileName(d)).Where(n => char.IsAsciiDigit(n[0])).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Roots()
    {
        // The first dotnet of the PATH is what the build starts; DOTNET_ROOT is only for programs that look for a runtime.
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var program = new FileInfo(Path.Combine(folder, "dotnet"));
            if (program.Exists && Path.GetDirectoryName(program.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program.FullName) is { } root) yield return root;
        }
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } set) yield return set;
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
    }
}
