using System.Diagnostics;

namespace Flow.Storage.Sqlite.Tests;

/// <summary>A file system of 2 MB that is really full when it is full. Needs root, to mount it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("flow-small-disk-");

    private SmallDisk() { }

    public string Path => folder.FullName;

    /// <summary>Skips the test where nobody may mount, but not in CI: there nothing may be left out.</summary>
    public static async Task<SmallDisk> MountAsync()
    {
        var disk = new SmallDisk();
        var error = OperatingSystem.IsLinux() ? await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "flow-small-disk", disk.Path) : "Only Linux has tmpfs.";
        if (error is null) return disk;
        disk.folder.Delete();
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"A disk of 2 MB cannot be mounted: {error}");
        Assert.Skip($"A disk of 2 MB cannot be mounted: {error}");
        throw new UnreachableException();
    }

    /// <summary>Takes all that is left, down to so many bytes.</summary>
    public void Fill(int leave = 0)
    {
        using var file = new FileStream(System.IO.Path.Combine(Path, "filler"), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[65_536, 4_096, 512, 1])
        {
            try
            {
                while (true) file.Write(new byte[size]);
            }
            catch (IOException) { }
        }
        file.SetLength(Math.Max(0, file.Length - leave));
    }

    public void MakeRoom() => File.Delete(System.IO.Path.Combine(Path, "filler"));

    public void Dispose()
    {
        using var unmount = Start("umount", "-l", Path);
        unmount.WaitForExit();
        folder.Delete(recursive: true);
    }

    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Start(program, arguments);
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception e) { return e.Message; }
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
