using System.Text;
using Flow.AspNetCore.Secrets;
using Flow.AspNetCore.Status;
using Flow.Logs;
using Flow.Providers.Local.Files;
using Flow.Routing.Yarp.Proxying;
using Flow.Secrets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private static readonly AppHosts Hosts = new("apps.example.com");
    private static readonly Lazy<DataProtectionSecretProtector> Protector = new(() =>
    {
        var directory = Directory.CreateTempSubdirectory("flow-hostile-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        return new(new SecretKeyRing(Path.Combine(directory, "keys"), new(), NullLoggerFactory.Instance, TimeProvider.System));
    });

    private static IEnumerable<FuzzedParser> OfRequests =>
    [
        new("Host header at the router", ["shop.apps.example.com", "shop.apps.example.com:8080", "SHOP.APPS.EXAMPLE.COM.", "127.0.0.1"], text =>
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Host = text;
            Must(Hosts.AppOf(context.Request) is null or { Length: > 0 and <= 63 }, "a label");
        }),
        new("offset and id of a log request", ["run/shop.1/build\n0", "a\n9223372036854775807", "a\n-1"], text =>
        {
            var parts = text.Split('\n', 2);
            var endpoints = new LogEndpoints(EmptyLogs, Mock.Of<IHostApplicationLifetime>(), TimeProvider.System);
            var answer = endpoints.ReadAsync(new DefaultHttpContext(), parts[0], parts.Length > 1 ? parts[1] : null).GetAwaiter().GetResult();
            Must(answer is IStatusCodeHttpResult { StatusCode: null or 200 or 400 or 404 or 503 } or not IStatusCodeHttpResult, "a status of ours");
        }) { Cases = 3_000 },
        new("text on a page", ["Fix the <b>login</b>", "\u001b[31mred\u001b[0m", "abc\u202egpj.exe"], text =>
        {
            var shown = Html.Of($"<p>{text}</p>").ToString()["<p>".Length..^"</p>".Length];
            Must(!shown.Contains('<') && !shown.Contains('>') && !shown.Contains('"'), "no markup");
            Must(!shown.Any(c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is '\u202e' or '\u2066' or '\u200b' or '\u2028'), "nothing that deceives");
            Must(Shown.Line(text, 80).Length <= 81, "a line");
        }) { PerByte = 120 },
        new("piece of a log on a page", ["hello\n", "\u001b[1;31mred\u001b[0m 世界 😀"], bytes =>
        {
            Must(Utf8.WholeLength(bytes) is var whole && whole <= bytes.Length && whole >= bytes.Length - 3, "at most one character is left");
            Must(Utf8.Torn(bytes) is >= 0 and <= 3, "at most three bytes");
            _ = Shown.Text(Shown.WithoutColours(Encoding.UTF8.GetString(bytes)));
        }) { PerByte = 64 },
        new("encrypted secret of the store", [Protector.Value.Protect("shop:KEY", "value")], text => _ = Protector.Value.Unprotect("shop:KEY", text)) { PerByte = 64, Cases = 500 },
    ];

    private static IEnumerable<FuzzedParser> OfMessages =>
    [
        new("text in a message", ["feature/login", "abc\u202egpj.exe", "\u001b[2Jx"], text =>
        {
            Must(HostileText.Shown(text) is { Length: <= 80 } shown && !shown.Any(c => char.IsControl(c) || c is '\u202e' or '\u2066' or '\u2028'), "a short line that deceives nobody");
        }),
        new("secrets of a masker", ["hunter2hunter\npostgres://u:p@h/db", "-----BEGIN KEY-----\nabcdef\n-----END KEY-----"], text =>
        {
            string[] secrets = [text.Length > 2_000 ? text[..2_000] : text, .. text.Split('\n').Take(5)];
            Must(new SecretMasker(secrets).Apply($"a {secrets[0]} b").StartsWith("a ", StringComparison.Ordinal) || secrets.Any(s => s.Length >= SecretMasker.MinimumLength), "nothing else is touched");
        }) { PerByte = 4_000, Fixed = 64 * 1024 * 1024, Cases = 1_500 },
    ];

    private static FileLogStore EmptyLogs { get; } = new(Path.Combine(Path.GetTempPath(), "flow-hostile-no-logs"));
}
