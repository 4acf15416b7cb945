using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Flow.Providers.Local.Files;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Builds;

/// <summary>Where builds and their caches are on disk: <c>builds/ID/</c>, <c>builds/ID.json</c> and <c>cache/KEY/</c>.</summary>
internal sealed partial class BuildWorkspaces(IOptions<LocalOptions> options, TimeProvider time)
{
    public BuildWorkspace Of(string buildId, string cacheKey) => new(DirectoryOf(buildId), DataDirectory.Path(options.Value, "cache", CacheName(cacheKey)));

    public string DirectoryOf(string buildId) => Id().IsMatch(buildId)
        ? DataDirectory.Path(options.Value, "builds", buildId)
        : throw new ArgumentException($"'{HostileText.Shown(buildId)}' is no build id: 1 to 128 letters, digits and dashes.", nameof(buildId));

    public string RecordOf(string buildId) => DirectoryOf(buildId) + ".json";

    /// <summary>An empty directory for the build, and its cache.</summary>
    public void Prepare(BuildWorkspace workspace)
    {
        DataDirectory.Create(options.Value, "builds");
        DataDirectory.Remove(workspace.Root);
        DataDirectory.CreatePrivate(workspace.Root);
        Directory.CreateDirectory(workspace.Source);
        DataDirectory.CreatePrivate(workspace.Cache);
        Directory.SetLastWriteTimeUtc(workspace.Cache, time.GetUtcNow().UtcDateTime);
    }

    /// <summary>Ids of builds that have a directory.</summary>
    public IReadOnlyList<string> Unfinished() => [.. Entries("builds").OfType<DirectoryInfo>().Select(d => d.Name).Where(n => Id().IsMatch(n))];

    /// <summary>Removes old records, and caches that no build used for so long.</summary>
    public void Prune(TimeSpan olderThan)
    {
        foreach (var record in Entries("builds").OfType<FileInfo>().Where(IsOld)) record.Delete();
        foreach (var litter in Entries("builds").OfType<DirectoryInfo>().Where(d => !Id().IsMatch(d.Name) && IsOld(d))) DirectoryTree.Delete(litter.FullName);
        if (Unfinished().Count > 0) return;
        foreach (var cache in Entries("cache").OfType<DirectoryInfo>().Where(IsOld)) DataDirectory.Remove(cache.FullName);

        bool IsOld(FileSystemInfo entry) => time.GetUtcNow().UtcDateTime - entry.LastWriteTimeUtc > olderThan;
    }

    private FileSystemInfo[] Entries(string folder)
    {
        var directory = new DirectoryInfo(DataDirectory.Path(options.Value, folder));
        return directory.Exists ? directory.GetFileSystemInfos() : [];
    }

    private static string CacheName(string key) => Plain().IsMatch(key) ? key : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..32];

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
