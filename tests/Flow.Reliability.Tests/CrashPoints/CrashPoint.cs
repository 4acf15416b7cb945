namespace Flow.Reliability.Tests.CrashPoints;

/// <summary>What can go wrong where the engine touches its store or the world outside.</summary>
[Flags]
internal enum Fault
{
    None = 0,
    /// <summary>The process dies, and nothing was done.</summary>
    CrashBefore = 1,
    /// <summary>It was done, and the process dies before it hears so.</summary>
    CrashAfter = 2,
    /// <summary>Nothing was done; the caller gets an exception.</summary>
    Error = 4,
    /// <summary>It was done; the caller gets an exception.</summary>
    AnswerLost = 8,
    /// <summary>It was done; the caller never gets an answer.</summary>
    Silence = 16,

    Crash = CrashBefore | CrashAfter,
    /// <summary>Of a write to the store.</summary>
    OfAWrite = Crash | Error | AnswerLost,
    /// <summary>Of a call to the world outside.</summary>
    OfACall = OfAWrite | Silence,
}

/// <summary>One place where the engine touches its store or the world outside.</summary>
/// <param name="What">Such as <c>commit 17 of run/shop-staging.2 (run.step-succeeded deploy)</c>.</param>
/// <param name="Faults">What can go wrong there.</param>
internal sealed record CrashPoint(string What, Fault Faults);

/// <summary>A fault at the n-th point, counted from where the flow says, or from the fault before.</summary>
internal sealed record FaultAt(int Point, Fault Fault)
{
    public override string ToString() => $"{Point}.{Fault}";

    public static FaultAt Parse(string text) => text.Split('.') is [var point, var fault] ? new(int.Parse(point), Enum.Parse<Fault>(fault)) : throw new FormatException($"'{text}' is no POINT.FAULT.");

    public static string Tell(string what, Fault fault) => fault switch
    {
        Fault.CrashBefore => $"before {what}, crash",
        Fault.CrashAfter => $"after {what}, crash unrecorded",
        Fault.Error => $"at {what}, error",
        Fault.AnswerLost => $"after {what}, answer lost",
        _ => $"after {what}, silence",
    };
}
