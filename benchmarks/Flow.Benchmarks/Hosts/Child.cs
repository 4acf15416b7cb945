using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace Flow.Benchmarks.Hosts;

/// <summary>This program once more, as another process that plays a host and says on its standard output how far it is.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly Channel<(string Line, TimeSpan At)> said = Channel.CreateUnbounded<(string, TimeSpan)>();
    private readonly StringBuilder errors = new();
    private readonly Process process;

    public Child(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Child).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, output) =>
        {
            if (output.Data is { } line) said.Writer.TryWrite((line, Stopwatch.GetElapsedTime(started)));
            else said.Writer.TryComplete();
        };
        process.ErrorDataReceived += (_, output) => errors.AppendLine(output.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits for a line; returns when it came, from the start of the process.</summary>
    public async Task<TimeSpan> UntilAsync(string line)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var (text, at) = await said.Reader.ReadAsync(patience.Token);
                if (text == line) return at;
            }
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            throw new InvalidOperationException($"The child process never said '{line}'. {errors}");
        }
    }

    /// <summary>Resident memory in bytes, as the kernel counts it.</summary>
    public long ResidentBytes()
    {
        foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/status")))
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal)) return long.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
        throw new InvalidOperationException("The kernel tells no VmRSS.");
    }

    /// <summary>Asks it to shut down, as a host is asked.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start(new ProcessStartInfo("kill") { ArgumentList = { "-TERM", process.Id.ToString(CultureInfo.InvariantCulture) } })!;
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
    }

    /// <summary>Killed, as in a crash, if it has not been stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
