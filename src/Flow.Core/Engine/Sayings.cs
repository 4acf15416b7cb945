namespace Flow.Engine;

/// <summary>
/// What an effect tells its stream while it goes on. Listening goes on inside the call that says something: a channel would, when its wait is
/// cancelled, go on on a foreign thread, and a simulation must own every turn.
/// </summary>
internal sealed class Sayings
{
    internal sealed record Saying(Input Input, TaskCompletionSource<bool> Committed);

    private readonly Lock gate = new();
    private readonly Queue<Saying> said = [];
    private TaskCompletionSource? listener;
    private bool over;

    /// <summary>True once it is committed; false when nobody listens any more.</summary>
    public Task<bool> SayAsync(Input input)
    {
        var saying = new Saying(input, new());
        TaskCompletionSource? listening;
        lock (gate)
        {
            if (over) return Task.FromResult(false);
            said.Enqueue(saying);
            (listening, listener) = (listener, null);
        }
        listening?.TrySetResult();
        return saying.Committed.Task;
    }

    public Saying? Hear()
    {
        lock (gate) return said.TryDequeue(out var saying) ? saying : null;
    }

    public Task SomethingIsSaid()
    {
        lock (gate) return said.Count > 0 ? Task.CompletedTask : (listener ??= new()).Task;
    }

    /// <summary>Nobody listens any more: an effect that waits to hear that its word is committed would never end.</summary>
    public void End()
    {
        lock (gate) over = true;
        while (Hear() is { } late) late.Committed.TrySetResult(false);
    }
}
