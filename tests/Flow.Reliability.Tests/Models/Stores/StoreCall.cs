using CsCheck;

namespace Flow.Reliability.Tests.Models.Stores;

/// <summary>
/// One call of a store, in small numbers that CsCheck can make smaller: claims are counted back from the newest one, times are seconds. Its id names its answer.
/// </summary>
internal abstract record StoreCall(int Id);

internal sealed record Passes(int Id, int Seconds) : StoreCall(Id);
internal sealed record Claims(int Id, int Max, int Lease) : StoreCall(Id);
internal sealed record Renews(int Id, int Claim, int Lease) : StoreCall(Id);
internal sealed record Releases(int Id, int Claim, int After) : StoreCall(Id);
internal sealed record ReadsWork(int Id, int Claim, int Max) : StoreCall(Id);
internal sealed record Lists(int Id, int? AfterStream, int Max) : StoreCall(Id);
internal sealed record ReadsEvents(int Id, int? Stream, int AfterEvent, int Max) : StoreCall(Id);
internal sealed record Prunes(int Id, int Age) : StoreCall(Id);

/// <summary>The process is killed, and the next one opens what it left.</summary>
internal sealed record Reopens(int Id) : StoreCall(Id);

internal sealed record Commits(int Id, Changing? Change, IReadOnlyList<Posting> Work, IReadOnlyList<int> Reserve, IReadOnlyList<int> Answers) : StoreCall(Id)
{
    public override string ToString() => $"Commits {Id}: {Change}, work [{string.Join(", ", Work)}], reserves [{string.Join(", ", Reserve)}], answers [{string.Join(", ", Answers)}]";
}

/// <param name="Claim">By which claim, current or not.</param>
/// <param name="VersionOff">0: based on the stored version.</param>
/// <param name="Snapshot">Brings a new state.</param>
/// <param name="Kind">What else is special.</param>
/// <param name="Events">How many.</param>
/// <param name="Complete">Deals with so many of the inputs that are due.</param>
/// <param name="Bogus">Completes one that does not exist, too.</param>
internal sealed record Changing(int Claim, int VersionOff, bool Snapshot, ChangeKind Kind, int Events, int Complete, bool Bogus);

internal enum ChangeKind { Plain, Owes, Forgets, Unwritten }

/// <param name="Stream">To which.</param>
/// <param name="After">Due in so many seconds; may lie in the past.</param>
/// <param name="Key">Somebody waits under this key.</param>
internal sealed record Posting(int Stream, int After, int? Key);

internal static class StoreCalls
{
    public const int Streams = 6, Keys = 5;
    private static readonly Gen<int> Id = Gen.Int[0, 1 << 30];
    // Mostly the newest claims; older ones are there to see them refused.
    private static readonly Gen<int> Claim = Gen.Frequency((6, Gen.Int[0, 2]), (1, Gen.Int[0, 12]));
    private static readonly Gen<IReadOnlyList<Posting>> Work =
        Gen.Select(Gen.Int[0, Streams - 1], Gen.Frequency((3, Gen.Const(0)), (2, Gen.Int[-30, 90])), Gen.Int[0, Keys - 1].Nullable(0.7), (s, a, k) => new Posting(s, a, k)).List[0, 2].Select(l => (IReadOnlyList<Posting>)l);
    private static readonly Gen<IReadOnlyList<int>> SomeKeys = Gen.Frequency((3, Gen.Const((IReadOnlyList<int>)[])), (1, Gen.Int[0, Keys - 1].List[1, 2].Select(l => (IReadOnlyList<int>)l)));
    private static readonly Gen<ChangeKind> Kind = Gen.Frequency((6, Gen.Const(ChangeKind.Plain)), (4, Gen.Const(ChangeKind.Owes)), (1, Gen.Const(ChangeKind.Forgets)), (1, Gen.Const(ChangeKind.Unwritten)));
    private static readonly Gen<Changing> Change = Gen.Select(Claim, Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[-1, 1])), Gen.Bool, Kind, Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 14].Select(n => n == 0),
        (c, v, s, k, e, n, b) => new Changing(c, v, s, k, e, n, b));

    public static Gen<StoreCall> Commit { get; } = Gen.Select(Id, Gen.Frequency((1, Gen.Const((Changing?)null)), (3, Change.Select(c => (Changing?)c))), Work, SomeKeys, SomeKeys,
        (id, c, w, r, a) => (StoreCall)new Commits(id, c, w, r, a));
    public static Gen<StoreCall> Ask { get; } = Gen.OneOf<StoreCall>(
        Gen.Select(Id, Claim, Gen.Int[1, 100], (id, c, l) => (StoreCall)new Renews(id, c, l)),
        Gen.Select(Id, Claim, Gen.Frequency((1, Gen.Const(0)), (1, Gen.Int[1, 60])), (id, c, a) => (StoreCall)new Releases(id, c, a)),
        Gen.Select(Id, Claim, Gen.Int[1, 4], (id, c, m) => (StoreCall)new ReadsWork(id, c, m)),
        Gen.Select(Id, Gen.Int[1, 3], Gen.Int[1, 100], (id, m, l) => (StoreCall)new Claims(id, m, l)));
    public static Gen<StoreCall> Look { get; } = Gen.OneOf<StoreCall>(
        Gen.Select(Id, Gen.Int[0, Streams - 1].Nullable(), Gen.Int[1, 4], (id, s, m) => (StoreCall)new Lists(id, s, m)),
        Gen.Select(Id, Gen.Int[0, Streams - 1].Nullable(), Gen.Int[-1, 6], Gen.Int[1, 5], (id, s, e, m) => (StoreCall)new ReadsEvents(id, s, e, m)));
    public static Gen<StoreCall> Pass { get; } = Gen.Select(Id, Gen.Int[1, 120], (id, s) => (StoreCall)new Passes(id, s));
    public static Gen<StoreCall> Prune { get; } = Gen.Select(Id, Gen.Int[0, 400], (id, a) => (StoreCall)new Prunes(id, a));
    public static Gen<StoreCall> Reopen { get; } = Id.Select(id => (StoreCall)new Reopens(id));
}
