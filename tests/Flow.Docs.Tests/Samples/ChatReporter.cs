using System.Net.Http.Json;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>Tells a chat room how runs end.</summary>
public sealed class ChatReporter(HttpClient chat) : IStatusReporter
{
    public async ValueTask ReportAsync(StatusReport report, CancellationToken cancellationToken)
    {
        if (report.State is not (RunStatus.Succeeded or RunStatus.Failed)) return;
        try
        {
            // The key makes a repeated report the same message.
            using var answer = await chat.PutAsJsonAsync($"messages/{report.Run}-{report.State}",
                new { text = $"{report.Kind} of {report.Revision?.Sha.Short} to {report.App}: {report.State}. {report.Reason}" }, cancellationToken).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
        }
        catch (HttpRequestException trouble)
        {
            throw new FlowException("chat-unreachable", $"The chat does not answer: {trouble.HttpRequestError}.", transient: true, trouble);
        }
    }
}
// </sample>
