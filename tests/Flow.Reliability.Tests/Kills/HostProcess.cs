using System.Collections.Concurrent;
using System.Diagnostics;

namespace Flow.Reliability.Tests.Kills;

/// <summary>A host that is a process of its own. What it has said is read to the end, also after it was killed.</summary>
internal sealed class HostProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly TaskCompletionSource<TimeSpan> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> asked = new();
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly Task hearing;
    private int answers;

    /// <summary>Starts it; <paramref name="heard"/> is told of every answer: key and what was said.</summary>
    public HostProcess(ProcessStartInfo start, Action<string, string> heard)
    {
        process = Process.Start(start)!;
        hearing = Task.WhenAll(ListenAsync(heard), ComplainAsync());
    }

    /// <summary>What it had to log: errors.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>How many answers it has given in its life.</summary>
    public int Answers => Volatile.Read(ref answers);

    /// <summary>Healthy, so long after its start.</summary>
    public async Task<TimeSpan> ReadyAsync()
    {
        try { return await ready.Task.WaitAsync(Patience); }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException) { throw new InvalidOperationException($"The host is not ready: {string.Join('\n', complaints)}", e); }
    }

    /// <summary>Says something; nothing happens when nobody listens any more.</summary>
    public void Tell(string line)
    {
        try { process.StandardInput.Write(line + "\n"); process.StandardInput.Flush(); }
        catch (IOException) { }
    }

    /// <summary>Says something and waits for the answer.</summary>
    public async Task<string> AskAsync(string key, string request, int seconds = 60)
    {
        var answer = asked.GetOrAdd(key, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        Tell($"{key} {request}");
        try { return await answer.Task.WaitAsync(TimeSpan.FromSeconds(seconds)); }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException) { throw new InvalidOperationException($"No answer to '{request}': {string.Join('\n', complaints)}", e); }
        finally { asked.TryRemove(key, out _); }
    }

    /// <summary>SIGKILL to the host alone: nothing that it started is asked or told.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        // What a killed host started may hold its errors' pipe; its answers' nobody but the host has.
        await hearing.WaitAsync(Patience);
    }

    /// <summary>Ends it as an operator would.</summary>
    public async Task StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(Patience);
        await hearing.WaitAsync(Patience);
        if (process.ExitCode != 0) throw new InvalidOperationException($"The host ended with code {process.ExitCode}: {string.Join('\n', complaints)}");
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        // It may still write: only what has ended leaves its files alone.
        process.WaitForExit(Patience);
        process.Dispose();
    }

    private async Task ListenAsync(Action<string, string> heard)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == Conversation.Ready)
            {
                ready.TrySetResult(Stopwatch.GetElapsedTime(started));
                continue;
            }
            var (key, what) = (line[..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..]);
            heard(key, what);
            Interlocked.Increment(ref answers);
            if (asked.TryGetValue(key, out var waiting)) waiting.TrySetResult(what);
        }
        ready.TrySetCanceled();
        foreach (var waiting in asked.Values) waiting.TrySetCanceled();
    }

    private async Task ComplainAsync()
    {
        while (await process.StandardError.ReadLineAsync() is { } line) complaints.Enqueue(line);
    }
}
