using System.Net;
using System.Net.Http.Json;
using Flow.Runtimes;
using Flow.Sources;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>Runs apps on a platform that has an HTTP API of its own.</summary>
public sealed class RemoteRuntime(HttpClient platform) : IRuntime, IRuntimeLimits
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);
    private static readonly Failure OfStrangers = new("untrusted-code", "The platform does not isolate apps, so it runs no code of strangers, whoever approved it.");

    public bool IsolatesUntrusted => false;   // say true only when an app can reach neither the host nor other apps

    // Optional: without it, runs say that declared limits are not kept.
    public string? ProblemOf(ProcessLimits limits) => limits.Cpu > 8 ? $"The platform gives a process at most 8 processors, not {limits.Cpu}: it runs with 8." : null;

    public ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken) => TalkAsync(async () =>
    {
        if (spec.Artifact.Trust != Trust.Trusted) return WorkStatus<Deployment>.Failed(OfStrangers);
        // PUT under the engine's id: asked again, the platform finds what it has begun.
        using var answer = await platform.PutAsJsonAsync($"deployments/{spec.Id}", Wanted.Of(spec), cancellationToken).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        var now = (await answer.Content.ReadFromJsonAsync<Seen>(cancellationToken).ConfigureAwait(false))!;
        return now.Problem is { } problem ? WorkStatus<Deployment>.Failed(new("unhealthy", problem))
            : now.Healthy ? WorkStatus<Deployment>.Done(now.ToDeployment(spec.Id))
            : WorkStatus<Deployment>.Running(AskAgain);
    });

    public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) => TalkAsync(async () =>
    {
        using var answer = await platform.GetAsync(new Uri($"deployments/{id}", UriKind.Relative), cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Seen>(cancellationToken).ConfigureAwait(false))!.ToDeployment(id);
    });

    public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) => TalkAsync(async () =>
    {
        if (spec.Artifact.Trust != Trust.Trusted) return WorkStatus<CommandResult>.Failed(OfStrangers);
        using var answer = await platform.PutAsJsonAsync($"commands/{spec.Id}", new { spec.Artifact.Digest, spec.Command, spec.Environment }, cancellationToken).ConfigureAwait(false);
        var ended = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Ended>(cancellationToken).ConfigureAwait(false);
        return ended is { ExitCode: { } code } ? WorkStatus<CommandResult>.Done(new(code, false, ended.Tail ?? "")) : WorkStatus<CommandResult>.Running(AskAgain);
    });

    public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken) => DeleteAsync($"deployments/{id}?grace={grace.TotalSeconds:0}", cancellationToken);

    public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => DeleteAsync($"commands/{commandId}?grace={grace.TotalSeconds:0}", cancellationToken);

    public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) => TalkAsync<IReadOnlyList<DeploymentId>>(async () =>
        (await platform.GetFromJsonAsync<DeploymentId[]>("deployments?owner=flow", cancellationToken).ConfigureAwait(false))!);

    private async ValueTask DeleteAsync(string what, CancellationToken cancellationToken) => await TalkAsync(async () =>
    {
        using var answer = await platform.DeleteAsync(new Uri(what, UriKind.Relative), cancellationToken).ConfigureAwait(false);
        return answer.StatusCode == HttpStatusCode.NotFound || answer.EnsureSuccessStatusCode().IsSuccessStatusCode;   // unknown ids are no error
    }).ConfigureAwait(false);

    /// <summary>The platform's own trouble is an exception with a code; transient, so that the engine tries again.</summary>
    private static async ValueTask<T> TalkAsync<T>(Func<Task<T>> talk)
    {
        try
        {
            return await talk().ConfigureAwait(false);
        }
        catch (HttpRequestException trouble)
        {
            throw new FlowException("platform-unreachable", $"The platform does not answer: {trouble.HttpRequestError}.", transient: true, trouble);
        }
    }

    private sealed record Wanted(string Digest, IReadOnlyList<ProcessSpec> Processes, IReadOnlyDictionary<string, string> Environment)
    {
        // A process may have a health check of its own.
        public static Wanted Of(DeploymentSpec spec) =>
            new(spec.Artifact.Digest.ToString(), [.. spec.Processes.Select(p => p with { Health = p.Health ?? spec.Health })], spec.Environment);
    }

    private sealed record Seen(bool Healthy, string? Problem, IReadOnlyList<RunningProcess> Processes)
    {
        public Deployment ToDeployment(DeploymentId id) => new() { Id = id, Processes = Processes };
    }

    private sealed record Ended(int? ExitCode, string? Tail);
}
// </sample>
