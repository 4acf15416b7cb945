using System.Globalization;
using System.Text.RegularExpressions;
using Flow.Runtimes;

namespace Flow.Manifests;

/// <summary>The <c>flow</c> key. It is our own, so what it does not know is an error: a typo must be told.</summary>
internal sealed partial class ManifestReader
{
    private const int MaxSync = MaxEnv;
    private const int LongestPath = 255;
    private const long LeastMemory = 4 * 1024 * 1024;
    private const long MostMemory = 1L << 40;
    private static readonly TimeSpan LongestHealth = TimeSpan.FromHours(1);

    private readonly List<(ManifestValue Where, string Name)> synced = [];

    private ManifestPart Flow(ManifestValue of, ManifestPart part)
    {
        foreach (var entry in Ours(of, "root", "paths", "sync", "scripts", "processes"))
        {
            part = entry.Name switch
            {
                "root" => part with { Root = Root(entry) },
                "paths" => part with { Paths = Paths(entry) },
                "sync" => part with { Sync = Sync(entry) },
                "scripts" => part with { Scripts = ManifestPart.Over(part.Scripts, Ours(entry, "deploy").ToDictionary(s => s.Name!, Script)) },
                _ => Processes(entry, part),
            };
        }
        return part;
    }

    /// <summary>Entries of an object of ours: others than these are errors.</summary>
    private IEnumerable<ManifestValue> Ours(ManifestValue of, params string[] known)
    {
        foreach (var entry in Entries(of))
        {
            if (!known.Contains(entry.Name)) findings.Error(entry.NameAt, entry.Path, $"is not known: here are {string.Join(", ", known)}.");
            else if (entry.IsNull) findings.Warn(entry, "is null: as if it were not there.");
            else yield return entry;
        }
    }

    private string? Root(ManifestValue of)
    {
        if (OwnText(of)?.Trim() is not { } text) return null;
        var root = text.TrimEnd('/');
        // In an environment it takes the base's away again.
        if (text is "" or "." or "./") return "";
        if (root.Length is 0 or > LongestPath || text[0] == '/' || root.Split('/').Any(p => p is "" or "." or ".." || p.Equals(".git", StringComparison.OrdinalIgnoreCase)) || root.Any(c => char.IsControl(c) || c is '\\' or ':'))
        {
            findings.Error(of, $"'{Shown(text)}' is no folder below this one: write it relative and with '/', such as \"services/shop\".");
            return null;
        }
        return root;
    }

    private List<string> Paths(ManifestValue of)
    {
        var globs = new List<string>();
        foreach (var entry in Elements(of, PathGlobs.Max))
        {
            if (OwnText(entry)?.Trim() is not { } glob) continue;
            if (PathGlobs.Problem(glob) is { } problem) findings.Error(entry, $"'{Shown(glob)}' {problem}.");
            else globs.Add(glob);
        }
        return globs;
    }

    private List<string> Sync(ManifestValue of)
    {
        var names = new List<string>();
        foreach (var entry in Elements(of, MaxSync))
        {
            if (OwnText(entry)?.Trim() is not { } name) continue;
            synced.Add((entry, name));
            names.Add(name);
        }
        return names;
    }

    private void CheckSync()
    {
        foreach (var (where, name) in synced.Where(s => !declared.Contains(s.Name))) findings.Error(where, $"'{Shown(name)}' is no config var of env: declare it there, or correct the name.");
    }

    private ManifestPart Processes(ManifestValue of, ManifestPart part)
    {
        var health = new Dictionary<string, HealthCheck?>(StringComparer.Ordinal);
        var limits = new Dictionary<string, ProcessLimits?>(StringComparer.Ordinal);
        foreach (var type in Entries(of).Where(IsProcessType))
        {
            foreach (var entry in Ours(type, "health", "limits"))
            {
                if (entry.Name == "health") health[type.Name!] = Health(entry);
                else limits[type.Name!] = Limits(entry);
            }
        }
        return part with { Health = health, Limits = limits };
    }

    private HealthCheck Health(ManifestValue of)
    {
        var health = new HealthCheck();
        foreach (var entry in Ours(of, "path", "timeout"))
        {
            if (entry.Name == "timeout") health = health with { Timeout = Span(entry) ?? health.Timeout };
            else if (OwnText(entry) is { } path)
            {
                if (HealthPath().IsMatch(path)) health = health with { Path = path };
                else findings.Error(entry, "must be a path that begins with '/', such as \"/health\": at most 255 characters, no white space.");
            }
        }
        return health;
    }

    private ProcessLimits? Limits(ManifestValue of)
    {
        var limits = new ProcessLimits();
        foreach (var entry in Ours(of, "memory", "cpu"))
        {
            limits = entry.Name == "memory" ? limits with { MemoryBytes = Memory(entry) } : limits with { Cpu = Cpu(entry) };
        }
        return limits == new ProcessLimits() ? null : limits;
    }

    private TimeSpan? Span(ManifestValue of)
    {
        if (Measure(of) is ({ } number, var unit) && (unit switch { "" or "s" => 1d, "ms" => 0.001, "m" or "min" => 60d, "h" => 3_600d, _ => 0d }) is > 0 and var factor
            && (double)number * factor is var seconds && seconds >= 1 && seconds <= LongestHealth.TotalSeconds) return TimeSpan.FromMilliseconds(Math.Round(seconds * 1_000));
        findings.Error(of, "must be seconds, or a text such as \"30s\" or \"2m\": from 1 second to 1 hour.");
        return null;
    }

    private long? Memory(ManifestValue of)
    {
        if (Measure(of) is ({ } number, var unit) && (unit switch { "" or "b" => 1L, "k" or "kb" or "kib" => 1L << 10, "m" or "mb" or "mib" => 1L << 20, "g" or "gb" or "gib" => 1L << 30, _ => 0L }) is > 0 and var factor
            && number * factor is >= LeastMemory and <= MostMemory and var bytes) return (long)bytes;
        findings.Error(of, "must be bytes, or a text such as \"512MB\" (of 1,024 x 1,024 bytes): from 4MB to 1024GB.");
        return null;
    }

    private double? Cpu(ManifestValue of)
    {
        if (Measure(of) is ({ } number, "") && number is >= 0.01m and <= 1_024m) return (double)number;
        findings.Error(of, "must be a number of processors, such as 0.5: from 0.01 to 1024.");
        return null;
    }

    /// <summary>A number of at most 13 digits, and its unit.</summary>
    private static (decimal? Number, string Unit) Measure(ManifestValue of)
    {
        if (!(of.IsNumber || of.IsText) || Amount().Match(of.Text.Trim()) is not { Success: true } match) return (null, "");
        return (decimal.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture), match.Groups[2].Value.ToLowerInvariant());
    }

    private string? OwnText(ManifestValue of)
    {
        if (of.IsText) return of.Text;
        findings.Error(of, $"must be a text in double quotes, not {of.What}.");
        return null;
    }

    [GeneratedRegex(@"^([0-9]{1,13}(?:\.[0-9]{1,6})?) ?([A-Za-z]{0,3})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Amount();

    [GeneratedRegex(@"^/[\x21-\x22\x24-\x5b\x5d-\x7e]{0,254}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HealthPath();
}
