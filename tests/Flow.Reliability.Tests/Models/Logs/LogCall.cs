using CsCheck;

namespace Flow.Reliability.Tests.Models.Logs;

/// <summary>One call of a log store, or something that happens to its files. Its id names its answer.</summary>
internal abstract record LogCall(int Id);

internal sealed record OpensWriter(int Id, int Writer) : LogCall(Id);
internal sealed record Appends(int Id, int Writer, string Text) : LogCall(Id);
internal sealed record Completes(int Id, int Writer) : LogCall(Id);

/// <summary>Its process is killed.</summary>
internal sealed record Dies(int Id, int Writer) : LogCall(Id);

/// <summary>The machine lost power: the last bytes of the newest file were never written.</summary>
internal sealed record LosesItsEnd(int Id, int Bytes) : LogCall(Id);
internal sealed record Reads(int Id, long Offset, int Max) : LogCall(Id);

/// <summary>Only of a complete log: a tail of another waits for what comes.</summary>
internal sealed record Tails(int Id, long Offset) : LogCall(Id);
internal sealed record Lists(int Id) : LogCall(Id);

/// <summary>Only while nobody writes.</summary>
internal sealed record Deletes(int Id) : LogCall(Id);

internal static class LogCalls
{
    private static readonly Gen<int> Id = Gen.Int[0, 1 << 30];
    private static readonly Gen<int> Writer = Gen.Int[0, 2];
    private static readonly Gen<string> Text = Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 24], Gen.Bool, (text, ends) => ends ? text + "\n" : text);

    public static Gen<LogCall> Open { get; } = Gen.Select(Id, Writer, (id, w) => (LogCall)new OpensWriter(id, w));
    public static Gen<LogCall> Append { get; } = Gen.Select(Id, Writer, Text, (id, w, t) => (LogCall)new Appends(id, w, t));
    public static Gen<LogCall> End { get; } = Gen.OneOf(
        Gen.Select(Id, Writer, (id, w) => (LogCall)new Completes(id, w)), Gen.Select(Id, Writer, (id, w) => (LogCall)new Dies(id, w)), Gen.Select(Id, Gen.Int[1, 20], (id, n) => (LogCall)new LosesItsEnd(id, n)),
        Gen.Frequency((3, Gen.Select(Id, Writer, (id, w) => (LogCall)new Completes(id, w))), (1, Id.Select(id => (LogCall)new Deletes(id)))));
    public static Gen<LogCall> Look { get; } = Gen.OneOf(
        Gen.Select(Id, Gen.Long[0, 200], Gen.Int[1, 40], (id, o, m) => (LogCall)new Reads(id, o, m)), Gen.Select(Id, Gen.Long[0, 200], (id, o) => (LogCall)new Tails(id, o)), Id.Select(id => (LogCall)new Lists(id)));
}
