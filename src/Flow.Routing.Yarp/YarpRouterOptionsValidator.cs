using System.Net;
using System.Text;
using Flow.Routing.Yarp.OwnProcess;
using Microsoft.Extensions.Options;

namespace Flow.Routing.Yarp;

/// <summary>All that is wrong, at once, each with its key and its remedy.</summary>
internal sealed class YarpRouterOptionsValidator(RouterMode mode) : IValidateOptions<YarpRouterOptions>
{
    public ValidateOptionsResult Validate(string? name, YarpRouterOptions options)
    {
        var wrong = new List<string>();
        void Check(bool good, string key, string remedy)
        {
            if (!good) wrong.Add($"Flow:Router:{key}: {remedy}");
        }

        Check(options.Port is >= 0 and <= 65535, nameof(options.Port), "a port from 1 to 65535 (0: any free one, for tests).");
        Check(options.PublicPort is null or (> 0 and <= 65535), nameof(options.PublicPort), "a port from 1 to 65535, or leave it out.");
        Check(IPAddress.TryParse(options.ListenAddress, out _), nameof(options.ListenAddress), $"'{options.ListenAddress}' is no IP address; 127.0.0.1 is this machine only.");
        Check(IsDomain(options.Domain), nameof(options.Domain), $"'{options.Domain}' is no domain name; write it without scheme, port and leading dot, such as 'apps.example.com'.");
        Check(options.Scheme is "http" or "https", nameof(options.Scheme), "'http' or 'https'.");
        Check(IsDuration(options.ActivityTimeout), nameof(options.ActivityTimeout), "more than zero and at most a day.");
        Check(IsDuration(options.ConnectTimeout), nameof(options.ConnectTimeout), "more than zero and at most a day.");
        Check(options.ShutdownGrace >= TimeSpan.Zero && options.ShutdownGrace <= TimeSpan.FromDays(1), nameof(options.ShutdownGrace), "zero or more, and at most a day.");

        if (mode == RouterMode.OwnProcess)
        {
            var process = options.Process;
            Check(options.Port != 0, nameof(options.Port), "a fixed port: the URLs of a router process must outlive it.");
            Check(IsDuration(process.StartTimeout), "Process:StartTimeout", "more than zero and at most a day.");
            var directory = string.IsNullOrWhiteSpace(process.Directory) ? null : Path.GetFullPath(process.Directory);
            Check(directory is not null, "Process:Directory", "a directory that belongs to the router alone.");
            Check(directory is null || Encoding.UTF8.GetByteCount(directory) <= RouterFiles.LongestDirectory, "Process:Directory",
                $"'{directory}' is too long for a Unix socket inside it: at most {RouterFiles.LongestDirectory} bytes; choose a shorter one.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    // The longest app name (63) and a dot must fit before it.
    private static bool IsDomain(string? domain) =>
        domain is { Length: > 0 and <= 180 } && Uri.CheckHostName(domain) == UriHostNameType.Dns && !domain.EndsWith('.');

    private static bool IsDuration(TimeSpan time) => time > TimeSpan.Zero && time <= TimeSpan.FromDays(1);
}

internal enum RouterMode { InHost, OwnProcess }
