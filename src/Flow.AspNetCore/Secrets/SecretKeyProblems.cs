using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Flow.AspNetCore.Secrets;

/// <summary>What stands against keeping secrets with these keys outside Development, each with its fix.</summary>
internal static class SecretKeyProblems
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <param name="keys">The keys.</param>
    /// <param name="served">The directory whose files the host gives to everybody; null: none.</param>
    public static IEnumerable<string> Of(SecretKeyRing keys, string? served)
    {
        if (keys.Provider is EphemeralDataProtectionProvider)
        {
            yield return "The keys of Flow's secrets would be gone at the next start (an ephemeral provider): take it out of ConfigureKeys of UseDataProtection(...).";
            yield break;
        }
        var management = keys.Management;
        if (management.XmlRepository is null)
        {
            yield return "ConfigureKeys of UseDataProtection(...) leaves the keys of Flow's secrets without a place (XmlRepository is null): ASP.NET would choose one, which may be this process's memory. Name one, or leave the directory.";
            yield break;
        }
        // ConfigureKeys may have named another place.
        var directory = (management.XmlRepository as FileSystemXmlRepository)?.Directory.FullName;
        if (management.XmlEncryptor is null or NullXmlEncryptor && !keys.Options.AllowUnencryptedKeys)
            yield return $"The keys of Flow's secrets would lie unencrypted in {(directory is null ? management.XmlRepository.GetType().Name : $"'{directory}'")}. Encrypt them: "
                + "UseDataProtection(\"...\", o => o.ConfigureKeys = k => k.ProtectKeysWithCertificate(certificate)); or say with o.AllowUnencryptedKeys = true that the place is protected otherwise.";
        if (directory is null) yield break;
        if (served is not null && (Within(served, directory) || Within(Real(served), Real(directory))))
            yield return $"The keys of Flow's secrets lie in '{directory}', inside '{served}', whose files this host serves to everybody: give UseDataProtection(...) a directory elsewhere.";
        if (!Directory.Exists(directory)) yield break;
        if (IsOpen(directory))
            yield return $"Every user of this machine can look into '{directory}', which holds the keys of Flow's secrets: chmod 700 '{directory}'.";
        // Made before the directory was closed, or restored from a backup: whoever opens it again opens them too.
        else if (Directory.EnumerateFiles(directory, "*.xml").FirstOrDefault(IsOpen) is { } open)
            yield return $"'{open}', a key of Flow's secrets, is open to every user of this machine: chmod 600 '{directory}'/*.xml.";
    }

    private static bool IsOpen(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0;

    private static bool Within(string outer, string inner) =>
        Path.GetRelativePath(outer, inner) is var way && way != ".." && !way.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(way);

    /// <summary>Without links, at any place of the path.</summary>
    private static string Real(string directory)
    {
        var real = Path.GetPathRoot(directory)!;
        foreach (var part in directory[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (Directory.Exists(real) && Directory.ResolveLinkTarget(real, returnFinalTarget: false) is { } target) real = Real(target.FullName);
        }
        return real;
    }
}
