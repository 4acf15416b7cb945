using System.Collections.Concurrent;
using CsCheck;

namespace Flow.Reliability.Tests.Models.Artifacts;

/// <summary>Whatever is put, opened, deleted, damaged and interrupted: the store is a set of contents, and opens nothing that is not what it was.</summary>
public sealed class Artifacts_by_content(ITestOutputHelper output)
{
    [Fact]
    public void Are_what_the_obvious_set_says() => InOrder(() => new(), Samples.Times(40));

    [Fact]
    public void Are_put_opened_and_deleted_by_several_threads_as_if_one_after_the_other() => AtOnce(() => new(), Samples.Times(20));

    [Theory]
    [InlineData(nameof(NeverVerifies))]
    [InlineData(nameof(DeletesNothing))]
    [InlineData(nameof(HealsNothing))]
    public void That_are_kept_wrongly_are_found(string how) => Samples.MustFind(how, () => InOrder(how switch
    {
        nameof(NeverVerifies) => () => new NeverVerifies(),
        nameof(DeletesNothing) => () => new DeletesNothing(),
        _ => () => new HealsNothing(),
    }, 15));

    [Fact]
    public void That_are_away_while_they_are_put_again_are_found() => Samples.MustFind(nameof(PutsAnew), () => AtOnce(() => new PutsAnew(), 20));

    private void InOrder(Func<ArtifactsUnderTest> open, long times)
    {
        using var all = new Opened();
        Gen.Const(0).Select(_ => (Kept(open(), all), new ArtifactModel())).SampleModelBased(
            [
                Operation(ArtifactCalls.Put), Operation(ArtifactCalls.Put), Operation(ArtifactCalls.Open), Operation(ArtifactCalls.Open), Operation(ArtifactCalls.Delete),
                Operation(ArtifactCalls.Trouble), Operation(ArtifactCalls.Sweep),
            ],
            (store, model) => Same(store, model), iter: times, threads: 2, writeLine: output.WriteLine, printActual: s => string.Join("; ", s.Answers.OrderBy(a => a.Key)), printModel: m => string.Join("; ", m.Answers.OrderBy(a => a.Key)));
    }

    private void AtOnce(Func<ArtifactsUnderTest> open, long times)
    {
        using var all = new Opened();
        // Opened when it is first called: CsCheck makes one for each order it tries.
        Gen.Const(0).Select(_ => (new Lazy<ArtifactsUnderTest>(() => Kept(open(), all)), new ArtifactModel())).SampleParallel(
            [AtOnce(ArtifactCalls.Put), AtOnce(ArtifactCalls.Put), AtOnce(ArtifactCalls.Open), AtOnce(ArtifactCalls.Delete)],
            (store, model) => Same(store.Value, model), maxSequentialOperations: 4, maxParallelOperations: 5, iter: times, threads: 3, writeLine: output.WriteLine,
            printActual: s => string.Join("; ", s.Value.Answers.OrderBy(a => a.Key)), printModel: m => string.Join("; ", m.Answers.OrderBy(a => a.Key)));
    }

    private static bool Same(ArtifactsUnderTest store, ArtifactModel model) => model.Answers.All(a => store.Answers.GetValueOrDefault(a.Key) == a.Value);

    private static GenOperation<ArtifactsUnderTest, ArtifactModel> Operation(Gen<ArtifactCall> calls) =>
        calls.Operation<ArtifactsUnderTest, ArtifactModel>(c => c.ToString(), (store, call) => store.Do(call), (model, call) => model.Do(call));

    private static GenOperation<Lazy<ArtifactsUnderTest>, ArtifactModel> AtOnce(Gen<ArtifactCall> calls) =>
        calls.Operation<Lazy<ArtifactsUnderTest>, ArtifactModel>(c => c.ToString(), (store, call) => store.Value.Do(call), (model, call) => model.Do(call));

    private static ArtifactsUnderTest Kept(ArtifactsUnderTest store, Opened all)
    {
        all.Add(store);
        return store;
    }

    private sealed class Opened : ConcurrentBag<ArtifactsUnderTest>, IDisposable
    {
        public void Dispose()
        {
            foreach (var store in this) store.Dispose();
        }
    }
}
