using Flow.Apps;
using Flow.Pipelines;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>What all review apps of the shop need to send mail.</summary>
public static class MailForReviews
{
    private static readonly PipelineName Shop = PipelineName.Parse("shop");

    public static async Task SupplyAsync(IPipelines pipelines, string key, string by)
    {
        var answer = await pipelines.SetStageConfigAsync(Shop, Stage.Review,
            new Dictionary<string, ConfigVar?> { ["MAIL_HOST"] = ConfigVar.Plain("mail.example.org"), ["MAIL_KEY"] = ConfigVar.Secret(key) }, by);
        answer.OrThrow();   // refused: all reasons at once
        (await pipelines.DeployAsync(Shop, AppName.Parse("shop-pr-7"), commit: null, by)).OrThrow();
    }
}
// </sample>
