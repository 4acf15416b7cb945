using System.Text;
using Flow.Logs;
using Flow.Providers.Local.Supervision;
using Flow.Routing.Yarp;
using Flow.Routing.Yarp.OwnProcess;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private const string Table = """{"number":3,"routes":[{"deployment":"shop.1.7","targets":["http://127.0.0.1:5001/"],"turn":2}],"removed":[{"app":"old","generation":1}]}""";

    private static IEnumerable<FuzzedParser> OfRecords =>
    [
        new("state of a supervisor", ["""{"Id":"cmd.x","Tag":"cmd.x:ab","BootId":"b","Supervisor":12,"SupervisorStarted":34,"Command":13,"CommandStarted":35,"ExitCode":1,"Log":"run/x","LogStart":7,"Notes":{"port":"5001"}}"""], bytes =>
        {
            using var scratch = new Scratch();
            File.WriteAllBytes(scratch["state.json"], bytes);
            if (RecordFiles.Read(scratch.Path) is not { } record) return;
            _ = LogId.Parse(record.Log);
            _ = record.SupervisorLives;
            Must(record is { Id: not null, Tag: not null, BootId: not null, Notes: not null }, "nothing is null");
        }) { Cases = 500 },
        new("grace of a stop", ["10000", "0"], bytes =>
        {
            using var scratch = new Scratch();
            File.WriteAllBytes(scratch["stop"], bytes);
            Must(RecordFiles.ReadGrace(scratch.Path) is not { } grace || grace >= TimeSpan.Zero && grace.TotalMilliseconds <= int.MaxValue, "a time that can be waited for");
        }) { Cases = 500 },
        new("order to a supervisor", ["""{"Id":"cmd.x","Tag":"t","Record":"/r","LogDirectory":"/l","Log":"run/x","Arguments":["/bin/sh","-c","x"],"WorkingDirectory":"/w","Environment":{"A":"b"},"Secrets":["s"],"TimeoutSeconds":3.5,"Notes":{}}"""], bytes =>
        {
            if (SupervisorOrder.Read(new MemoryStream(bytes)) is { } order) Must(order is { Arguments.Count: > 0, Environment: not null, Secrets: not null, WorkingDirectory: not null }, "all that a start needs");
        }),
        new("process in /proc", ["12 (sh) S 1 12 12 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 12345 1 1", "12 (a) b) c) R 1 12 12 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 18446744073709551615 1 1"],
            bytes => Must(ProcFs.Parse(12, bytes) is not { } entry || entry.Pid == 12, "the process that was asked for")),
        new("files of a log", [".00000000000000000000=hello\n.00000000000000000005=world\n.state=1", ".state=\n.00000000000000000000=a\nchild/.state=1"], text => Log(text)) { Cases = 300, Fixed = 2 * 1024 * 1024, PerByte = 400 },
        new("routes on the router's socket", [Table, """{"number":0,"routes":[]}"""], (byte[] bytes) => Routes(System.Text.Json.JsonSerializer.Deserialize(bytes, RouterJson.Default.TableDocument)?.ToTable())) { Refusals = [typeof(System.Text.Json.JsonException), typeof(FormatException)] },
        new("routes in the router's file", [Table], bytes =>
        {
            using var scratch = new Scratch();
            File.WriteAllBytes(scratch["table.json"], bytes);
            Routes(new TableFile(scratch["table.json"], NullLogger.Instance).Load());
            Must(File.Exists(scratch["table.json"]) || File.Exists(scratch["table.json.unreadable"]), "nothing is thrown away");
        }) { Cases = 500 },
        new("settings of a router process", ["""{"directory":"/r","port":5080,"listenAddress":"127.0.0.1","domain":"localhost","trustForwardedHeaders":false,"activityTimeout":"00:01:40","connectTimeout":"00:00:05","shutdownGrace":"00:00:05"}"""], text =>
        {
            if (RouterSettings.Parse(text) is { } settings) _ = new YarpRouterOptionsValidator(RouterMode.OwnProcess).Validate(null, settings.ToOptions());
        }) { PerByte = 64 },
        new("drain on the router's socket", ["""{"targets":["http://127.0.0.1:5001/"],"deadlineSeconds":3}"""], (byte[] bytes) => _ = ControlApi.ReadDrain(System.Text.Json.JsonSerializer.Deserialize(bytes, RouterJson.Default.DrainRequest)))
            { Refusals = [typeof(System.Text.Json.JsonException), typeof(FormatException)] },
        new("visits on the router's socket", ["""{"visits":{"shop":1764000000,"blog":1}}""", """{"visits":{}}"""], (byte[] bytes) =>
        {
            var visits = System.Text.Json.JsonSerializer.Deserialize(bytes, RouterJson.Default.VisitsDocument)?.ToVisits();
            Must(visits is null || visits.Values.All(at => at > DateTimeOffset.UnixEpoch), "a time of this world");
        }) { Refusals = [typeof(System.Text.Json.JsonException), typeof(FormatException)] },
    ];

    private static void Routes(RouteTable? table)
    {
        if (table is null) return;
        Must(table.Number >= 0 && table.Routes.Values.All(r => r.Targets.All(RouteTable.IsTarget)), "addresses only");
        // Whatever it was, the engine's next word is a later table.
        Must(table.Remove(AppName.Parse("never-there"), 1).Number == table.Number + 1, "it can be counted on from");
    }

    private static void Log(string text)
    {
        using var scratch = new Scratch();
        var log = LogId.Parse("run/shop.1/build");
        var directory = Directory.CreateDirectory(scratch[log.ToString()]).FullName;
        foreach (var line in text.Split('\n').Select(l => l.Split('=', 2)).Where(l => l.Length == 2 && l[0].Length > 0).Take(30))
        {
            if (!Providers.Local.Git.GitPaths.IsSafe(line[0]) || Encoding.UTF8.GetByteCount(line[0]) > 200) continue;
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, line[0]))!);
                File.WriteAllText(Path.Combine(directory, line[0]), line[1]);
            }
            catch (IOException)
            {
                // There as a folder already.
            }
        }
        var store = new FileLogStore(scratch.Path) { SegmentBytes = 1024 };
        foreach (var id in store.ListAsync(LogId.Parse("run"), default).AsTask().GetAwaiter().GetResult()) ReadAll(store, id);
        ReadAll(store, log);
        var writer = store.OpenAsync(log, default).AsTask().GetAwaiter().GetResult();
        var end = writer.AppendAsync("the end\n"u8.ToArray(), default).AsTask().GetAwaiter().GetResult();
        writer.CompleteAsync(default).AsTask().GetAwaiter().GetResult();
        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        var last = store.ReadAsync(log, end - 8, 100, default).AsTask().GetAwaiter().GetResult();
        Must(Encoding.UTF8.GetString(last.Bytes.Span) == "the end\n" && last.Complete, "what is appended afterwards can be read");
    }

    private static void ReadAll(FileLogStore store, LogId log)
    {
        var (offset, looks) = (0L, 0);
        while (looks++ < 1_000)
        {
            var chunk = store.ReadAsync(log, offset, 4096, default).AsTask().GetAwaiter().GetResult();
            Must(chunk.Offset >= 0 && (chunk.Bytes.Length == 0 || chunk.Next > offset), "onwards");
            if (chunk.Bytes.Length == 0) return;
            offset = chunk.Next;
        }
        Must(false, "an end");
    }
}
