using System.Diagnostics;
using Flow.Builds;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Tests.Files;
using Flow.Sources;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.Artifacts;

public sealed class Keeping_artifacts : IDisposable
{
    private readonly TemporaryDirectory temporary = new();
    private readonly MovableTime time = new();
    private readonly LocalArtifactStore store;

    public Keeping_artifacts() => store = NewStore();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Gives_equal_digests_to_equal_files()
    {
        var first = await PutAsync("a", ("bin/app", "x"), ("Procfile", "web: x"));
        File.SetLastWriteTimeUtc(temporary["seed"], DateTime.UnixEpoch);
        var second = await PutAsync("b", ("Procfile", "web: x"), ("bin/app", "x"));
        var other = await PutAsync("c", ("bin/app", "y"), ("Procfile", "web: x"));

        second.Should().Be(first);
        other.Should().NotBe(first);
        store.List().Should().HaveCount(2);
        Directory.Exists(temporary["b"]).Should().BeFalse("what is put is taken over");
        (await File.ReadAllTextAsync(Path.Combine(await store.OpenAsync(first, default), "bin/app"))).Should().Be("x");
    }

    [Fact]
    public async Task Counts_the_executable_bit()
    {
        var plain = await PutAsync("a", ("app", "x"));
        temporary.Write("b/app", "x");
        File.SetUnixFileMode(temporary["b/app"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        (await store.PutAsync(temporary["b"], default)).Digest.Should().NotBe(plain);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("added")]
    [InlineData("removed")]
    [InlineData("executable")]
    public async Task Never_opens_what_is_not_what_was_built(string how)
    {
        var digest = await PutAsync("a", ("app", "x"), ("lib", "y"));
        var files = await store.OpenAsync(digest, default);
        switch (how)
        {
            case "changed": await File.WriteAllTextAsync(Path.Combine(files, "app"), "z"); break;
            case "added": await File.WriteAllTextAsync(Path.Combine(files, "app2"), "z"); break;
            case "removed": File.Delete(Path.Combine(files, "app")); break;
            default: File.SetUnixFileMode(Path.Combine(files, "app"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); break;
        }

        foreach (var someStore in (LocalArtifactStore[])[store, NewStore()])
        {
            var refused = (await FluentActions.Awaiting(() => someStore.OpenAsync(digest, default).AsTask()).Should().ThrowAsync<FlowException>()).Which;
            (refused.Code, refused.Transient).Should().Be(("artifact-corrupt", false));
            refused.Message.Should().Contain("'app").And.Contain(digest.ToString());
        }
    }

    [Fact]
    public async Task Finds_damage_after_a_restart_even_when_size_and_time_are_the_same()
    {
        var digest = await PutAsync("a", ("app", "x"));
        var file = Path.Combine(await store.OpenAsync(digest, default), "app");
        var modified = File.GetLastWriteTimeUtc(file);
        await File.WriteAllTextAsync(file, "y");
        File.SetLastWriteTimeUtc(file, modified);

        await FluentActions.Awaiting(() => NewStore().OpenAsync(digest, default).AsTask()).Should().ThrowAsync<FlowException>();
    }

    [Fact]
    public async Task Is_healed_by_the_next_build_of_the_same_content()
    {
        var digest = await PutAsync("a", ("app", "x"));
        await File.WriteAllTextAsync(Path.Combine(await store.OpenAsync(digest, default), "app"), "z");

        (await PutAsync("b", ("app", "x"))).Should().Be(digest);

        (await File.ReadAllTextAsync(Path.Combine(await store.OpenAsync(digest, default), "app"))).Should().Be("x");
    }

    [Fact]
    public async Task Takes_the_same_content_from_many_at_once()
    {
        var digests = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PutAsync($"p{i}", ("app", new string('x', 10_000)), ("lib", "y"))));

        digests.Distinct().Should().HaveCount(1);
        await store.OpenAsync(digests[0], default);
        Directory.GetDirectories(temporary["data/artifacts/staging"]).Should().BeEmpty();
    }

    [Fact]
    public async Task Refuses_links_that_leave_it_and_special_files()
    {
        temporary.Create("a");
        File.CreateSymbolicLink(temporary["a/link"], "/etc/passwd");
        await FluentActions.Awaiting(() => store.PutAsync(temporary["a"], default)).Should().ThrowAsync<FlowException>().Where(e => e.Code == "artifact-unsafe");

        temporary.Create("b");
        using (var mkfifo = Process.Start(new ProcessStartInfo("mkfifo") { ArgumentList = { temporary["b/pipe"] } })!) await mkfifo.WaitForExitAsync();
        await FluentActions.Awaiting(() => store.PutAsync(temporary["b"], default)).Should().ThrowAsync<FlowException>().Where(e => e.Code == "artifact-unsafe" && e.Message.Contains("pipe"));
    }

    [Fact]
    public async Task Removes_what_is_old_and_not_kept()
    {
        var kept = await PutAsync("a", ("app", "kept"));
        var old = await PutAsync("b", ("app", "old"));
        var again = await PutAsync("c", ("app", "again"));
        temporary.Create("data/artifacts/staging/left-behind");
        Directory.SetLastWriteTimeUtc(temporary["data/artifacts/staging/left-behind"], time.Now.UtcDateTime);
        time.Now += TimeSpan.FromDays(2);
        await PutAsync("d", ("app", "again"));
        var young = await PutAsync("e", ("app", "young"));

        (await store.PruneAsync(new HashSet<ArtifactDigest> { kept }, TimeSpan.FromDays(1), default)).Should().Be(1);

        store.List().Select(a => a.Digest.ToString()).Should().BeEquivalentTo(kept.ToString(), again.ToString(), young.ToString());
        Directory.GetDirectories(temporary["data/artifacts/staging"]).Should().BeEmpty();
        await FluentActions.Awaiting(() => store.OpenAsync(old, default).AsTask()).Should().ThrowAsync<FlowException>().Where(e => e.Code == "artifact-missing");
        await store.DeleteAsync(old, default);
    }

    [Fact]
    public async Task Remembers_what_an_artifact_is()
    {
        var digest = await PutAsync("a", ("app", "x"));
        var artifact = new Artifact
        {
            Digest = digest,
            Builder = "local",
            ProcessTypes = new Dictionary<string, string> { ["web"] = "./app" },
            Trust = Trust.Trusted,
            Size = 1,
            Provenance = new() { Repository = "/x", Commit = CommitSha.Parse(new string('a', 40)), TreeId = "t", BuilderVersion = "1", BuiltAt = time.Now },
        };

        (await store.LoadAsync(digest, default)).Should().BeNull();
        await store.SaveAsync(artifact, default);

        (await NewStore().LoadAsync(digest, default)).Should().BeEquivalentTo(artifact);
        await store.OpenAsync(digest, default);
    }

    private LocalArtifactStore NewStore() => new(Options.Create(new LocalOptions { DataDirectory = temporary["data"] }), time);

    private async Task<ArtifactDigest> PutAsync(string name, params (string Path, string Text)[] files)
    {
        temporary.Write("seed", "");
        foreach (var (path, text) in files) temporary.Write($"{name}/{path}", text);
        return (await store.PutAsync(temporary[name], default)).Digest;
    }

    private sealed class MovableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
