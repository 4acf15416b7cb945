using System.Text;
using Flow.Logs;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Core.Tests.Logs;

public sealed class Logs_in_files : IDisposable
{
    private static readonly LogId Log = LogId.Parse("run/shop-staging.12/build");
    private readonly string directory = Directory.CreateTempSubdirectory("flow-logs-").FullName;
    private readonly FileLogStore store;
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public Logs_in_files() => store = new(directory);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private async Task<string> AllAsync(FileLogStore from, long offset = 0)
    {
        var text = new StringBuilder();
        while (true)
        {
            var chunk = await from.ReadAsync(Log, offset, 1000, token);
            if (chunk.Bytes.Length == 0) return text.ToString();
            text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
            offset = chunk.Next;
        }
    }

    [Fact]
    public async Task Reads_as_empty_and_incomplete_when_there_is_none()
    {
        (await store.ReadAsync(Log, 5, 10, token)).Should().BeEquivalentTo(new LogChunk(0, default, false));
        (await store.ListAsync(LogId.Parse("run"), token)).Should().BeEmpty();
        await store.DeleteAsync(Log, token);
    }

    [Fact]
    public async Task Says_in_the_words_of_the_contract_that_the_disk_is_in_trouble()
    {
        await using var writer = await store.OpenAsync(Log, token);
        Directory.Delete(directory, recursive: true);
        // Nothing can be made where a file is.
        await File.WriteAllTextAsync(directory, "", token);
        try
        {
            Func<Task>[] calls = [
                async () => await store.OpenAsync(Log, token), async () => await writer.AppendAsync(Utf8("x"), token), async () => await writer.CompleteAsync(token),
            ];
            foreach (var call in calls)
            {
                var trouble = (await call.Should().ThrowAsync<FlowException>()).Which;
                (trouble.Code, trouble.Transient).Should().Be(("log-unavailable", true));
            }
        }
        finally
        {
            File.Delete(directory);
            Directory.CreateDirectory(directory);
        }
    }

    [Fact]
    public async Task Goes_on_behind_a_segment_whose_end_was_lost()
    {
        var small = new FileLogStore(directory) { SegmentBytes = 4 };
        await using (var writer = await small.OpenAsync(Log, token)) await writer.AppendAsync(Utf8("one\ntwo\nsix\n"), token);
        var segment = Path.Combine(directory, Log.ToString(), ".00000000000000000004");
        using (var file = File.OpenHandle(segment, FileMode.Open, FileAccess.Write)) RandomAccess.SetLength(file, 1);

        (await AllAsync(small)).Should().Be("one\ntsix\n");
        (await small.ReadAsync(Log, 6, 100, token)).Offset.Should().Be(8);
    }

    [Fact]
    public async Task Tells_offsets_and_completion_to_another_process()
    {
        var writer = await store.OpenAsync(Log, token);
        (await writer.AppendAsync(Utf8("one\n"), token)).Should().Be(4);
        (await writer.AppendAsync(Utf8("two\n"), token)).Should().Be(8);
        var reader = new FileLogStore(directory);
        var chunk = await reader.ReadAsync(Log, 4, 100, token);
        (Encoding.UTF8.GetString(chunk.Bytes.Span), chunk.Offset, chunk.Next, chunk.Complete).Should().Be(("two\n", 4L, 8L, false));
        await writer.CompleteAsync(token);
        await writer.DisposeAsync();
        (await reader.ReadAsync(Log, 4, 2, token)).Complete.Should().BeFalse("there is more");
        (await reader.ReadAsync(Log, 4, 100, token)).Complete.Should().BeTrue();
        (await reader.ReadAsync(Log, long.MaxValue, 100, token)).Should().BeEquivalentTo(new LogChunk(8, default, true));
    }

    [Fact]
    public async Task Goes_on_where_an_earlier_writer_stopped()
    {
        await using (var first = await store.OpenAsync(Log, token))
        {
            await first.AppendAsync(Utf8("one\n"), token);
            await first.CompleteAsync(token);
        }

        await using var second = await new FileLogStore(directory).OpenAsync(Log, token);
        (await second.AppendAsync(Utf8("two\n"), token)).Should().Be(8);
        (await store.ReadAsync(Log, 0, 100, token)).Complete.Should().BeFalse();
        (await AllAsync(store)).Should().Be("one\ntwo\n");
    }

    [Fact]
    public async Task Says_so_when_a_writer_died_in_mid_line()
    {
        await using (var first = await store.OpenAsync(Log, token)) await first.AppendAsync(Utf8("half a li"), token);
        await using var second = await store.OpenAsync(Log, token);
        await second.AppendAsync(Utf8("whole\n"), token);
        (await AllAsync(store)).Should().Be("half a li\n[flow] The writer of this log ended in the middle of the line above.\nwhole\n");
    }

    [Fact]
    public async Task Says_so_also_when_the_dead_writer_had_just_begun_another_file()
    {
        var small = new FileLogStore(directory) { SegmentBytes = 4 };
        await using (var first = await small.OpenAsync(Log, token)) await first.AppendAsync(Utf8("half"), token);
        await File.WriteAllTextAsync(Path.Combine(directory, Log.ToString(), ".00000000000000000004"), "", token);
        await using var second = await small.OpenAsync(Log, token);
        (await AllAsync(small)).Should().StartWith("half\n[flow] The writer of this log ended in the middle");
    }

    [Fact]
    public async Task Is_never_set_back_by_a_writer_that_was_idle_while_others_wrote_more_than_is_kept()
    {
        var small = new FileLogStore(directory) { SegmentBytes = 10, RetainedBytes = 20 };
        await using var idle = await small.OpenAsync(Log, token);
        (await idle.AppendAsync(Utf8("beginning\n"), token)).Should().Be(10);
        await using (var busy = await small.OpenAsync(Log, token))
            for (var i = 0; i < 10; i++) await busy.AppendAsync(Utf8($"line {i:D4}\n"), token);
        (await idle.AppendAsync(Utf8("the end\n"), token)).Should().Be(118);
        (await AllAsync(small)).Should().EndWith("line 0009\nthe end\n");
    }

    [Fact]
    public async Task Is_complete_only_when_its_last_writer_says_so()
    {
        await using var step = await store.OpenAsync(Log, token);
        await step.AppendAsync(Utf8("in mid"), token);
        await using (var command = await new FileLogStore(directory).OpenAsync(Log, token))
        {
            await command.AppendAsync(Utf8("-line\n"), token);
            await command.CompleteAsync(token);
        }

        (await store.ReadAsync(Log, 0, 100, token)).Complete.Should().BeFalse();
        await step.CompleteAsync(token);
        (await store.ReadAsync(Log, 0, 100, token)).Complete.Should().BeTrue();
        (await AllAsync(store)).Should().Be("in mid-line\n");
    }

    [Fact]
    public async Task Loses_nothing_when_two_writers_append_and_rotate_together()
    {
        Task Write(string name) => Task.Run(async () =>
        {
            await using var writer = await new FileLogStore(directory) { SegmentBytes = 1000 }.OpenAsync(Log, token);
            for (var i = 0; i < 300; i++) await writer.AppendAsync(Utf8($"{name}{i:D4}\n"), token);
        }, token);
        await Task.WhenAll(Write("a"), Write("b"));
        var lines = (await AllAsync(store)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Where(l => l[0] == 'a').Should().HaveCount(300).And.BeInAscendingOrder(StringComparer.Ordinal);
        lines.Where(l => l[0] == 'b').Should().HaveCount(300).And.BeInAscendingOrder(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Drops_the_oldest_part_beyond_what_is_retained()
    {
        var small = new FileLogStore(directory) { SegmentBytes = 100, RetainedBytes = 300 };
        await using var writer = await small.OpenAsync(Log, token);
        for (var i = 0; i < 100; i++) await writer.AppendAsync(Utf8($"line {i:D4}\n"), token);
        var chunk = await small.ReadAsync(Log, 0, 10, token);
        chunk.Offset.Should().BeInRange(500, 700);
        (await AllAsync(small)).Should().EndWith("line 0099\n").And.HaveLength((int)(1000 - chunk.Offset));
        Directory.EnumerateFiles(Path.Combine(directory, "run/shop-staging.12/build")).Should().HaveCountLessThanOrEqualTo(6);
    }

    [Fact]
    public async Task Is_followed_until_it_is_complete()
    {
        await using var writer = await store.OpenAsync(Log, token);
        var text = new StringBuilder();
        var tail = Task.Run(async () =>
        {
            await foreach (var chunk in store.TailAsync(Log, 0, token)) text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
        }, token);
        for (var i = 0; i < 20; i++) await writer.AppendAsync(Utf8($"{i}\n"), token);
        await writer.CompleteAsync(token);
        await tail.WaitAsync(TimeSpan.FromSeconds(10), token);
        text.ToString().Should().Be(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i}\n")));
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_ten_thousand_tails_are_given_up()
    {
        var time = new FakeTimeProvider();
        var tailed = new FileLogStore(directory, time);
        await using (var writer = await tailed.OpenAsync(Log, token)) await writer.AppendAsync(Utf8("x\n"), token);
        var handles = Handles();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(token);
        List<Task<bool>> waiting = [];
        List<IAsyncEnumerator<LogChunk>> tails = [];
        for (var i = 0; i < 10_000; i++)
        {
            var tail = tailed.TailAsync(Log, i % 2 == 0 ? 0 : 2, gone.Token).GetAsyncEnumerator(gone.Token);
            tails.Add(tail);
            waiting.Add(tail.MoveNextAsync().AsTask());
        }

        Handles().Should().BeLessThan(handles + 50);
        await gone.CancelAsync();
        foreach (var wait in waiting)
        {
            try { await wait; }
            catch (OperationCanceledException) { }
        }

        foreach (var tail in tails) await tail.DisposeAsync();
        Handles().Should().BeLessThan(handles + 50);
    }

    [Fact]
    public async Task Lists_and_deletes_by_prefix()
    {
        foreach (var id in new[] { "app/shop/web.1", "app/shop", "app/shop/web.2", "app/shopping/web.1" })
            await using (await store.OpenAsync(LogId.Parse(id), token)) { }
        (await store.ListAsync(LogId.Parse("app/shop"), token)).Select(l => l.ToString()).Should().Equal("app/shop", "app/shop/web.1", "app/shop/web.2");
        await store.DeleteAsync(LogId.Parse("app/shop"), token);
        (await store.ListAsync(LogId.Parse("app"), token)).Select(l => l.ToString()).Should().Equal("app/shopping/web.1");
    }

    /// <summary>Open files below this test's directory: other tests of the process open theirs meanwhile.</summary>
    private int Handles() => Directory.EnumerateFiles("/proc/self/fd").Count(f =>
    {
        try { return File.ResolveLinkTarget(f, false)?.FullName.StartsWith(directory, StringComparison.Ordinal) == true; }
        catch (IOException) { return false; }
    });
}
