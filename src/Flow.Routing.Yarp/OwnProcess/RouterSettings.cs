using System.Text.Json;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>What a router process is told on its command line: nothing secret. Its JSON text tells whether a running router is the one a host wants.</summary>
internal sealed record RouterSettings
{
    /// <summary>Grows with what a router can be asked: a host replaces one that knows less. 2: visits.</summary>
    public int Protocol { get; init; } = 2;

    public required string Directory { get; init; }
    public required int Port { get; init; }
    public required string ListenAddress { get; init; }
    public required string Domain { get; init; }
    public required bool TrustForwardedHeaders { get; init; }
    public required TimeSpan ActivityTimeout { get; init; }
    public required TimeSpan ConnectTimeout { get; init; }
    public required TimeSpan ShutdownGrace { get; init; }

    public static RouterSettings From(YarpRouterOptions options) => new()
    {
        Directory = Path.GetFullPath(options.Process.Directory),
        Port = options.Port,
        ListenAddress = options.ListenAddress,
        Domain = options.Domain,
        TrustForwardedHeaders = options.TrustForwardedHeaders,
        ActivityTimeout = options.ActivityTimeout,
        ConnectTimeout = options.ConnectTimeout,
        ShutdownGrace = options.ShutdownGrace,
    };

    public YarpRouterOptions ToOptions()
    {
        var options = new YarpRouterOptions
        {
            Port = Port,
            ListenAddress = ListenAddress,
            Domain = Domain,
            TrustForwardedHeaders = TrustForwardedHeaders,
            ActivityTimeout = ActivityTimeout,
            ConnectTimeout = ConnectTimeout,
            ShutdownGrace = ShutdownGrace,
        };
        options.Process.Directory = Directory;
        return options;
    }

    public override string ToString() => JsonSerializer.Serialize(this, RouterJson.Default.RouterSettings);

    /// <summary>Null when it is no settings at all.</summary>
    public static RouterSettings? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, RouterJson.Default.RouterSettings);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
