using System.Text;
using Flow.Builds;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Builds;
using Flow.Providers.Local.Builds.DotNet;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Runtime;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private static IEnumerable<FuzzedParser> OfBuilds =>
    [
        new(".NET projects of a tree", ["Shop.sln\nsrc/Shop.csproj", "a.csproj", "app.cs\nREADME.md", "src/x/Y.fsproj"], text =>
        {
            var (target, detection) = DotNetTarget.Find(text.Split('\n'));
            Must(target is not null == detection.Mine, "one of the two");
            Must(detection.Reason.Length is > 0 and < 1_500 && !detection.Reason.Any(char.IsControl), "a reason for people");
            if (target is not null) Must(!target.File.Contains('/'), "a file at the top");
        }) { PerByte = 200 },
        new("buildpacks of the code", ["heroku/dotnet\nhttps://github.com/heroku/heroku-buildpack-dotnet.git#main\nurn:cnb:registry:heroku/dotnet@1.0", "heroku/ruby", "container"], text =>
        {
            var lines = text.Split('\n');
            var problem = Buildpacks.ProblemOf("local", [new DotNetLanguagePack()], lines, lines[0]);
            Must(problem is null or { Length: > 0 and < 2_000 } && problem?.Any(char.IsControl) != true, "a sentence for people");
        }) { PerByte = 400 },
        new("note of an executable", ["assembly=Shop\nweb=true\nselfContained=false", "assembly=a b\nassembly=c", "x"], text =>
        {
            if (DotNetExecutable.Parse(text.Split('\n')) is not { } executable) return;
            Must(executable.Assembly is { Length: > 0 and <= 200 } and not ("." or "..") && !executable.Assembly.Contains('/') && !executable.Assembly.Any(char.IsControl), "a file name");
            var command = executable.Command("/nowhere", "bin");
            Must(!command.Contains('\n') && command.Length < 1_200, "one line");
            foreach (var (type, _) in DotNetExecutable.Name([executable, executable with { Assembly = executable.Assembly + "2" }]))
                Must(type.Length is > 0 and <= 63 && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), "a process type");
        }) { PerByte = 200 },
        new("errors of a build", ["/src/Program.cs(3,5): error CS1002: ; expected [/src/Shop.csproj]\nBuild FAILED.", "A compatible .NET SDK was not found.\nRequested SDK version: 12.0.100\n", "x : error NU1301: y"], text =>
        {
            var failure = DotNetErrors.Explain(text, "/src", 1);
            Must(failure.Message.Length is > 0 and < 2_500 && !failure.Message.Any(c => char.IsControl(c) && c != '\n'), "a message for people");
        }) { PerByte = 400, Cases = 3_000 },
        new("manifest of an artifact", [$"100644 {new string('c', 64)} 12 bin/Shop.dll\0120000 {new string('d', 64)} 3 link\0"], bytes =>
            _ = ArtifactManifest.FirstDifference(bytes, Encoding.UTF8.GetBytes($"100644 {new string('e', 64)} 12 bin/Shop.dll\0"))) { PerByte = 300 },
        new("files of an artifact", ["bin/Shop.dll=x\nlink->bin/Shop.dll\nProcfile=web: x", "a/b/c=\nd->a/b"], text => Artifact(text)) { Cases = 200, Fixed = 4 * 1024 * 1024, PerByte = 400 },
        new("description of an artifact", ["""{"Digest":"sha256:DIGEST","Builder":"local","ProcessTypes":{"web":"./x"},"Trust":"Trusted","Size":3,"Provenance":{"Repository":"/x","Commit":"SHA","TreeId":"t","BuilderVersion":"1","BuiltAt":"2026-11-24T00:00:00+00:00"}}"""
            .Replace("DIGEST", new('b', 64), StringComparison.Ordinal).Replace("SHA", Sha, StringComparison.Ordinal)], bytes => InFile(bytes, path => _ = JsonFile.ReadAsync<Artifact>(path, default).GetAwaiter().GetResult())) { Cases = 500 },
        new("plan of a build", ["""{"Pack":"dotnet","Version":"1","Started":"2026-11-24T00:00:00+00:00","Steps":[{"Arguments":["dotnet","publish"],"Variables":{"A":"b"}}]}"""],
            bytes => InFile(bytes, path => _ = BuildPlan.LoadAsync(path, default).GetAwaiter().GetResult())) { Cases = 500 },
        new("record of a build", ["""{"Failure":{"Code":"build-failed","Message":"x","Transient":false}}""", "{}"],
            bytes => InFile(bytes, path => _ = BuildRecord.LoadAsync(path, default).GetAwaiter().GetResult())) { Cases = 500 },
        new("environment of a command", ["PATH=/usr/bin\nA=b", "=x", "A=1\nLD_PRELOAD=/tmp/x.so"], text =>
        {
            var variables = text.Split('\n').Select(l => l.Split('=', 2)).Where(l => l.Length == 2).GroupBy(l => l[0]).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);
            var refused = DeploymentRules.CheckEnvironment(variables);
            Must(refused is not null || variables.All(v => v.Key.Length > 0 && !v.Key.Contains('\0') && !v.Value.Contains('\0')), "no NUL");
            Must(refused is null || refused.Message.Length < 400 && !refused.Message.Any(char.IsControl), "a message for people");
        }) { PerByte = 200 },
        new("last output of an app", ["line one\nline two\n[flow] Exited\n", "\u001b[31mred\u001b[0m\nsecret-value"], text =>
            Must(LastOutput.Of(["secret-value"], text.Length > 2_000 ? text[^2_000..] : text) is { Length: < 900 } shown && !shown.Contains("secret-value", StringComparison.Ordinal) && !shown.Any(c => char.IsControl(c) && c != '\n'), "a message for people")) { Cases = 3_000 },
    ];

    private static void Artifact(string text)
    {
        using var scratch = new Scratch();
        foreach (var line in text.Split('\n').Take(50))
        {
            var link = line.IndexOf("->", StringComparison.Ordinal);
            var cut = link >= 0 ? link : line.IndexOf('=');
            if (cut <= 0 || !GitPaths(line[..cut])) continue;
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(scratch[line[..cut]])!);
                if (link >= 0) File.CreateSymbolicLink(scratch[line[..cut]], line[(cut + 2)..]);
                else File.WriteAllText(scratch[line[..cut]], line[(cut + 1)..]);
            }
            catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
            {
                // This disk has no such names, or has them already.
            }
        }
        var manifest = ArtifactManifest.ReadAsync(scratch.Path, default).GetAwaiter().GetResult();
        Must(manifest.Digest == ArtifactManifest.ReadAsync(scratch.Path, default).GetAwaiter().GetResult().Digest, "the same files, the same digest");
        _ = ArtifactManifest.Fingerprint(scratch.Path);
        // Folders that are links were refused, or lead to something inside.
        Must(Directory.EnumerateFileSystemEntries(scratch.Path, "*", SearchOption.TopDirectoryOnly).All(e => new FileInfo(e).LinkTarget is null or [not '/', ..]), "no absolute link");

        static bool GitPaths(string path) => Providers.Local.Git.GitPaths.IsSafe(path) && Encoding.UTF8.GetByteCount(path) < 200;
    }

    private static void InFile(byte[] bytes, Action<string> read)
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["file"], bytes);
        read(scratch["file"]);
    }
}
