using System.Text.RegularExpressions;
using Flow.Providers.Local.Files;
using Flow.Runtimes;

namespace Flow.Providers.Local.Runtime;

/// <summary>What a deployment must look like before anything of it is started.</summary>
internal static partial class DeploymentRules
{
    private const int MostProcesses = 100;

    public static Failure? Check(DeploymentSpec spec)
    {
        if (spec.Processes.FirstOrDefault(p => !TypeName().IsMatch(p.Type)) is { } bad) return Invalid($"'{HostileText.Shown(bad.Type)}' is no process type: letters, digits, dashes and underscores, at most 40.");
        if (spec.Processes.GroupBy(p => p.Type, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) return Invalid($"Process type '{HostileText.Shown(twice.Key)}' is there twice.");
        if (spec.Processes.Any(p => p.Quantity < 0) || spec.Processes.Sum(p => (long)p.Quantity) > MostProcesses) return Invalid($"A deployment has 0 to {MostProcesses} processes on this runtime.");
        if (!HealthPath().IsMatch(spec.Health.Path)) return Invalid("The health check's path begins with '/' and has no blanks, control characters or fragment.");
        if (spec.Processes.FirstOrDefault(p => p.Health is { } health && !HealthPath().IsMatch(health.Path)) is { } unasked) return Invalid($"The path of the health check of '{unasked.Type}' begins with '/' and has no blanks, control characters or fragment.");
        return CheckEnvironment(spec.Environment);
    }

    public static Failure? CheckEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        foreach (var (name, value) in environment)
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
                return Invalid($"Config var '{HostileText.Shown(name)}' cannot be an environment variable: a name has no '=', and neither name nor value a NUL character.");
        return null;
    }

    private static Failure Invalid(string message) => new("deployment-invalid", message);

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^/[!-""$-~]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HealthPath();
}
