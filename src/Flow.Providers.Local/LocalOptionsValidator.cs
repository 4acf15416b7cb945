using Flow.Providers.Local.Supervision;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local;

/// <summary>All that is wrong at once, each with its key and its remedy.</summary>
internal sealed class LocalOptionsValidator : IValidateOptions<LocalOptions>
{
    public ValidateOptionsResult Validate(string? name, LocalOptions options)
    {
        List<string> wrong = [];
        if (!OperatingSystem.IsLinux()) wrong.Add("The local providers supervise processes by means of Linux (sessions, /proc). On other systems use the Docker providers.");
        if (string.IsNullOrWhiteSpace(options.DataDirectory)) wrong.Add("Flow:Local:DataDirectory is empty: name a directory that belongs to Flow alone.");
        else if (TryCreate(options.DataDirectory) is { } trouble) wrong.Add($"Flow:Local:DataDirectory '{options.DataDirectory}' cannot be used: {trouble}");
        if (options.InheritedVariables.Any(v => string.IsNullOrWhiteSpace(v) || v.Contains('=', StringComparison.Ordinal))) wrong.Add("Flow:Local:InheritedVariables holds names of environment variables, without '=' and value.");
        if (options.SeedDirectory is { } seeds && !Directory.Exists(seeds)) wrong.Add($"Flow:Local:SeedDirectory '{seeds}' is not there: make it, or take the setting out.");
        if (options.SpareSupervisors is < 0 or > 16) wrong.Add($"Flow:Local:SpareSupervisors is {options.SpareSupervisors}: 0 to 16.");
        if (options.SupervisorCommand.Count == 0 && !FlowSupervisor.Offered)
            wrong.Add("The host's binary cannot supervise. Begin Program.cs with: if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode; - or set Flow:Local:SupervisorCommand.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static string? TryCreate(string directory)
    {
        try
        {
            LocalDirectories.Claim(Path.GetFullPath(directory));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
