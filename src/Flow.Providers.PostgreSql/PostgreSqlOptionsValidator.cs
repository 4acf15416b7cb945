using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Flow.Providers.PostgreSql;

/// <summary>All that is wrong at once, each with its key and its remedy; never with a value that may hold a secret.</summary>
internal sealed partial class PostgreSqlOptionsValidator(string registered) : IValidateOptions<PostgreSqlOptions>
{
    internal static readonly string[] SslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    public ValidateOptionsResult Validate(string? name, PostgreSqlOptions options)
    {
        if (name != registered) return ValidateOptionsResult.Skip;
        List<string> wrong = [];
        void Check(bool good, string key, string trouble)
        {
            if (!good) wrong.Add($"PostgreSqlOptions.{key} of '{registered}' {trouble}");
        }

        var admin = Parse(options.AdminConnectionString);
        Check(admin is { Host.Length: > 0 }, nameof(options.AdminConnectionString), "is no connection string with a host: such as \"Host=db.internal;Username=flow_admin;Password=...\".");
        Check(KeyOf(options.CredentialKey) is not null, nameof(options.CredentialKey), "is not base64 of at least 32 bytes: make one with \"openssl rand -base64 32\" and keep it as long as there are instances.");
        if (options.PublicHost is { } host) Check(HostName().IsMatch(host), nameof(options.PublicHost), "is neither a host's name nor an IP address.");
        else if (admin is { Host.Length: > 0 })
            Check(HostName().IsMatch(admin.Host!), nameof(options.PublicHost), "is not set, and the host of AdminConnectionString is a socket or a list: say by which name apps reach the server.");
        Check(options.PublicPort is null or (> 0 and <= 65_535), nameof(options.PublicPort), "is no port: 1 to 65535.");
        Check(options.SslMode is null || SslModes.Contains(options.SslMode), nameof(options.SslMode), $"is none of {string.Join(", ", SslModes)}.");
        Check(Prefix().IsMatch(options.NamePrefix), nameof(options.NamePrefix), "is not lower-case letters, digits and underscores, at most 20, a letter first and an underscore last, such as \"flow_\".");
        foreach (var (plan, what) in options.Plans)
        {
            Check(PlanName().IsMatch(plan), $"Plans", "has a name that is not lower-case letters, digits and dashes, at most 40, a letter first.");
            Check(what.ConnectionLimit is >= 1 and <= 10_000, $"Plans[{(PlanName().IsMatch(plan) ? plan : "?")}].ConnectionLimit", "is 1 to 10000.");
            Check(what.StatementTimeout is null || (what.StatementTimeout >= TimeSpan.FromMilliseconds(1) && what.StatementTimeout <= TimeSpan.FromDays(1)),
                $"Plans[{(PlanName().IsMatch(plan) ? plan : "?")}].StatementTimeout", "is a millisecond to a day, or null.");
        }
        foreach (var seed in options.Seeds) Check(Seed().IsMatch(seed), nameof(options.Seeds), "has a name that is not letters, digits, underscores, dots and dashes, at most 63.");
        Check(options.SeedPrefix is null || Seed().IsMatch(options.SeedPrefix), nameof(options.SeedPrefix), "is not letters, digits, underscores, dots and dashes. An empty one would allow every database.");
        Check(options.MaxSeedObjects is >= 1 and <= 1_000_000, nameof(options.MaxSeedObjects), "is 1 to 1000000.");
        Check(options.AdminConnections is >= 1 and <= 100, nameof(options.AdminConnections), "is 1 to 100.");
        Check(options.StatementTimeout >= TimeSpan.FromSeconds(1) && options.StatementTimeout <= TimeSpan.FromHours(6), nameof(options.StatementTimeout), "is a second to six hours.");
        Check(options.OldCredentials >= TimeSpan.Zero && options.OldCredentials <= TimeSpan.FromMinutes(1), nameof(options.OldCredentials), "is at most a minute.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    /// <summary>Null: it is none, or too short.</summary>
    internal static byte[]? KeyOf(string? text)
    {
        var bytes = new byte[(text?.Length ?? 0) * 3 / 4 + 3];
        return Convert.TryFromBase64String(text ?? "", bytes, out var length) && length >= 32 ? bytes[..length] : null;
    }

    // What the parser says of a string may repeat a part of it.
    private static NpgsqlConnectionStringBuilder? Parse(string? text)
    {
        try { return new(text); }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or KeyNotFoundException or NotSupportedException) { return null; }
    }

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\z|^[0-9A-Fa-f:.]{2,45}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostName();

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,18}_\z", RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlanName();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}\z", RegexOptions.CultureInvariant)]
    internal static partial Regex Seed();
}
