using Flow.Apps;
using Flow.Engine;
using Flow.Logs;
using Flow.Providers.Local.Runtime;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private static readonly string Sha = new('a', 40), Digest = "sha256:" + new string('b', 64);

    private static IEnumerable<FuzzedParser> OfNames =>
    [
        Name<AppName>("app name", 63, ["shop", "shop-staging", "a"]),
        Name<PipelineName>("pipeline name", 63, ["shop", "a-1"]),
        Name<CommitSha>("commit", 64, [Sha, new('0', 64)]),
        Name<ArtifactDigest>("artifact digest", 71, [Digest]),
        Name<RunId>("run id", 74, ["shop.1", "shop-staging.2147483647"]),
        Name<DeploymentId>("deployment id", 85, ["shop.1.7", "shop.0.0"]),
        Name<LogId>("log id", 200, ["run/shop.12/build", "a", "a/b.c/_-"]),
        Name<StreamId>("stream id", int.MaxValue, ["app/shop", "run/shop.12"]),
        new("process id", ["run.shop.1.7.web.1", "run.shop-staging.1.7.worker_a.12"], text =>
        {
            if (ProcessName.Parse(text) is { } name) Must(ProcessName.Parse(name.ToString()) == name, "it reads back as itself");
        }),
        new("config var name", ["DATABASE_URL", "a", "_X1"], text =>
        {
            Must(!ConfigNames.IsGood(text) || text is { Length: > 0 and <= 100 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'), "letters, digits and underscores");
            Must(ConfigNames.Problem(text).Length < 400 && !ConfigNames.Problem(text).Any(char.IsControl), "a message for people");
        }),
    ];

    /// <summary>TryParse never throws; Parse throws a short FormatException; what was accepted reads back as itself and is harmless in paths and on terminals.</summary>
    private static FuzzedParser Name<T>(string name, int longest, string[] valid) where T : struct, IParsable<T> => new(name, valid, text =>
    {
        if (T.TryParse(text, null, out var parsed))
        {
            var back = parsed.ToString()!;
            Must(T.TryParse(back, null, out var again) && again.Equals(parsed), "it reads back as itself");
            if (longest == int.MaxValue) return;
            Must(back.Length <= longest, "its length");
            Must(back.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':'), "its letters");
            Must(!back.Split('/').Any(s => s is "" or "." or ".."), "no way up");
            return;
        }
        try
        {
            T.Parse(text, null);
        }
        catch (FormatException refused)
        {
            Must(refused.Message.Length < 400 && !refused.Message.Any(char.IsControl), "a message for people");
            return;
        }
        Must(false, "Parse refuses what TryParse does");
    });
}
