using System.Collections.Concurrent;
using System.Text;
using CsCheck;
using Flow.Logs;

namespace Flow.Reliability.Tests.Models.Logs;

/// <summary>Whatever writers and readers do, a log is one text without gaps; who died in mid-line is told; and a tail brings exactly what was appended.</summary>
public sealed class A_log(ITestOutputHelper output)
{
    public static TheoryData<string> Wrong => [.. WrongLog.All.Keys];

    [Fact]
    public void Answers_as_the_obvious_one_does() => InOrder(LogUnderTest.InFiles, Samples.Times(300));

    [Fact]
    public void Takes_appends_from_several_threads_as_if_one_after_the_other() => AtOnce(LogUnderTest.InFiles, Samples.Times(60));

    [Theory, MemberData(nameof(Wrong))]
    public void That_is_wrong_is_found(string how) => Samples.MustFind(how, () => InOrder(directory => WrongLog.All[how](LogUnderTest.InFiles(directory)), 60));

    [Fact]
    public void That_is_wrong_only_when_several_append_at_once_is_found() => Samples.MustFind("appends in pieces", () => AtOnce(directory => WrongLog.InPieces(LogUnderTest.InFiles(directory)), 100));

    [Fact]
    public async Task Is_tailed_while_it_is_written_and_cut_into_files()
    {
        var directory = Directory.CreateTempSubdirectory("flow-model-log-");
        try
        {
            var (store, log) = (new FileLogStore(directory.FullName) { SegmentBytes = 100 }, LogId.Parse("run/a"));
            var token = TestContext.Current.CancellationToken;
            await using var first = await store.OpenAsync(log, token);
            var tails = Enumerable.Range(0, 6).Select(i => TailAsync(i * 50L)).ToList();
            await Task.WhenAll(Enumerable.Range(0, 3).Select(WriteAsync));
            await first.CompleteAsync(token);
            var all = await TailAsync(0);
            all.Text.Should().HaveLength(3 * 200 * 10);
            foreach (var (offset, text) in await Task.WhenAll(tails).WaitAsync(TimeSpan.FromMinutes(2), token)) text.Should().Be(all.Text[(int)offset..], "a tail from {0} brings what is behind it", offset);

            async Task WriteAsync(int writer)
            {
                await Task.Yield();
                await using var mine = await store.OpenAsync(log, token);
                for (var i = 0; i < 200; i++) await mine.AppendAsync(Encoding.UTF8.GetBytes($"{writer} {i:D7}\n"), token);
                await mine.CompleteAsync(token);
            }

            async Task<(long Offset, string Text)> TailAsync(long offset)
            {
                var text = new StringBuilder();
                // An offset that is not there yet is where the log ends now: who wants exactly this one waits for it.
                while ((await store.ReadAsync(log, offset, 1, token)).Offset < offset) await Task.Yield();
                await foreach (var chunk in store.TailAsync(log, offset, token))
                {
                    chunk.Offset.Should().Be(offset + text.Length, "there is no gap");
                    text.Append(Encoding.UTF8.GetString(chunk.Bytes.Span));
                }
                return (offset, text.ToString());
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private void InOrder(Func<string, ILogStore> open, long times)
    {
        using var all = new Opened();
        Gen.Const(0).Select(_ => New(all, open)).SampleModelBased(
            [Operation(LogCalls.Open), Operation(LogCalls.Append), Operation(LogCalls.Append), Operation(LogCalls.Append), Operation(LogCalls.End), Operation(LogCalls.Look), Operation(LogCalls.Look)],
            (log, model) => model.Answers.All(a => log.Answers[a.Key] == a.Value), iter: times, threads: 2, writeLine: output.WriteLine,
            printActual: log => string.Join("\n", log.Answers.TakeLast(4)), printModel: model => string.Join("\n", model.Answers.TakeLast(4)));
    }

    private void AtOnce(Func<string, ILogStore> open, long times)
    {
        using var all = new Opened();
        // Opened when it is first called: CsCheck makes one for each order it tries.
        Gen.Const(0).Select(_ => (new Lazy<LogUnderTest>(() => New(all, open, writers: 3).Log), New(new(), open, writers: 3, real: false).Model)).SampleParallel(
            [LogCalls.Append.Operation<Lazy<LogUnderTest>, LogModel>(c => c.ToString(), (log, call) => log.Value.Do(call), (model, call) => model.Do(call))],
            (log, model) => model.Answers.All(a => log.Value.Answers[a.Key] == a.Value) && log.Value.All() == model.All(),
            maxSequentialOperations: 2, maxParallelOperations: 4, iter: times, threads: 3, writeLine: output.WriteLine, printActual: log => log.Value.All(), printModel: model => model.All());
    }

    private static GenOperation<LogUnderTest, LogModel> Operation(Gen<LogCall> calls) => calls.Operation<LogUnderTest, LogModel>(c => c.ToString(), (log, call) => log.Do(call), (model, call) => model.Do(call));

    private static (LogUnderTest Log, LogModel Model) New(Opened all, Func<string, ILogStore> open, int writers = 0, bool real = true)
    {
        var (log, model) = (new LogUnderTest(open) { ShowsAll = writers == 0 }, new LogModel { ShowsAll = writers == 0 });
        all.Add(log);
        for (var i = 0; i < writers; i++)
        {
            if (real) log.Do(new OpensWriter(-1 - i, i));
            model.Do(new OpensWriter(-1 - i, i));
        }
        return (log, model);
    }

    private sealed class Opened : ConcurrentBag<LogUnderTest>, IDisposable
    {
        public void Dispose()
        {
            foreach (var log in this) log.Dispose();
        }
    }
}
