using Flow.Providers.Local.Git;
using Flow.Sources;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.Git;

internal static class Provider
{
    public static GitSourceProvider Create(string dataDirectory, Action<GitOptions>? configure = null, TimeProvider? time = null, params string[] inherited)
    {
        var local = new LocalOptions { DataDirectory = dataDirectory };
        foreach (var name in inherited) local.InheritedVariables.Add(name);
        var options = new GitOptions { RetryDelay = TimeSpan.FromMilliseconds(1) };
        configure?.Invoke(options);
        return new(Options.Create(local), Options.Create(options), time ?? TimeProvider.System, NullLogger<GitSourceProvider>.Instance);
    }

    public static SourceRepository Repository(string url, string? root = null) => new() { Url = url, RootFolder = root };
}
