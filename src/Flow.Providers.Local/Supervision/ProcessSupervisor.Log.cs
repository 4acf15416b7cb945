using Microsoft.Extensions.Logging;

namespace Flow.Providers.Local.Supervision;

internal sealed partial class ProcessSupervisor
{
    [LoggerMessage(4101, LogLevel.Information, "Supervisor {Pid} of {Id} started")]
    private static partial void LogStarted(ILogger logger, string id, int pid);

    [LoggerMessage(4102, LogLevel.Warning, "The supervisor of {Id} vanished; what its command left running was killed")]
    private static partial void LogVanished(ILogger logger, string id);

    [LoggerMessage(4103, LogLevel.Warning, "The supervisor {Pid} of {Id} did not stop in time and was killed")]
    private static partial void LogStuck(ILogger logger, string id, int pid);

    [LoggerMessage(4104, LogLevel.Debug, "Nothing of {Id} is left")]
    private static partial void LogStopped(ILogger logger, string id);
}
