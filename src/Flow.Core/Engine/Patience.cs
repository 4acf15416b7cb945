namespace Flow.Engine;

/// <summary>Nobody outside is waited for without end: who does not answer has failed in a way that may pass, and is asked again.</summary>
internal static class Patience
{
    /// <summary>For what takes seconds where all is well.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    public static async Task<T> AskAsync<T>(string what, Func<CancellationToken, Task<T>> ask, TimeProvider time, CancellationToken unwanted, TimeSpan? patience = null, string code = "no-answer")
    {
        var limit = patience ?? Usual;
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(unwanted, deadline.Token);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !unwanted.IsCancellationRequested)
        {
            throw new FlowException(code, $"No answer within {limit} to the request to {what}.", transient: true);
        }
    }
}
