using System.Diagnostics.CodeAnalysis;

namespace Flow.Testing;

/// <summary>The few assertions that the kits need, without a test framework.</summary>
internal static class Expect
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AtLast = TimeSpan.FromMinutes(2);

    public static void That([DoesNotReturnIf(false)] bool holds, string requirement)
    {
        if (!holds) throw new ConformanceException(requirement);
    }

    public static void Equal<T>(T expected, T found, string requirement)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found)) throw new ConformanceException($"{requirement} Expected {expected}, found {found}.");
    }

    public static void Sequence<T>(IEnumerable<T> expected, IEnumerable<T> found, string requirement)
    {
        var (wanted, got) = (expected.ToList(), found.ToList());
        if (!wanted.SequenceEqual(got)) throw new ConformanceException($"{requirement} Expected [{string.Join(", ", wanted)}], found [{string.Join(", ", got)}].");
    }

    /// <summary>A machine may be slow, so the deadline is generous; what is measured is that it completes at all.</summary>
    public static async Task Completes(Task task, string requirement)
    {
        try { await task.WaitAsync(Soon); }
        catch (TimeoutException) { throw new ConformanceException(requirement); }
    }

    /// <summary>A call that never answers must fail its case, not hang the tests.</summary>
    public static async Task Ends(Task run)
    {
        try { await run.WaitAsync(AtLast); }
        catch (TimeoutException) { throw new ConformanceException($"A call has not answered within {AtLast}."); }
    }

    public static async Task Cancels(Func<CancellationToken, Task> wait, string requirement)
    {
        using var cancel = new CancellationTokenSource();
        var waiting = wait(cancel.Token);
        await cancel.CancelAsync();
        try { await waiting.WaitAsync(Soon, CancellationToken.None); }
        catch (OperationCanceledException) { return; }
        catch (TimeoutException) { throw new ConformanceException(requirement); }
        throw new ConformanceException($"{requirement} It completed without an OperationCanceledException.");
    }
}
