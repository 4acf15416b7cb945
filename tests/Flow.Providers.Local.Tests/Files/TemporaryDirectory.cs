namespace Flow.Providers.Local.Tests.Files;

/// <summary>An empty directory, removed in the end.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "flow-tests", Guid.NewGuid().ToString("N")[..12]);

    public string this[string relative] => Path.Combine(Root, relative);

    public string Create(string relative)
    {
        Directory.CreateDirectory(this[relative]);
        return this[relative];
    }

    public void Write(string relative, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        File.WriteAllText(this[relative], text);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
