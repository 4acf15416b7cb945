using Flow.Providers.Local.Git;
using Flow.Providers.Local.Tests.Files;
using Flow.Sources;

namespace Flow.Providers.Local.Tests.Git;

public sealed class Exporting_a_tree : IDisposable
{
    private readonly TemporaryDirectory temporary = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Writes_every_file_as_it_is()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("run.sh", "#!/bin/sh\r\n"), ("dir/näme with\nnewline", "x"), ("empty", ""), (".gitattributes", "* text eol=lf export-subst\nhidden export-ignore\n"), ("hidden", "$Format:%H$"));
        File.SetUnixFileMode(Path.Combine(origin.Url, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(Path.Combine(origin.Url, "dir", "link"), "../empty");
        var big = new string('x', 300_000);
        var commit = await origin.CommitAsync("More", ("big", big));
        using var provider = Provider.Create(temporary["data"]);
        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), commit, default);

        await tree.ExportAsync(temporary.Create("out"), default);

        Directory.GetFiles(temporary["out"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(temporary["out"], f)).Should().BeEquivalentTo(await tree.ListFilesAsync(100, default));
        (await File.ReadAllTextAsync(temporary["out/big"])).Should().Be(big);
        (await File.ReadAllTextAsync(temporary["out/hidden"])).Should().Be("$Format:%H$", "attributes of the repository have no say");
        File.GetUnixFileMode(temporary["out/run.sh"]).Should().HaveFlag(UnixFileMode.UserExecute);
        File.GetUnixFileMode(temporary["out/big"]).Should().NotHaveFlag(UnixFileMode.UserExecute);
        new FileInfo(temporary["out/dir/link"]).LinkTarget.Should().Be("../empty");
        File.GetLastWriteTimeUtc(temporary["out/run.sh"]).Should().Be(File.GetLastWriteTimeUtc(temporary["out/big"]), "times are the commit's");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("folder/../../outside")]
    public async Task Refuses_links_that_leave_the_root(string target)
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var commit = await origin.CommitTreeAsync(("120000", "link", await origin.BlobAsync(target)));

        (await Refused(origin, commit)).Code.Should().Be("tree-unsafe");
    }

    [Fact]
    public async Task Refuses_links_that_leave_the_root_through_another_link()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var folder = await origin.TreeAsync(("120000", "up", await origin.BlobAsync("..")));
        // x -> folder/up/../outside looks as if it stayed inside.
        var commit = await origin.CommitTreeAsync(("40000", "folder", folder), ("120000", "x", await origin.BlobAsync("folder/up/../outside")));

        (await Refused(origin, commit)).Code.Should().Be("tree-unsafe");
    }

    [Fact]
    public async Task Writes_nothing_through_a_link_that_is_a_folder_too()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        temporary.Create("victim");
        var folder = await origin.TreeAsync(("100644", "canary", await origin.BlobAsync("x")));
        var commit = await origin.CommitTreeAsync(("120000", "a", await origin.BlobAsync("b")), ("40000", "a", folder), ("120000", "b", await origin.BlobAsync("c")));

        (await Refused(origin, commit)).Code.Should().Be("export-failed");
        Directory.EnumerateFiles(temporary.Root, "canary", SearchOption.AllDirectories).Where(f => !f.StartsWith(temporary["out"], StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".git")]
    [InlineData(".GIT")]
    [InlineData("a/../../b")]
    [InlineData("/etc")]
    public async Task Refuses_paths_that_are_no_names(string name)
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var commit = await origin.CommitTreeAsync(("100644", name, await origin.BlobAsync("x")));

        (await Refused(origin, commit)).Code.Should().Be("tree-invalid");
    }

    [Fact]
    public async Task Leaves_submodules_out()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        var commit = await origin.CommitTreeAsync(("100644", "a", await origin.BlobAsync("x")), ("160000", "module", new string('b', 40)));
        using var provider = Provider.Create(temporary["data"]);
        await origin.RefAsync("refs/heads/main", commit);

        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), commit, default);
        await tree.ExportAsync(temporary.Create("out"), default);

        Directory.GetFileSystemEntries(temporary["out"]).Should().Equal(temporary["out/a"]);
    }

    [Fact]
    public async Task Is_bounded()
    {
        var origin = await GitRepository.CreateAsync(temporary, ("a", "12345"), ("b", "12345"), ("c", "12345"));
        var commit = await origin.HeadAsync();

        (await Refused(origin, commit, o => o.MaxFiles = 2)).Should().Match<FlowException>(e => e.Code == "tree-too-large" && !e.Transient && e.Message.Contains("more than 2 files"));
        (await Refused(origin, commit, o => o.MaxBytes = 14)).Code.Should().Be("tree-too-large");

        using var provider = Provider.Create(temporary["data"]);
        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), commit, default);
        (await tree.ListFilesAsync(3, default)).Should().HaveCount(3);
        (await FluentActions.Awaiting(() => tree.ListFilesAsync(2, default).AsTask()).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("tree-too-large");
        (await FluentActions.Awaiting(() => tree.ReadTextAsync("a", 4, default).AsTask()).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("file-too-large");
    }

    [Fact]
    public async Task Stops_at_once_at_a_tree_that_would_never_end()
    {
        var origin = await GitRepository.CreateAsync(temporary);
        // Ten levels of ten: 10^10 files in eleven objects.
        var id = await origin.BlobAsync("x");
        var mode = "100644";
        for (var level = 0; level < 10; level++)
        {
            (id, mode) = (await origin.TreeAsync([.. Enumerable.Range(0, 10).Select(i => (mode, $"{i}", id))]), "40000");
        }
        var commit = await origin.CommitTreeAsync(("40000", "bomb", id));

        (await Refused(origin, commit, o => o.MaxFiles = 1000)).Code.Should().Be("tree-too-large");
    }

    private async Task<FlowException> Refused(GitRepository origin, CommitSha commit, Action<GitOptions>? configure = null)
    {
        using var provider = Provider.Create(temporary["data"], configure);
        await origin.RefAsync("refs/heads/hostile", commit);
        var tree = await provider.FetchAsync(Provider.Repository(origin.Url), commit, default);
        temporary.Create("out");
        var refused = (await FluentActions.Awaiting(() => tree.ExportAsync(temporary["out"], default).AsTask()).Should().ThrowAsync<FlowException>()).Which;
        Directory.Delete(temporary["out"], recursive: true);
        return refused;
    }
}
