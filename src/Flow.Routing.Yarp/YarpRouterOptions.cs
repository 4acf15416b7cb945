namespace Flow.Routing.Yarp;

/// <summary>How apps are reached. Section <c>Flow:Router</c>.</summary>
public sealed class YarpRouterOptions
{
    /// <summary>
    /// The router's own port, never one of the host's. 0 takes any free port, known once the host has started (for tests; not for a router process,
    /// whose URLs must outlive it).
    /// </summary>
    public int Port { get; set; } = 5080;

    /// <summary>IP address to listen on: by default this machine only. <c>0.0.0.0</c> or <c>::</c> shows every app to the network.</summary>
    public string ListenAddress { get; set; } = "127.0.0.1";

    /// <summary>An app answers to <c>{app}.{Domain}</c>. <c>localhost</c> needs no DNS in browsers and curl.</summary>
    public string Domain { get; set; } = "localhost";

    /// <summary><c>http</c> or <c>https</c>, as people see it. The router itself speaks plain HTTP/1.1: TLS ends in front of it.</summary>
    public string Scheme { get; set; } = "http";

    /// <summary>The port that people see, when something in front of the router listens on another one; null: <see cref="Port"/>.</summary>
    public int? PublicPort { get; set; }

    /// <summary>
    /// Believe the <c>X-Forwarded-*</c> headers of whoever connects: only when nobody but a proxy of yours can. Otherwise they are removed and written anew.
    /// </summary>
    public bool TrustForwardedHeaders { get; set; }

    /// <summary>A request on which nothing moves in either direction for so long is ended (504 when nothing was answered yet). Sizes and total time have no limit.</summary>
    public TimeSpan ActivityTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long a connection to an app's process may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests in flight may go on when the router itself stops.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For <c>UseYarpRouterProcess</c> only.</summary>
    public YarpRouterProcessOptions Process { get; } = new();
}

/// <summary>The router as a process of its own. Section <c>Flow:Router:Process</c>.</summary>
public sealed class YarpRouterProcessOptions
{
    /// <summary>
    /// Directory that belongs to one router alone (mode 0700): its socket, its last table, its log. Its full path must leave room for a
    /// Unix socket's name: at most 90 bytes.
    /// </summary>
    public string Directory { get; set; } = "flow-data/router";

    /// <summary>
    /// Program and first arguments that start a router; empty: this host's own binary. A host must hand its arguments to
    /// <see cref="FlowRouter.TryRun"/> first thing in <c>Program.cs</c>.
    /// </summary>
    public IList<string> Command { get; } = [];

    /// <summary>How long a router may take to answer before a change of routes fails (for now: the engine tries again).</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Stop the router when the host stops. Otherwise it goes on with the last table, and the next host finds it.</summary>
    public bool StopRouterOnShutdown { get; set; }
}
