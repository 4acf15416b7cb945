using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>The log of a process that has nobody's console: one file and the one before it, a mebibyte each.</summary>
internal sealed class FileLog(string path, TimeProvider time) : ILoggerProvider
{
    private const long Largest = 1024 * 1024;
    private readonly Lock writing = new();

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose() { }

    private void Write(string line)
    {
        lock (writing)
        {
            try
            {
                if (new FileInfo(path) is { Exists: true, Length: > Largest }) File.Move(path, path + ".1", overwrite: true);
                File.AppendAllText(path, line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Traffic goes on without a log.
            }
        }
    }

    private sealed class Writer(FileLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception).ReplaceLineEndings(" ");
            var cause = exception is null ? "" : Environment.NewLine + exception;
            log.Write(string.Create(CultureInfo.InvariantCulture, $"{log.Now:O} {logLevel} {category}[{eventId.Id}] {text}{cause}{Environment.NewLine}"));
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();
}
