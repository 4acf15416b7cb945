using System.Diagnostics;
using System.Globalization;
using Flow.Providers.Local;
using Flow.Providers.Local.Runtime;
using Flow.Providers.Local.Supervision;
using Flow.Runtimes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Reliability.Tests.Kills;

/// <summary>
/// The same with real git, real builds and real processes: what serves survives and is found again, and of what a killed host's builds had started nothing is
/// left ten seconds after its restart.
/// </summary>
[Collection(Alone.Name)]
public sealed class A_local_host_that_is_killed_at_any_moment : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), PatienceWithABuild = TimeSpan.FromSeconds(30);
    private readonly string directory = Directory.CreateTempSubdirectory("flow-kills-").FullName;
    private readonly string mark = Guid.NewGuid().ToString("N");
    private readonly Campaign campaign = new("local host");
    private readonly Random random;
    private readonly Audit audit;
    private readonly Origin origin;
    private TimeSpan longest;
    private int descendants, survivors, heads;

    public A_local_host_that_is_killed_at_any_moment()
    {
        random = new(campaign.Seed);
        audit = new(LocalHost.DatabaseOf(directory));
        origin = new(LocalHost.OriginOf(directory));
    }

    private string Effects => Path.Combine(directory, "effects");
    private string Run => $"{LocalHost.Mark}={mark}";

    public async ValueTask InitializeAsync()
    {
        await origin.CreateAsync();
        await PushAsync("0.1");
    }

    public async ValueTask DisposeAsync()
    {
        // Only a test that has failed leaves something.
        var supervisor = new ProcessSupervisor(Options.Create(new LocalOptions { DataDirectory = LocalHost.DataOf(directory) }), NullLogger<ProcessSupervisor>.Instance);
        foreach (var id in await supervisor.ListAsync("", default)) await supervisor.StopAsync(id, TimeSpan.Zero, default);
        MarkedProcesses.Kill(Run);
        Directory.Delete(directory, recursive: true);
    }

    // A hundred times with ./test.sh --long: most of a life here is the start of processes.
    [Fact]
    public async Task Keeps_what_serves_and_leaves_nothing_of_its_builds()
    {
        await SettleAsync();
        campaign.Book.Write("promote", LocalHost.Staging, "");
        await SettleAsync();
        var lives = Campaign.Lives(9, 100);
        // And on until there was something to see: chance may have killed only hosts at rest.
        for (var cycle = 1; cycle <= lives || (cycle <= lives + 30 && (descendants == 0 || survivors == 0)); cycle++)
        {
            var lost = await LiveAsync(inItsStart: random.Next(6) == 0, inABuild: cycle % 2 == 0);
            if (cycle % 3 == 0) await audit.CheckAsync();
            await RestartAsync(lost);
        }
        // The newest head has an end: whatever hangs before it is superseded.
        await PushAsync("0.1");
        await SettleAsync();
        campaign.Problems.AddRange(MarkedProcesses.Find(Run).Where(p => ProcFs.HasVariable(p.Pid, $"{TreePack.Mark}=quick") || ProcFs.HasVariable(p.Pid, $"{TreePack.Mark}=endless")).Select(p => $"process {p.Pid} of a build is left"));
        await DestroyAsync();

        campaign.Report($"{heads} heads, {audit.Events} events, {audit.Runs.Count()} runs; {descendants} descendants of builds at work seen, gone {longest.TotalSeconds:0.0} s after the restart at the latest; {survivors} times a serving process was found again");
        Problems().Should().BeEmpty();
        descendants.Should().BePositive();
        survivors.Should().BePositive();
    }

    private HostProcess Start()
    {
        var start = ThisProgram.Again(LocalHost.Name, directory);
        start.Environment[LocalHost.Mark] = mark;
        start.Environment[LocalHost.Effects] = Effects;
        start.Environment[LocalHost.Program] = start.ArgumentList[0] == Child.Verb ? start.FileName : $"{start.FileName} {start.ArgumentList[0]}";
        return new(start, campaign.Book.Hear);
    }

    /// <summary>One life, from its start to its kill. Returns what its builds had running then.</summary>
    private async Task<IReadOnlyList<ProcessEntry>> LiveAsync(bool inItsStart, bool inABuild)
    {
        using var host = Start();
        if (inItsStart) await Task.Delay(random.Next(50, 600));
        else
        {
            campaign.Ready(await host.ReadyAsync());
            AskAgain(host);
            await WorkAsync(host, requests: random.Next(3, 14));
            if (inABuild) await BuildAsync(host);
        }
        await host.KillAsync();
        campaign.Killed(host, inItsStart);
        return Builds();
    }

    /// <summary>Nothing but a start: what served still does, and what the builds left goes.</summary>
    private async Task RestartAsync(IReadOnlyList<ProcessEntry> lost)
    {
        descendants += lost.Count;
        var serving = Serving();
        using var host = Start();
        var since = Stopwatch.GetTimestamp();
        campaign.Ready(await host.ReadyAsync());
        foreach (var app in LocalHost.Apps) await CheckSurvivorAsync(host, app, serving);
        while (lost.Any(MarkedProcesses.Lives) && Stopwatch.GetElapsedTime(since) < Patience) await Task.Delay(20);
        var took = Stopwatch.GetElapsedTime(since);
        if (lost.Count > 0 && took > longest) longest = took;
        campaign.Problems.AddRange(lost.Where(MarkedProcesses.Lives).Select(p => $"kill {campaign.Kills}: process {p.Pid} of a build lives {Patience.TotalSeconds} s after the restart"));
        await host.KillAsync();
        campaign.Killed(host, inItsStart: false);
    }

    private Dictionary<string, ProcessEntry> Serving()
    {
        Dictionary<string, ProcessEntry> serving = [];
        var records = Path.Combine(LocalHost.DataOf(directory), "supervised");
        foreach (var record in Directory.Exists(records) ? Directory.EnumerateDirectories(records, ProcessName.Prefix + "*") : [])
            if (RecordFiles.Read(record) is { Ended: false } state && ProcFs.Read(state.Command) is { Alive: true } process && process.Started == state.CommandStarted) serving[Path.GetFileName(record)] = process;
        return serving;
    }

    /// <summary>Only of an app that is not being changed meanwhile can it be said.</summary>
    private async Task CheckSurvivorAsync(HostProcess host, AppName app, Dictionary<string, ProcessEntry> before)
    {
        var current = await host.AskAsync($"before-{app}", $"current {app}");
        if (current.Split(' ') is not [_, _, "-", not "-" and var deployment]) return;
        var now = Serving();
        if (await host.AskAsync($"after-{app}", $"current {app}") != current) return;
        var web = new ProcessName(DeploymentId.Parse(deployment), "web", 1).ToString();
        if (!before.TryGetValue(web, out var process)) return;
        survivors++;
        if (!now.TryGetValue(web, out var found) || found.Pid != process.Pid || found.Started != process.Started) campaign.Problems.Add($"kill {campaign.Kills}: {web} was process {process.Pid}, and now is {(found.Pid == 0 ? "gone" : found.Pid)}");
    }

    private void AskAgain(HostProcess host)
    {
        foreach (var open in campaign.Book.Open.ToList())
            if (random.Next(4) > 0) host.Tell(open.ToString());
            else campaign.Book.GiveUp(open);
    }

    private async Task WorkAsync(HostProcess host, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            if (random.Next(4) == 0)
            {
                await PushAsync(random.Next(6) == 0 ? TreePack.Endless : string.Create(CultureInfo.InvariantCulture, $"{random.Next(1, 8) / 10.0:0.0}"));
                host.Tell($"look{heads} look -");
            }
            else host.Tell(Ask().ToString());
            await Task.Delay(random.Next(0, 250));
        }
    }

    /// <summary>Returns in the middle of a build.</summary>
    private async Task BuildAsync(HostProcess host)
    {
        await PushAsync("0.9");
        host.Tell($"look{heads} look -");
        for (var since = Stopwatch.GetTimestamp(); Builds().Count == 0 && Stopwatch.GetElapsedTime(since) < PatienceWithABuild;) await Task.Delay(10);
        await Task.Delay(random.Next(0, 200));
    }

    private IReadOnlyList<ProcessEntry> Builds() => MarkedProcesses.Find(Run, $"{TreePack.Mark}=quick");

    private Request Ask()
    {
        var app = LocalHost.Staging;
        return random.Next(8) switch
        {
            < 4 => campaign.Book.Write("command", app, $"(setsid sleep 1000 &); sleep 0.{random.Next(1, 6)}; printf 'KEY %s\\n' \"$FLOW_SUPERVISED\" >> \"${LocalHost.Effects}\""),
            4 => campaign.Book.Write("restart", app, ""),
            5 => campaign.Book.Write("config", app, $"NAME_{random.Next(5)}"),
            6 => campaign.Book.Write("deploy", app, ""),
            _ => campaign.Book.Write("promote", app, ""),
        };
    }

    private async Task PushAsync(string pace)
    {
        heads++;
        await origin.PushAsync(pace);
    }

    private async Task SettleAsync() => await InPeaceAsync(async host =>
    {
        await Task.WhenAll(campaign.Book.Open.ToList().Select(r => host.AskAsync(r.Key, $"{r.Verb} {r.App} {r.Argument}".TrimEnd())));
        (await host.AskAsync("settle", "settle -", seconds: 120)).Should().StartWith(Conversation.Ok);
    });

    /// <summary>At the end nothing of the host's is left on this machine: no process, and no files of an app.</summary>
    private async Task DestroyAsync()
    {
        await InPeaceAsync(async host =>
        {
            foreach (var app in LocalHost.Apps) await host.AskAsync($"destroy-{app}", $"destroy {app}");
            (await host.AskAsync("settle", "settle -", seconds: 120)).Should().StartWith(Conversation.Ok);
        });
        campaign.Problems.AddRange(MarkedProcesses.Find(Run).Select(p => $"process {p.Pid} is left: {File.ReadAllText($"/proc/{p.Pid}/cmdline").Replace('\0', ' ')}"));
        foreach (var folder in (string[])["supervised", "apps", "commands"])
            if (Path.Combine(LocalHost.DataOf(directory), folder) is var path && Directory.Exists(path)) campaign.Problems.AddRange(Directory.EnumerateFileSystemEntries(path).Select(p => $"{p} is left"));
    }

    private async Task InPeaceAsync(Func<HostProcess, Task> act)
    {
        using (var host = Start())
        {
            campaign.Ready(await host.ReadyAsync());
            await act(host);
            await host.StopAsync();
            campaign.Problems.AddRange(host.Complaints);
        }
        await audit.CheckAsync();
    }

    private List<string> Problems() => [.. campaign.Problems, .. campaign.Book.Problems, .. audit.Problems, .. Reckoning.Of(campaign.Book, audit), .. Reckoning.Effects(Effects, campaign.Book, audit)];
}
