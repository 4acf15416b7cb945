using Flow.Runs;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>Asks every new process for a page before the traffic comes.</summary>
public sealed class SmokeTest(HttpClient http) : IRunStep
{
    public async ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken)
    {
        foreach (var endpoint in context.Endpoints)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(endpoint, "/checkout"), cancellationToken).ConfigureAwait(false);
                await context.WriteLineAsync($"{endpoint}checkout answered {(int)answer.StatusCode}").ConfigureAwait(false);
                if (!answer.IsSuccessStatusCode)
                    return new StepResult.Failed(new("smoke-test-failed", $"{endpoint}checkout answered {(int)answer.StatusCode}."));
            }
            catch (HttpRequestException trouble)
            {
                // Transient: tried again as a new attempt after a back-off.
                return new StepResult.Failed(new("smoke-test-unreachable", $"{endpoint} cannot be reached: {trouble.Message}", Transient: true));
            }
        }
        return new StepResult.Done($"{context.Endpoints.Count} processes answered");
    }
}
// </sample>
