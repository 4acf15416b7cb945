using System.Collections.Concurrent;
using Flow.Builds;
using Flow.Providers.Local;
using Flow.Providers.Local.Artifacts;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Reliability.Tests.Models.Artifacts;

/// <summary>The real artifact store in a directory of its own; what is wrong in the tests that must fail is wrong here.</summary>
internal class ArtifactsUnderTest : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("flow-model-artifacts-");
    private readonly FakeTimeProvider clock = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private int sources;

    public ArtifactsUnderTest() => Store = Start();

    public ConcurrentDictionary<int, string> Answers { get; } = new();
    protected LocalArtifactStore Store { get; private set; }

    /// <summary>The same for the same content, for ever.</summary>
    private static readonly ConcurrentDictionary<int, ArtifactDigest> Digests = new();

    public void Do(ArtifactCall call) => Answers[call.Id] = AnswerAsync(call).GetAwaiter().GetResult();

    private async Task<string> AnswerAsync(ArtifactCall call)
    {
        switch (call)
        {
            case Puts puts:
                var source = Source(puts.Content);
                var digest = await PutAsync(puts.Content, source);
                if (Digests.GetOrAdd(puts.Content, digest) != digest) return "another digest for the same content";
                if (Digests.Any(d => d.Key != puts.Content && d.Value == digest)) return "the same digest for another content";
                return Directory.Exists(source) ? "left behind" : "taken over";
            case OpensArtifact opens:
                try { return Verdict(opens.Content, await OpenAsync(opens.Content)); }
                catch (FlowException trouble) { return trouble.Code; }
            case DeletesArtifact deletes:
                await DeleteAsync(deletes.Content);
                return "";
            case Damages damages:
                if (Directory.Exists(PathOf(damages.Content))) await File.AppendAllTextAsync(Path.Combine(PathOf(damages.Content), "files", "app"), "x");
                return "";
            case DiesInPut dies:
                DieInPut(Source(dies.Content), dies.So);
                return "";
            case DiesInDelete dies:
                if (Directory.Exists(PathOf(dies.Content))) Age(Move(PathOf(dies.Content), $"{PathOf(dies.Content)}.removed-{Guid.NewGuid():N}"));
                Store = Start();
                return "";
            case ListsArtifacts: return string.Join(' ', Store.List().Select(a => (Content: ContentOf(a.Digest), a.Age)).OrderBy(a => a.Content).Select(a => $"{a.Content}:{a.Age.TotalHours:0}h"));
            case PrunesArtifacts prunes:
                var removed = await Store.PruneAsync(new HashSet<ArtifactDigest> { DigestOf(prunes.Keep) }, TimeSpan.FromHours(prunes.Hours), default);
                return Litter().FirstOrDefault(d => clock.GetUtcNow().UtcDateTime - d.LastWriteTimeUtc > TimeSpan.FromHours(prunes.Hours)) is { } litter ? $"left {litter.Name}" : $"{removed}";
            case HoursPass passes:
                clock.Advance(TimeSpan.FromHours(passes.Hours));
                return "";
            default:
                Store = Start();
                return "";
        }
    }

    protected virtual async Task<ArtifactDigest> PutAsync(int content, string source) => (await Store.PutAsync(source, default)).Digest;
    protected virtual async Task<string> OpenAsync(int content) => await Store.OpenAsync(DigestOf(content), default);
    protected virtual async Task DeleteAsync(int content) => await Store.DeleteAsync(DigestOf(content), default);

    protected string PathOf(int content) => Path.Combine(home.FullName, "artifacts", "sha256", DigestOf(content).ToString()["sha256:".Length..]);

    protected static ArtifactDigest DigestOf(int content) => Digests.GetOrAdd(content, _ =>
    {
        var directory = Directory.CreateTempSubdirectory("flow-model-artifact-");
        try { return ArtifactManifest.ReadAsync(Write(directory.FullName, content), default).GetAwaiter().GetResult().Digest; }
        finally { directory.Delete(recursive: true); }
    });

    public void Dispose() => home.Delete(recursive: true);

    private LocalArtifactStore Start() => new(Options.Create(new LocalOptions { DataDirectory = home.FullName }), clock);

    private static int ContentOf(ArtifactDigest digest) => Enumerable.Range(0, ArtifactCalls.Contents).First(c => DigestOf(c) == digest);

    private string Source(int content) => Write(Path.Combine(home.FullName, $"source-{Interlocked.Increment(ref sources)}"), content);

    /// <summary>Contents differ in a file, a mode, a link; two have the same size.</summary>
    private static string Write(string directory, int content)
    {
        Directory.CreateDirectory(Path.Combine(directory, "bin"));
        File.WriteAllText(Path.Combine(directory, "app"), content == 0 ? "zero" : "more");
        File.WriteAllText(Path.Combine(directory, "bin", "tool"), "tool");
        if (content == 2 && !OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(directory, "bin", "tool"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (content == 3) File.CreateSymbolicLink(Path.Combine(directory, "link"), "bin/tool");
        return directory;
    }

    /// <summary>What is opened is whole; while it is read, somebody may delete it.</summary>
    private static string Verdict(int content, string directory)
    {
        try { return File.ReadAllText(Path.Combine(directory, "app")) == (content == 0 ? "zero" : "more") ? "good" : "wrong content"; }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException) { return "good"; }
    }

    private void DieInPut(string source, int so)
    {
        var staging = Path.Combine(home.FullName, "artifacts", "staging", Guid.NewGuid().ToString("N"));
        if (so > 0)
        {
            Directory.CreateDirectory(staging);
            Directory.Move(source, Path.Combine(staging, "files"));
            if (so > 1) File.WriteAllText(Path.Combine(staging, so == 2 ? "manifest.1.draft" : "manifest"), "100644");
            Age(staging);
        }
        Store = Start();
    }

    private void Age(string directory) => Directory.SetLastWriteTimeUtc(directory, clock.GetUtcNow().UtcDateTime);

    private static string Move(string from, string to)
    {
        Directory.Move(from, to);
        return to;
    }

    private IEnumerable<DirectoryInfo> Litter() => new[] { "sha256", "staging" }.Select(d => new DirectoryInfo(Path.Combine(home.FullName, "artifacts", d))).Where(d => d.Exists)
        .SelectMany(d => d.EnumerateDirectories()).Where(d => d.Name.Length != 64);
}

/// <summary>Opens without looking.</summary>
internal sealed class NeverVerifies : ArtifactsUnderTest
{
    protected override async Task<string> OpenAsync(int content) => Directory.Exists(PathOf(content)) ? Path.Combine(PathOf(content), "files") : await base.OpenAsync(content);
}

/// <summary>Says that it has deleted.</summary>
internal sealed class DeletesNothing : ArtifactsUnderTest
{
    protected override Task DeleteAsync(int content) => Task.CompletedTask;
}

/// <summary>What is there is good enough.</summary>
internal sealed class HealsNothing : ArtifactsUnderTest
{
    protected override async Task<ArtifactDigest> PutAsync(int content, string source)
    {
        if (!Directory.Exists(PathOf(content))) return await base.PutAsync(content, source);
        Directory.Delete(source, recursive: true);
        return DigestOf(content);
    }
}

/// <summary>Right for one caller at a time: whoever opens in between finds nothing.</summary>
internal sealed class PutsAnew : ArtifactsUnderTest
{
    protected override async Task<ArtifactDigest> PutAsync(int content, string source)
    {
        await DeleteAsync(content);
        // Long enough that somebody does open in between, also when the others hardly get their turn.
        await Task.Delay(2);
        return await base.PutAsync(content, source);
    }
}
