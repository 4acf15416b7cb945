using System.Diagnostics;
using System.Globalization;

namespace Flow.Reliability.Tests.Kills;

/// <summary>The real engine on a real file, in a process that is killed with SIGKILL again and again while requests come in; the outside is a journal.</summary>
[Collection(Alone.Name)]
public sealed class A_host_that_is_killed_at_any_moment : IDisposable
{
    private const int AtOnce = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly string directory = Directory.CreateTempSubdirectory("flow-kills-").FullName;
    private readonly Campaign campaign = new("light host");
    private readonly Random random;
    private readonly Audit audit;
    private int heads;

    public A_host_that_is_killed_at_any_moment()
    {
        random = new(campaign.Seed);
        audit = new(LightHost.DatabaseOf(directory));
        Push();
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    // A thousand times with ./test.sh --long.
    [Fact]
    public async Task Loses_nothing_that_it_has_answered_and_does_nothing_twice()
    {
        await SettleAsync();
        var lives = Campaign.Lives(64, 1_000);
        for (var cycle = 1; cycle <= lives; cycle++)
        {
            await LiveAsync(inItsStart: random.Next(6) == 0);
            // Not after each: a host must also get on with exactly what the killed one left.
            if (cycle % 8 == 0) await audit.CheckAsync();
        }
        await SettleAsync();

        Report();
        Problems().Should().BeEmpty();
    }

    [Fact]
    public async Task Is_found_out_when_it_answers_before_it_has_committed()
    {
        await SettleAsync();
        for (var cycle = 1; cycle <= 40 && !Problems().Any(p => p.StartsWith("lost: ", StringComparison.Ordinal)); cycle++)
        {
            await LiveAsync(inItsStart: false, LightHost.TooEarly);
            await audit.CheckAsync();
        }
        Problems().Should().Contain(p => p.StartsWith("lost: ", StringComparison.Ordinal));
    }

    private HostProcess Start(string fault = "none") => new(ThisProgram.Again(LightHost.Name, directory, fault), campaign.Book.Hear);

    /// <summary>One life, from its start to its kill.</summary>
    private async Task LiveAsync(bool inItsStart, string fault = "none")
    {
        using var host = Start(fault);
        if (inItsStart) await Task.Delay(random.Next(20, 400));
        else
        {
            campaign.Ready(await host.ReadyAsync());
            AskAgain(host);
            await WorkAsync(host, answers: random.Next(30));
        }
        await host.KillAsync();
        campaign.Killed(host, inItsStart);
    }

    /// <summary>Whoever got no answer asks again, or does not care any more.</summary>
    private void AskAgain(HostProcess host)
    {
        foreach (var open in campaign.Book.Open.ToList())
            if (random.Next(2) == 0) host.Tell(open.ToString());
            else campaign.Book.GiveUp(open);
        if (campaign.Book.Requests is { Count: > 0 } known)
            for (var i = 0; i < 3; i++) host.Tell(known[random.Next(known.Count)].ToString());
    }

    /// <summary>Requests come in all the time, until so many answers have gone out and a moment has passed.</summary>
    private async Task WorkAsync(HostProcess host, int answers)
    {
        var since = Stopwatch.GetTimestamp();
        for (var told = 0; host.Answers < answers && Stopwatch.GetElapsedTime(since) < Patience;)
        {
            if (told - host.Answers > AtOnce)
            {
                await Task.Delay(1);
                continue;
            }
            told++;
            if (random.Next(12) == 0)
            {
                Push();
                host.Tell($"look{heads} look -");
            }
            else host.Tell(Ask().ToString());
            if (random.Next(3) > 0) await Task.Delay(random.Next(0, 15));
        }
        await Task.Delay(random.Next(0, 15));
    }

    private Request Ask()
    {
        var app = LightHost.Staging[random.Next(LightHost.Staging.Length)];
        return random.Next(10) switch
        {
            < 4 => campaign.Book.Write("command", app, "echo-KEY"),
            < 6 => campaign.Book.Write("restart", app, ""),
            6 => campaign.Book.Write("config", app, $"NAME_{random.Next(5)}"),
            7 => campaign.Book.Write("scale", app, random.Next(1, 4).ToString(CultureInfo.InvariantCulture)),
            8 => campaign.Book.Write("deploy", app, ""),
            _ => campaign.Book.Write("promote", app, ""),
        };
    }

    private void Push() => FileSource.Push(LightHost.HeadOf(directory), CommitSha.Parse((++heads).ToString("x40", CultureInfo.InvariantCulture)));

    /// <summary>A life without a kill: everything that is open is asked again, and everything comes to its end.</summary>
    private async Task SettleAsync()
    {
        using (var host = Start())
        {
            campaign.Ready(await host.ReadyAsync());
            await Task.WhenAll(campaign.Book.Open.ToList().Select(r => host.AskAsync(r.Key, $"{r.Verb} {r.App} {r.Argument}".TrimEnd())));
            (await host.AskAsync("settle", "settle -", seconds: 120)).Should().StartWith(Conversation.Ok);
            await host.StopAsync();
            campaign.Problems.AddRange(host.Complaints);
        }
        await audit.CheckAsync();
    }

    private List<string> Problems() => [.. campaign.Problems, .. campaign.Book.Problems, .. audit.Problems, .. Reckoning.Of(campaign.Book, audit), .. Reckoning.Outside(LightHost.JournalOf(directory), campaign.Book, audit)];

    private void Report() => campaign.Report($"{heads} heads, {audit.Events} events, {audit.Runs.Count()} runs, {new FileInfo(LightHost.DatabaseOf(directory)).Length / 1024} KiB");
}
