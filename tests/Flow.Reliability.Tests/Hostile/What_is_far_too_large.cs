using System.Buffers;
using System.Text;
using Flow.Logs;
using Flow.Manifests;
using Flow.Providers.Local;
using Flow.Providers.Local.Artifacts;
using Flow.Providers.Local.Builds;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Git;
using Flow.Providers.Local.Supervision;
using Flow.Providers.Local.Tests.Files;
using Flow.Providers.Local.Tests.Git;
using Flow.Routing.Yarp;
using Flow.Routing.Yarp.OwnProcess;
using Flow.Secrets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Reliability.Tests.Hostile;

/// <summary>Every outlet for text from outside has a bound, and stops there: in memory and with a reason, however much is to come.</summary>
public sealed class What_is_far_too_large : IDisposable
{
    private const int Mega = 1024 * 1024;
    private readonly TemporaryDirectory temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Millions_of_branches_are_no_listing()
    {
        var repository = await GitRepository.CreateAsync(temporary);
        var head = await repository.HeadAsync();
        var refs = new StringBuilder("# pack-refs with: peeled fully-peeled sorted \n");
        for (var i = 0; i < 200_000; i++) refs.Append(head).Append(" refs/heads/b").Append(i.ToString("D7", null)).Append('\n');
        await File.WriteAllTextAsync(Path.Combine(repository.Url, ".git/packed-refs"), refs.ToString(), Token);
        using var provider = Provider.Create(temporary["data"]);

        var list = async () => await provider.ListAsync(new() { Url = repository.Url }, Token);

        (await list.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("listing-too-large");
    }

    [Fact]
    public async Task An_endless_answer_of_git_ends_at_the_bound()
    {
        var kept = new MemoryStream();
        var all = () => GitOutput.All(kept, GitSourceProvider.MaxListing, () => new FlowException("listing-too-large", "Too large."))(new Endless(long.MaxValue), Token);
        await all.Should().ThrowAsync<FlowException>();
        kept.Length.Should().BeLessThanOrEqualTo(GitSourceProvider.MaxListing);

        var beginning = new MemoryStream();
        await GitOutput.Beginning(beginning, 1_000)(new Endless(64 * Mega), Token);
        beginning.Length.Should().Be(1_000);

        var records = () => GitOutput.Records(16 * 1024, _ => { })(new Endless(long.MaxValue), Token);
        (await records.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("tree-invalid");
    }

    [Fact]
    public async Task A_tree_of_a_few_kilobytes_that_names_ten_million_files_is_refused()
    {
        var repository = await GitRepository.CreateAsync(temporary);
        await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        using var provider = Provider.Create(temporary["data"]);

        foreach (var name in (string[])["d", new('d', 240)])
        {
            var id = await repository.BlobAsync("x");
            for (var depth = 0; depth < 6; depth++)
            {
                var (mode, of) = (depth == 0 ? "100644" : "40000", id);
                id = await repository.TreeAsync([.. Enumerable.Range(0, 10).Select(i => (mode, $"{name}{i}", of))]);
            }
            var commit = await repository.CommitTreeAsync([.. Enumerable.Range(0, 10).Select(i => ("40000", $"{name}{i}", id))]);
            var tree = await provider.FetchAsync(new() { Url = repository.Url }, commit, Token);

            var list = async () => await tree.ListFilesAsync(100_000, Token);
            var export = async () => await tree.ExportAsync(temporary.Create($"export{name.Length}"), Token);

            (await list.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("tree-too-large");
            (await export.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("tree-too-large");
            Directory.EnumerateFileSystemEntries(temporary[$"export{name.Length}"]).Should().BeEmpty();
        }
    }

    [Fact]
    public async Task A_Procfile_and_a_commit_message_of_megabytes_are_not_read()
    {
        var repository = await GitRepository.CreateAsync(temporary);
        await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        var large = await repository.HashAsync("blob", new byte[20 * Mega]);
        var tree = await repository.TreeAsync(("100644", "Procfile", large));
        var message = new string('m', 10 * Mega);
        var commit = await repository.HashAsync("commit", Encoding.UTF8.GetBytes($"tree {tree}\nauthor {message} <a@example.com> 1700000000 +0000\ncommitter C <c@example.com> 1700000000 +0000\n\n{message}\n"));
        using var provider = Provider.Create(temporary["data"]);

        var source = await provider.FetchAsync(new() { Url = repository.Url }, CommitSha.Parse(commit), Token);
        var read = async () => await source.ReadTextAsync("Procfile", Procfile.MaxBytes, Token);

        (await read.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("file-too-large");
        source.Author.Length.Should().BeLessThanOrEqualTo(100);
        source.Subject.Length.Should().BeLessThanOrEqualTo(200);
    }

    [Theory]
    [InlineData(64 * 1024 + 1), InlineData(50 * Mega)]
    public void A_Procfile_beyond_its_bound_costs_nothing(int length)
    {
        var text = new string('x', length);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var parse = () => Procfile.Parse(text);

        parse.Should().Throw<FlowException>().Which.Code.Should().Be("procfile-invalid");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2 * Mega);
    }

    [Fact]
    public async Task A_build_that_makes_too_many_files_or_paths_gives_no_artifact()
    {
        for (var i = 0; i < 200; i++) temporary.Write($"output/{i / 10}/{i}", "x");

        var read = () => ArtifactManifest.ReadAsync(temporary["output"], Token, maxFiles: 150);

        (await read.Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("artifact-too-large");
    }

    [Fact]
    public async Task Files_of_ours_that_somebody_blew_up_are_not_read_into_memory()
    {
        Sparse("plan.json", JsonFile.Largest + 1L);
        Sparse("record/state.json", RecordFiles.LargestState + 1L);
        Sparse("table.json", ControlApi.LargestTable + 1L);

        (await BuildPlan.LoadAsync(temporary["plan.json"], Token)).Should().BeNull();
        RecordFiles.Read(temporary["record"]).Should().BeNull();
        new TableFile(temporary["table.json"], NullLogger.Instance).Load().Should().Be(RouteTable.Empty);

        File.Exists(temporary["table.json.unreadable"]).Should().BeTrue();
    }

    [Fact]
    public void A_line_of_a_gigabyte_passes_the_masker_in_constant_memory()
    {
        var stream = new SecretMasker(["hunter2hunter2", "xxxxxxxxxxxxxxxxy", "-----BEGIN-----\nabcdefgh\n-----END-----"]).OpenStream();
        var block = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
        var output = new Nowhere();
        stream.Write(block, output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < (LongTests.Wanted ? 16_384 : 2_048); i++) stream.Write(block, output);
        stream.Flush(output);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(Mega);
    }

    [Fact]
    public async Task A_line_of_many_megabytes_of_a_command_fills_its_log_to_the_bound_and_no_further()
    {
        var options = new LocalOptions { DataDirectory = temporary["data"] };
        options.SupervisorCommand.Add(Environment.ProcessPath!);
        var supervisor = new ProcessSupervisor(Options.Create(options), NullLogger<ProcessSupervisor>.Instance);
        var log = LogId.Parse("test/long");
        await supervisor.StartAsync(new()
        {
            Id = "long", Arguments = ["/bin/sh", "-c", $"head -c {(LongTests.Wanted ? 1024 : 96) * Mega} /dev/zero | tr '\\0' x"], WorkingDirectory = temporary.Root,
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, Secrets = ["hunter2hunter2"], Log = log, Timeout = TimeSpan.FromMinutes(4),
        }, Token);
        var store = new FileLogStore(temporary["data/logs"]);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromMinutes(4));
        // At its end, whenever that comes: what lies between need not be read.
        await foreach (var chunk in store.TailAsync(log, long.MaxValue / 4, deadline.Token)) chunk.Bytes.Length.Should().BeLessThanOrEqualTo(64 * 1024);

        (await supervisor.InspectAsync("long", Token))!.ExitCode.Should().Be(0);
        Directory.GetFiles(temporary["data/logs/test/long"]).Sum(f => new FileInfo(f).Length).Should().BeLessThanOrEqualTo(store.RetainedBytes + (2L * store.SegmentBytes));
        await supervisor.StopAsync("long", TimeSpan.Zero, default);
    }

    private void Sparse(string file, long length)
    {
        temporary.Write(file, "");
        using var handle = File.OpenHandle(temporary[file], FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(handle, length);
    }

    /// <summary>As many letters as one likes, and no NUL.</summary>
    private sealed class Endless(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, left);
            buffer.AsSpan(offset, read).Fill((byte)'x');
            left -= read;
            return read;
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class Nowhere : IBufferWriter<byte>
    {
        private readonly byte[] buffer = new byte[128 * 1024];

        public void Advance(int count) { }
        public Memory<byte> GetMemory(int sizeHint = 0) => buffer;
        public Span<byte> GetSpan(int sizeHint = 0) => buffer;
    }
}
