using Flow.Providers.Local.Files;

namespace Flow.Reliability.Tests.Fuzz;

/// <summary>An empty directory, removed in the end.</summary>
internal sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("flow-hostile-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public void Dispose() => DirectoryTree.Delete(Path);
}
