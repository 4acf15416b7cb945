using System.Security.Cryptography;
using System.Text;
using Flow.Builds;
using Flow.Manifests;
using Flow.Sources;

namespace Flow.Runs.Steps;

internal sealed class FetchStep(Providers providers) : IBuiltInStep
{
    public string Kind => WellKnownSteps.Fetch;

    public async Task<RunInput> ExecuteAsync(StepExecution execution, CancellationToken cancellationToken)
    {
        var revision = execution.Plan.Revision!;
        var repository = execution.Policy.Repository;
        await execution.WriteLineAsync($"Fetching {revision.Sha} ({revision.Ref}) of {repository.Url}", cancellationToken);
        var tree = await providers.Get<ISourceProvider>(execution.Policy.Source).FetchAsync(repository, revision.Sha, cancellationToken);
        // Nonsense in the Procfile is told before anything is built.
        if (await tree.ReadTextAsync("Procfile", Procfile.MaxBytes, cancellationToken) is { } procfile) Procfile.Parse(procfile);
        var builder = providers.Get<IBuilder>(execution.Policy.Builder);
        var detection = await builder.DetectAsync(tree, cancellationToken);
        if (!detection.Mine) return execution.Failed(new("language-unknown", detection.Reason));
        await execution.WriteLineAsync($"{tree.Subject} ({tree.Author}); {detection.Reason}", cancellationToken);
        return execution.Done(tree.TreeId, new(new(tree.TreeId, tree.Subject, tree.Author, BuildKey(execution, tree, builder))));
    }

    /// <summary>Shared by source tree, root folder, builder version and trust: an untrusted build never serves anybody trusted. Also by pipeline, whose cache it uses.</summary>
    private static string BuildKey(StepExecution execution, ISourceTree tree, IBuilder builder)
    {
        var identity = string.Join('\n', execution.Policy.Pipeline, execution.Policy.Builder, builder.Version, tree.TreeId, execution.Policy.Repository.RootFolder ?? "", execution.Plan.Revision!.Trust);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..24];
    }
}
