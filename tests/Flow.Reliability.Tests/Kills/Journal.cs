using System.Text;

namespace Flow.Reliability.Tests.Kills;

/// <summary>The world outside a host, as lines in a file: what has happened stays so, whoever is killed. One write a line.</summary>
internal sealed class Journal : IDisposable
{
    private readonly FileStream file;

    public Journal(string path)
    {
        Lines = Read(path);
        file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>What happened before this process began.</summary>
    public IReadOnlyList<string[]> Lines { get; }

    public static IReadOnlyList<string[]> Read(string path) => File.Exists(path) ? [.. File.ReadLines(path).Select(line => line.Split(' '))] : [];

    public void Write(params ReadOnlySpan<string> words) => file.Write(Encoding.UTF8.GetBytes(string.Join(' ', words!) + "\n"));

    public void Dispose() => file.Dispose();
}
