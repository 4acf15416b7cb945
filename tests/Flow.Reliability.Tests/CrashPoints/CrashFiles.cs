namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>Where the files of all cases are: in memory where there is room, because what is proven is not the disk.</summary>
internal static class CrashFiles
{
    private const string Memory = "/dev/shm";
    private const long BytesOfACase = 32 << 20;

    /// <summary>Named after the test run, so that test.sh finds it even when this program is killed.</summary>
    public static string DirectoryOfThisRun()
    {
        var name = $"flow-crash-{Environment.GetEnvironmentVariable("FLOW_TEST_RUN") ?? "alone"}-{Environment.ProcessId}";
        var directory = TryCreate(Path.Combine(Memory, name)) ?? Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), name)).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        };
        return directory;
    }

    private static string? TryCreate(string directory)
    {
        try
        {
            if (!Directory.Exists(Memory) || new DriveInfo(Memory).AvailableFreeSpace < Enumeration.Workers * BytesOfACase) return null;
            return Directory.CreateDirectory(directory).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
