using System.Collections.Concurrent;
using CsCheck;
using Flow.Engine;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>
/// Whatever is called in whatever order, a store answers as the obvious one does, shows the same to every reader, and tells whoever waits; and what comes from
/// several threads at once ends as one of the orders, one after the other, would have.
/// </summary>
public sealed class A_store(ITestOutputHelper output)
{
    private static readonly Func<TimeProvider, StoreFile, IFlowStore> Memory = (clock, _) => new MemoryFlowStore(clock);
    private static readonly Func<TimeProvider, StoreFile, IFlowStore> Sqlite =
        (clock, file) => new SqliteFlowStore(new() { Path = file.Path, CheckUpToMegabytes = 0 }, clock, NullLogger<SqliteFlowStore>.Instance);

    private readonly ConcurrentDictionary<string, int> met = [];

    public static TheoryData<string> Wrong => [.. WrongStores.All.Keys];

    [Fact]
    public void In_memory_answers_as_the_obvious_one_does()
    {
        InOrder(Memory, Samples.Times(4_000));
        foreach (var (answer, times) in met.OrderBy(m => m.Key, StringComparer.Ordinal)) output.WriteLine($"{answer}: {times}");
        met.Keys.Should().Contain(["Commits Ok", "Commits FenceLost", "Commits VersionConflict", "Commits WorkGone", "Commits KeyTaken", "Renews True", "Renews False"], "without meeting these, it says little");
        met.Values.Min().Should().BeGreaterThan(100);
    }

    [Fact]
    public void In_a_file_answers_as_the_obvious_one_does_also_after_kills() => InOrder(Sqlite, Samples.Times(150), StoreCalls.Reopen);

    [Fact]
    public void In_memory_takes_calls_from_several_threads_as_if_one_after_the_other() => AtOnce(Memory, Samples.Times(300));

    [Fact]
    public void In_a_file_takes_calls_from_several_threads_as_if_one_after_the_other() => AtOnce(Sqlite, Samples.Times(60));

    [Theory, MemberData(nameof(Wrong))]
    public void That_is_wrong_is_found(string how) => Samples.MustFind(how, () => InOrder((clock, file) => WrongStores.All[how](Memory(clock, file)), 300));

    [Fact]
    public void That_is_wrong_only_when_several_call_at_once_is_found() => Samples.MustFind("looks, then writes", () => AtOnce((clock, file) => new LooksThenWrites(Memory(clock, file)), 400));

    private void InOrder(Func<TimeProvider, StoreFile, IFlowStore> open, long times, Gen<StoreCall>? kills = null)
    {
        using var all = new Opened(open, open == Sqlite ? TimeSpan.FromMinutes(1) : default);
        Gen.Const(0).Select(_ => all.New()).SampleModelBased(
            [
                Operation(StoreCalls.Commit), Operation(StoreCalls.Commit), Operation(StoreCalls.Commit), Operation(StoreCalls.Commit), Operation(StoreCalls.Ask), Operation(StoreCalls.Ask),
                Operation(StoreCalls.Ask), Operation(StoreCalls.Look), Operation(StoreCalls.Pass), Operation(Gen.Frequency((1, StoreCalls.Prune), (2, StoreCalls.Pass))),
                .. kills is null ? (GenOperation<StoreUnderTest, StoreModel>[])[] : [Operation(Gen.Frequency((1, kills), (3, StoreCalls.Commit)))],
            ], Same, iter: times, threads: 2, printActual: s => Newest(s.Answers), printModel: m => Newest(m.Answers), writeLine: output.WriteLine);
    }

    private void AtOnce(Func<TimeProvider, StoreFile, IFlowStore> open, long times)
    {
        using var all = new Opened(open, open == Sqlite ? TimeSpan.FromMinutes(1) : default);
        Gen.Const(0).Select(_ => (new FourHeld(all), new List<StoreCall>())).SampleParallel(
            // No holder gives a stream back while its own commit is under way: what becomes of both is left open by the contract.
            [AtOnce(StoreCalls.Commit), AtOnce(StoreCalls.Commit), AtOnce(StoreCalls.Ask.Where(c => c is not Releases)), AtOnce(StoreCalls.Ask.Where(c => c is not Releases))],
            (held, order) => held.IsExplainedBy(order), maxSequentialOperations: 3, maxParallelOperations: 5, iter: times, threads: 3, writeLine: output.WriteLine,
            printActual: held => held.ToString(), printModel: order => $"{order.Count} calls");
    }

    private GenOperation<StoreUnderTest, StoreModel> Operation(Gen<StoreCall> calls) =>
        calls.Operation<StoreUnderTest, StoreModel>(c => c.ToString(), (store, call) => store.Do(call), (model, call) =>
        {
            model.Do(call);
            if (call is Commits or Renews && model.Answers[call.Id].Split(' ', '\n')[0] is { Length: > 0 } answer) met.AddOrUpdate($"{call.GetType().Name} {answer}", 1, (_, n) => n + 1);
        });

    private static GenOperation<FourHeld, List<StoreCall>> AtOnce(Gen<StoreCall> calls) =>
        calls.Operation<FourHeld, List<StoreCall>>(c => c.ToString(), (held, call) => held.Store.Do(call), (order, call) => order.Add(call));

    private static bool Same(StoreUnderTest store, StoreModel model) =>
        store.Answers.Count == model.Answers.Count && model.Answers.All(a => store.Answers.GetValueOrDefault(a.Key) == a.Value);

    private static string Newest(IEnumerable<KeyValuePair<int, string>> answers) => string.Join('\n', answers.Select(a => $"{a.Key}: {a.Value}").TakeLast(4));

    /// <summary>All stores of a sample; a thread has done with its last one when it wants the next.</summary>
    private sealed class Opened(Func<TimeProvider, StoreFile, IFlowStore> open, TimeSpan patience) : IDisposable
    {
        private readonly ThreadLocal<StoreUnderTest?> last = new();
        private readonly ConcurrentBag<StoreUnderTest> all = [];

        public StoreUnderTest One()
        {
            var store = new StoreUnderTest(open, patience);
            all.Add(store);
            return store;
        }

        public (StoreUnderTest, StoreModel) New()
        {
            last.Value?.Dispose();
            var store = last.Value = One();
            store.Listen();
            return (store, new(store));
        }

        public void Dispose()
        {
            foreach (var store in all) store.Dispose();
            last.Dispose();
        }
    }

    /// <summary>Four streams are held and written, with inputs that wait; the others are free. Opened when it is first called: CsCheck makes one for each order it tries.</summary>
    private sealed class FourHeld(Opened all)
    {
        private static readonly StoreCall[] Begin =
        [
            new Commits(-1, null, [new(0, 0, null), new(1, 0, null)], [], []), new Commits(-2, null, [new(2, 0, null), new(3, 0, null)], [], []), new Claims(-3, 4, 1_000),
            .. Enumerable.Range(0, 4).Select(i => new Commits(-4 - i, new(i, 0, true, ChangeKind.Plain, 1, 0, false), [new(i, 0, null)], [], [])),
        ];

        private readonly Lazy<StoreUnderTest> store = new(() =>
        {
            var one = all.One();
            foreach (var call in Begin) one.Do(call);
            one.Freeze();
            return one;
        });

        private readonly Lock closing = new();
        private string? end;

        public StoreUnderTest Store => store.Value;

        public bool IsExplainedBy(List<StoreCall> order)
        {
            var model = new StoreModel(Store, hears: false);
            foreach (var call in Begin) model.Do(call);
            model.Freeze();
            foreach (var call in order) model.Do(call);
            // CsCheck tries several orders at once.
            lock (closing)
            {
                end ??= Store.All();
                Store.Dispose();
            }
            return Same(Store, model) && end == model.All();
        }

        public override string ToString() => $"{Newest(Store.Answers)}\n{end}";
    }
}
