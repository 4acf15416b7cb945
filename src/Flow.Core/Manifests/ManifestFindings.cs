using System.Globalization;
using System.Text;

namespace Flow.Manifests;

/// <summary>What is wrong with a manifest, and what is only odd: bounded, each with its place. Shows names of the file, never its values.</summary>
internal sealed class ManifestFindings(byte[] utf8)
{
    public const int MaxErrors = 20;
    public const int MaxWarnings = 100;
    private const int LongestMessage = 2_800;

    private readonly List<(int At, string Text)> errors = [];
    private readonly List<ManifestWarning> warnings = [];
    private int furtherErrors, furtherWarnings;

    /// <summary>In the order of their lines.</summary>
    public IReadOnlyList<ManifestWarning> Warnings =>
        [.. warnings.OrderBy(w => w.Line), .. furtherWarnings == 0 ? (IEnumerable<ManifestWarning>)[] : [new(1, "$", $"There are {furtherWarnings} more such places; they are treated alike.")]];

    public bool Wrong => errors.Count > 0;

    public void Error(int at, string path, string message)
    {
        if (errors.Count >= MaxErrors)
        {
            furtherErrors++;
            return;
        }
        var (line, column) = Place(at);
        errors.Add((at, string.Create(CultureInfo.InvariantCulture, $"line {line}, column {column}, {path}: {message}")));
    }

    public void Error(ManifestValue where, string message) => Error(where.At, where.Path, message);

    public void Warn(int at, string path, string message)
    {
        // One place is left for saying how many there are beside.
        if (warnings.Count >= MaxWarnings - 1) furtherWarnings++;
        else warnings.Add(new(Place(at).Line, path, message));
    }

    public void Warn(ManifestValue where, string message) => Warn(where.NameAt, warnings.Count < MaxWarnings ? where.Path : "", message);

    public void ThrowIfWrong()
    {
        if (!Wrong) return;
        var message = new StringBuilder(AppJson.FileName).Append(errors.Count == 1 ? " has an error: " : $" has {errors.Count + furtherErrors} errors:\n");
        var told = 0;
        foreach (var (_, error) in errors.OrderBy(e => e.At))
        {
            if (message.Length + error.Length > LongestMessage) break;
            if (told++ > 0) message.Append('\n');
            message.Append(error);
        }
        if (errors.Count + furtherErrors - told is > 0 and var more) message.Append(CultureInfo.InvariantCulture, $"\nand {more} more.");
        throw new FlowException("app-json-invalid", message.ToString());
    }

    /// <summary>Both from 1, as editors count: lines end at LF, columns are UTF-16 units.</summary>
    public (int Line, int Column) Place(int at)
    {
        var before = utf8.AsSpan(0, Math.Clamp(at, 0, utf8.Length));
        return (before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }
}
