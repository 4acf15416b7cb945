namespace Flow.Benchmarks.Measuring;

/// <summary>A directory that goes with whoever made it.</summary>
internal sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("flow-bench.").FullName;

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose()
    {
        try { Directory.Delete(Path, recursive: true); }
        catch (IOException left) { Teller.Say($"{Path} could not be removed: {left.Message}"); }
    }
}
