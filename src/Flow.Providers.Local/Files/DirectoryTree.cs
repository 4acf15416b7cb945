using System.Diagnostics;

namespace Flow.Providers.Local.Files;

/// <summary>Removes directories that builds and apps have written into.</summary>
internal static class DirectoryTree
{
    /// <summary>Missing is success. .NET cannot name a file whose name is no UTF-8, nor what lies behind a path that is too long: the system's own tool can.</summary>
    public static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException) when (!Directory.Exists(path))
        {
            // That is what was wanted.
        }
        catch (IOException) when (!OperatingSystem.IsWindows() && DeletedByTool(path))
        {
            // So it is gone.
        }
    }

    private static bool DeletedByTool(string path)
    {
        using var rm = Process.Start(new ProcessStartInfo("/bin/rm", ["-rf", "--", Path.GetFullPath(path)]) { RedirectStandardError = true });
        _ = rm!.StandardError.ReadToEnd();
        rm.WaitForExit();
        return !Directory.Exists(path);
    }
}
