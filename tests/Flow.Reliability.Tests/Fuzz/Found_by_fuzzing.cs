using System.Text;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Git;

namespace Flow.Reliability.Tests.Fuzz;

/// <summary>What once broke a parser, or would have: kept for good.</summary>
public sealed class Found_by_fuzzing
{
    private static readonly string Long = string.Concat(Enumerable.Repeat("a/", 2_000));

    public static TheoryData<string, string, string> Documents => new()
    {
        { "a note that says a fact twice", "note of an executable", "assembly=a\nassembly=b" },
        { "links of thousands of parts that lead to each other", "links of a tree", string.Join('\n', Enumerable.Range(0, 40).Select(i => $"l{i}={Long}../l{i + 1}")) },
        { "a link behind a link", "links of a tree", "a=c\na/b=/etc" },
        { "a supervisor's state without notes", "state of a supervisor", """{"Id":"x","Tag":"t","BootId":"b","Supervisor":1,"SupervisorStarted":1,"Log":"run/x"}""" },
        { "a supervisor's state with a log that is none", "state of a supervisor", """{"Id":"x","Tag":"t","BootId":"b","Supervisor":1,"SupervisorStarted":1,"Log":"../x","Notes":{}}""" },
        { "a supervisor's state with nulls", "state of a supervisor", """{"Id":null,"Tag":null,"BootId":null,"Supervisor":1,"SupervisorStarted":1,"Log":null,"Notes":null}""" },
        { "a grace of many years", "grace of a stop", "9223372036854775807" },
        { "a grace before now", "grace of a stop", "-1" },
        { "an order without a command", "order to a supervisor", """{"Id":"x","Tag":"t","Record":"/r","LogDirectory":"/l","Log":"run/x","Arguments":[],"WorkingDirectory":"/w","Environment":{},"Secrets":[],"Notes":{}}""" },
        { "a segment that begins at the end of all numbers", "files of a log", ".09223372036854775807=x\n.state=" },
        { "segments that overlap", "files of a log", ".00000000000000000000=0123456789\n.00000000000000000005=x\n.state=1" },
        { "the last number of a table", "routes in the router's file", """{"number":9223372036854775807,"routes":[]}""" },
        { "a drain of nothing", "drain on the router's socket", "null" },
        { "a router's settings in half a character", "settings of a router process", "{\"directory\":\"\ud800\"}" },
        { "an escaped NUL in a file URL", "repository URL", "file:///srv/a%00b" },
        { "an escaped line in a file URL", "repository URL", "file:///srv/a%0ab" },
        { "a line that took a second to match", "errors of a build", "x" + new string(' ', 20_000) + ": error" },
        { "a line of colons", "errors of a build", string.Concat(Enumerable.Repeat("a : error C", 6_000)) },
        { "an id of dots", "deployment id", new string('.', 60_000) },
        { "an input without a name", "inputs of app streams", "{}" },
        { "an input that is null", "inputs of app streams", "null" },
        { "a state that is null", "states of run streams", "null" },
        { "a variable's name with a terminal sequence", "environment of a command", "\u001b[2J\0=x" },
        { "a name that turns the text around", "text in a message", "abc\u202egpj.exe" },
        { "a file without a path", "files of a tree", "100644 blob\0" },
        { "a process without fields", "process in /proc", "12 (x)" },
    };

    [Theory, MemberData(nameof(Documents))]
    public void Stays_found(string what, string parser, string document)
    {
        byte[] bytes = document.Any(char.IsSurrogate) ? [0xff, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(document.AsSpan())] : Encoding.UTF8.GetBytes(document);
        var found = Parsers.Named(parser);
        foreach (var valid in found.Valid) _ = found.Try(Encoding.UTF8.GetBytes(valid));
        found.Try(bytes).Should().BeNull(what);
    }

    [Fact]
    public async Task A_tree_that_is_a_link_and_a_folder_at_once_writes_nothing_behind_the_link()
    {
        using var scratch = new Scratch();
        var sha = new string('a', 40);
        var export = new GitExport(scratch.Path, [new("100644", sha, 1, "c/file"), new("120000", sha, 1, "a"), new("120000", sha, 4, "a/b")], DateTime.UnixEpoch);
        await export.WriteAsync(new MemoryStream(Encoding.ASCII.GetBytes($"{sha} blob 1\nx\n{sha} blob 1\nc\n{sha} blob 4\n/etc\n")), default);

        var write = export.WriteLinks;

        write.Should().Throw<FlowException>().Which.Code.Should().Be("tree-unsafe");
        new FileInfo(scratch["c/b"]).LinkTarget.Should().BeNull();
    }

    [Fact]
    public async Task Build_output_whose_names_are_no_text_is_refused_with_a_reason()
    {
        using var scratch = new Scratch();
        using (var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "printf x > \"$(printf 'a\\377b')\""]) { WorkingDirectory = scratch.Path })!) await shell.WaitForExitAsync();

        var read = () => ArtifactManifest.ReadAsync(scratch.Path, default);

        (await read.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("artifact-unsafe");
    }

    [Fact]
    public async Task What_apps_leave_behind_is_removed_whatever_its_name_and_depth()
    {
        using var scratch = new Scratch();
        using (var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c",
            "mkdir app; cd app; printf x > \"$(printf 'a\\377b')\"; mkdir \"$(printf '\\376')\"; d=$(printf '%0200d' 1); i=0; while [ $i -lt 25 ]; do mkdir $d; cd $d; i=$((i+1)); done"]) { WorkingDirectory = scratch.Path })!) await shell.WaitForExitAsync();
        Directory.Exists(scratch["app"]).Should().BeTrue();

        Flow.Providers.Local.Runtime.PrivateFiles.Remove(scratch["app"]);

        Directory.Exists(scratch["app"]).Should().BeFalse();
    }

    [Fact]
    public async Task Build_output_of_folders_as_deep_as_the_disk_allows_is_read()
    {
        using var scratch = new Scratch();
        var deep = scratch.Path + string.Concat(Enumerable.Repeat("/d", 1_900));
        Directory.CreateDirectory(deep);
        await File.WriteAllTextAsync(Path.Combine(deep, "x"), "x");

        (await ArtifactManifest.ReadAsync(scratch.Path, default)).Size.Should().Be(1);
        Flow.Providers.Local.Runtime.PrivateFiles.Copy(scratch["d"], Path.Combine(Path.GetTempPath(), Path.GetFileName(scratch.Path) + "c"), default);
        Flow.Providers.Local.Runtime.PrivateFiles.Remove(Path.Combine(Path.GetTempPath(), Path.GetFileName(scratch.Path) + "c"));
    }
}
