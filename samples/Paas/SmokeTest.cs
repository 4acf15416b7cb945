using Flow.Runs;

namespace Flow.Samples.Paas;

/// <summary>A black-box test of the new processes, before any traffic goes there: a host's own step.</summary>
internal sealed class SmokeTest : IRunStep
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public async ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken)
    {
        foreach (var endpoint in context.Endpoints)
        {
            using var answer = await Http.GetAsync(endpoint, cancellationToken);
            await context.WriteLineAsync($"GET {endpoint} answered {(int)answer.StatusCode}");
            if (!answer.IsSuccessStatusCode)
                return new StepResult.Failed(new("smoke-test-failed", $"GET / of the new release answered {(int)answer.StatusCode}."));
        }
        return new StepResult.Done($"{context.Endpoints.Count} processes answered");
    }
}
