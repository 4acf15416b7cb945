using System.Net;
using System.Net.Sockets;

namespace Flow.Samples.Demo;

/// <summary>The story's own directory, made anew: a bare repository, a clone to work in, and the host's data.</summary>
internal sealed class World : IAsyncDisposable
{
    public World(string root, string directory)
    {
        Directory = directory;
        if (System.IO.Directory.Exists(Directory)) System.IO.Directory.Delete(Directory, recursive: true);
        System.IO.Directory.CreateDirectory(Directory);
        Repository = new(Directory, Path.Combine(root, "samples", "apps", "hello"));
        var seeds = Seed.Write(Path.Combine(Directory, "seeds"));
        Paas = new(Path.Combine(Directory, "data"), seeds, Repository.Url, FreePort(5080), FreePort(5081));
    }

    public string Directory { get; }
    public Repository Repository { get; }
    public PaasProcess Paas { get; }

    public ValueTask DisposeAsync() => Paas.DisposeAsync();

    private static int FreePort(int preferred)
    {
        foreach (var port in new[] { preferred, 0 })
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException) when (port != 0) { }
        }
        throw new StoryException("There is no free port on this machine.");
    }
}
