using System.Globalization;
using System.Text;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Flow.Reliability.Tests.Kills;

/// <summary>
/// How a parent talks with a host that it may kill: a line <c>KEY VERB APP ARGUMENT</c> comes in, a line <c>KEY ok|no|error WHAT</c> goes out when the engine has
/// answered. Ends with its input, so that no child outlives its parent.
/// </summary>
internal sealed class Conversation(IServiceProvider services, PipelineName pipeline, bool answersTooEarly = false)
{
    public const string Ready = "ready", Ok = "ok", No = "no", Error = "error";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly Stream output = Console.OpenStandardOutput();
    private readonly IApps apps = services.GetRequiredService<IApps>();
    private readonly IPipelines pipelines = services.GetRequiredService<IPipelines>();

    public async Task RunAsync()
    {
        var health = services.GetRequiredService<HealthCheckService>();
        while ((await health.CheckHealthAsync()).Status != HealthStatus.Healthy) await Task.Delay(TimeSpan.FromMilliseconds(2));
        Say(Ready);
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync() is { } line) _ = Task.Run(() => HearAsync(line.Split(' ', 4)));
    }

    private async Task HearAsync(string[] words)
    {
        var key = words[0];
        try
        {
            // A fault on purpose: the proof must find it.
            if (answersTooEarly && words[1] == "command") Say($"{key} {Ok} -");
            Say($"{key} {await AnswerAsync(key, words[1], words[2], words.Length > 3 ? words[3] : "")}");
        }
        catch (Exception e)
        {
            Say($"{key} {Error} {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task<string> AnswerAsync(string key, string verb, string name, string argument) => verb switch
    {
        "look" => await LookAsync(),
        "settle" => await SettleAsync(),
        "current" => await CurrentAsync(AppName.Parse(name)),
        _ => await AskAsync(key, verb, AppName.Parse(name), argument) switch
        {
            { Accepted: true, Run: var run } => $"{Ok} {run?.ToString() ?? "-"}",
            var refused => $"{No} {refused.Code}",
        },
    };

    private ValueTask<Answer> AskAsync(string key, string verb, AppName app, string argument) => verb switch
    {
        // Who asks is the key: in the history it shows what came of which request.
        "command" => apps.RunCommandAsync(app, argument, TimeSpan.FromMinutes(1), key, key),
        "restart" => apps.RestartAsync(app, key, key),
        "config" => apps.SetConfigAsync(app, new Dictionary<string, ConfigVar?> { [argument] = ConfigVar.Plain(key) }, key, key),
        "scale" => apps.ScaleAsync(app, new Dictionary<string, int> { ["web"] = int.Parse(argument, CultureInfo.InvariantCulture) }, key, key),
        "deploy" => pipelines.DeployAsync(pipeline, app, null, key, key),
        "promote" => PromoteAsync(key, app),
        "destroy" => apps.DestroyAsync(app, key, key),
        _ => throw new ArgumentException($"What is '{verb}'?"),
    };

    private async ValueTask<Answer> PromoteAsync(string key, AppName app) => (await services.GetRequiredService<IReleases>().PromoteAsync(app, null, null, key, key)).Answer;

    private async Task<string> LookAsync()
    {
        await pipelines.LookAsync(pipeline);
        return $"{Ok} -";
    }

    private async Task<string> CurrentAsync(AppName name)
    {
        var app = await apps.GetAsync(name);
        return $"{Ok} {app?.Turns} {app?.Slot?.ToString() ?? "-"} {app?.CurrentRelease?.Deployment.ToString() ?? "-"}";
    }

    /// <summary>Answers when nothing is under way any more.</summary>
    private async Task<string> SettleAsync()
    {
        await pipelines.LookAsync(pipeline);
        var mailbox = services.GetRequiredService<FlowMailbox>();
        while (await IsBusyAsync(mailbox)) await Task.Delay(Pause);
        return $"{Ok} -";
    }

    private static async Task<bool> IsBusyAsync(FlowMailbox mailbox)
    {
        await foreach (var (_, pipeline) in mailbox.ListAsync<PipelineState>(PipelineDecider.Kind))
            if (pipeline.LookDue) return true;
        await foreach (var (_, app) in mailbox.ListAsync<AppState>(AppDecider.Kind))
            if (app.Candidates.Count > 0 || app.Life is AppLife.None or AppLife.Destroying || app.InspectionWanted) return true;
        await foreach (var (_, build) in mailbox.ListAsync<BuildState>(BuildDecider.Kind))
            if (build.Wanted.Count > 0 || build.Started) return true;
        await foreach (var (_, run) in mailbox.ListAsync<RunState>(RunDecider.Kind))
            if (!run.Closed || run.Untidy) return true;
        return false;
    }

    private void Say(string line)
    {
        // One write, which a pipe takes whole: no half line is ever read.
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (output) output.Write(bytes);
    }
}
