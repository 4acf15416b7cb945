using Microsoft.Extensions.Logging;

namespace Flow.Reliability.Tests.Kills;

/// <summary>What went wrong in a host goes to its parent, a line each.</summary>
internal sealed class StandardErrorLogs : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        (IsEnabled(logLevel) ? Console.Error : TextWriter.Null).WriteLine($"{logLevel}: {formatter(state, exception)} {exception}".ReplaceLineEndings(" "));

    public void Dispose() { }
}
