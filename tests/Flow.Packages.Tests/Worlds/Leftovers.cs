using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Flow.Packages.Tests.Worlds;

/// <summary>Processes that were started for a directory or work in it: it is in their command line, in their environment, or where they are.</summary>
internal static class Leftovers
{
    public static IReadOnlyList<string> Of(string directory) => [.. Find(directory).Select(pid => $"{pid} {Text(pid, "cmdline").Replace('\0', ' ')}")];

    public static void Kill(string directory)
    {
        foreach (var pid in Find(directory))
        {
            try
            {
                using var left = Process.GetProcessById(pid);
                left.Kill();
            }
            // Gone meanwhile.
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception) { }
        }
    }

    private static List<int> Find(string directory) => [.. Directory.GetDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0)
        .Where(pid => pid > 0 && pid != Environment.ProcessId && (Text(pid, "cmdline") + Text(pid, "environ") + WorkingDirectory(pid)).Contains(directory, StringComparison.Ordinal))];

    private static string Text(int pid, string file) => Ask(() => Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/{file}")));

    private static string WorkingDirectory(int pid) => Ask(() => Directory.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName ?? "");

    private static string Ask(Func<string> question)
    {
        try { return question(); }
        // Gone meanwhile, or somebody else's.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
