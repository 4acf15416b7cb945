using System.Globalization;
using System.Text;

namespace Flow.Providers.Local.Supervision;

/// <summary>One process as the kernel shows it. <paramref name="Started"/> (clock ticks since boot) tells it from a later one with the same pid.</summary>
internal readonly record struct ProcessEntry(int Pid, int Parent, int Session, char State, ulong Started)
{
    /// <summary>A zombie is gone; only nobody has asked how it ended yet.</summary>
    public bool Alive => State is not ('Z' or 'X');
}

/// <summary>Reads /proc.</summary>
internal static class ProcFs
{
    /// <summary>Null when there is no such process.</summary>
    public static ProcessEntry? Read(int pid) => Parse(pid, ReadBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), 1024));

    /// <summary>Null when it is not what the kernel writes.</summary>
    public static ProcessEntry? Parse(int pid, ReadOnlySpan<byte> text)
    {
        // The name, in parentheses, may hold anything, parentheses and blanks included.
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length) return null;
        var fields = Encoding.ASCII.GetString(text[(close + 2)..]).Split(' ', 64);
        return fields.Length >= 20 && fields[0].Length == 1 && int.TryParse(fields[1], CultureInfo.InvariantCulture, out var parent)
            && int.TryParse(fields[3], CultureInfo.InvariantCulture, out var session) && ulong.TryParse(fields[19], CultureInfo.InvariantCulture, out var started)
            ? new(pid, parent, session, fields[0][0], started) : null;
    }

    public static IEnumerable<ProcessEntry> All()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Read(pid) is { } entry)
                yield return entry;
    }

    /// <summary>Whether it was started with this variable. False for processes of other users.</summary>
    public static bool HasVariable(int pid, string nameAndValue)
    {
        var environment = ReadBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"), 4 * 1024 * 1024).AsSpan();
        var wanted = Encoding.UTF8.GetBytes(nameAndValue + "\0");
        var at = environment.IndexOf(wanted);
        return at == 0 || (at > 0 && environment[at - 1] == 0);
    }

    /// <summary>Differs after each boot of the machine, when start times begin anew.</summary>
    public static string BootId() => Encoding.ASCII.GetString(ReadBytes("/proc/sys/kernel/random/boot_id", 64)).Trim();

    private static byte[] ReadBytes(string path, int max)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var buffer = new byte[Math.Min(max, 4096)];
            var length = 0;
            while (file.Read(buffer, length, buffer.Length - length) is > 0 and var read)
            {
                length += read;
                if (length < buffer.Length) continue;
                if (length >= max) break;
                Array.Resize(ref buffer, Math.Min(max, buffer.Length * 2));
            }

            return buffer[..length];
        }
        // The process ended in between, or belongs to somebody else.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
