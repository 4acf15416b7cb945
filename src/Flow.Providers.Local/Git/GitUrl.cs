using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Flow.Providers.Local.Git;

/// <summary>Where a repository is: checked, so that git cannot take it for an option, a remote helper or another protocol than meant.</summary>
internal sealed partial record GitUrl
{
    private GitUrl(string value, string protocol) => (Value, Protocols) = (value, protocol);

    /// <summary>What git is given. Holds no credentials, so messages may show it.</summary>
    public string Value { get; }

    /// <summary>A path of this machine that the host configured.</summary>
    public bool IsLocal => Protocols == "file";

    /// <summary>For <c>GIT_ALLOW_PROTOCOL</c>: what this URL needs, and nothing that a redirect could switch to.</summary>
    public string Protocols { get; }

    public override string ToString() => Value;

    /// <summary>Names the mirror.</summary>
    public string Hash(string objectFormat) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{objectFormat} {Value}")))[..32];

    public static GitUrl Parse(string url)
    {
        if (string.IsNullOrWhiteSpace(url)) throw Invalid("The repository URL is empty", "set it to an https, ssh or git URL, or to a path");
        if (url.Length > 2000 || url.Any(char.IsControl)) throw Invalid("The repository URL is too long or holds control characters", "write it anew");
        if (url[0] == '-' || RemoteHelper().IsMatch(url)) throw Invalid($"'{WithoutCredentials(url)}' is no repository URL", "use an https, ssh or git URL, or a path");

        if (Scheme().Match(url) is { Success: true } match)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) throw Invalid($"'{WithoutCredentials(url)}' is no URL", "write it anew");
            var scheme = match.Groups[1].Value.ToLowerInvariant();
            return scheme switch
            {
                // What was escaped in the URL is none in the path.
                "file" when !uri.LocalPath.Any(char.IsControl) => new(uri.LocalPath, "file"),
                "http" or "https" when uri.UserInfo.Length > 0 => throw Credentials(url),
                "ssh" when uri.UserInfo.Contains(':') => throw Credentials(url),
                "http" or "https" or "git" or "ssh" when Safe(uri.Host) && Safe(uri.UserInfo) => new(url, scheme),
                _ => throw Invalid($"'{WithoutCredentials(url)}' has a protocol or a host that is not supported", "use https, ssh, git, file or a path"),
            };
        }

        // git's own rule: a colon before the first slash means ssh, as in git@github.com:acme/shop.git.
        var colon = url.IndexOf(':');
        if (colon > 0 && !url.AsSpan(0, colon).Contains('/')) return new(url, "ssh");
        return new(Path.GetFullPath(url), "file");
    }

    /// <summary>For messages about a URL that could not even be parsed.</summary>
    public static string WithoutCredentials(string url) => UserInfo().Replace(url.Length > 200 ? url[..200] : url, "$1");

    // ssh would take a host or user that starts with a dash for an option; git refuses such a host too.
    private static bool Safe(string part) => part.Length == 0 || part[0] != '-';

    private static FlowException Credentials(string url) => Invalid(
        $"The repository URL {WithoutCredentials(url)} carries credentials, which would end up in events and messages",
        "remove them; give them to git by ~/.netrc of the host's user, or use ssh");

    private static FlowException Invalid(string what, string fix) => new("source-url-invalid", $"{what}: {fix}.");

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9+.-]*)://", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex("^[A-Za-z0-9+.-]+::", RegexOptions.CultureInvariant)]
    private static partial Regex RemoteHelper();

    [GeneratedRegex(@"^([A-Za-z0-9+.-]+:+/*)?[^/]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();
}
