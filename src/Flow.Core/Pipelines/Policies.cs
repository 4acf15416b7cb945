using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Flow.Apps;
using Flow.Engine;
using Flow.Gates;
using Flow.ReviewApps;
using Flow.Sources;

namespace Flow.Pipelines;

/// <summary>What a declaration means for each of its apps.</summary>
internal static class Policies
{
    public static AppPolicy Of(ResolvedPipeline declared, AppDefinition app) => Base(declared, app.Stage) with { Gates = app.Gates, Config = app.Config } is var policy
        ? policy with { Fingerprint = FingerprintOf(policy) } : throw new InvalidOperationException();

    public static AppPolicy OfReview(PipelineState pipeline, Proposal proposal)
    {
        var declared = pipeline.Declared!;
        var review = declared.Definition.ReviewApps!;
        var policy = Base(declared, Stage.Review) with
        {
            Gates = review.WaitForChecks ? [ChecksGate.Name, .. review.Gates.Where(g => !g.Equals(ChecksGate.Name, StringComparison.OrdinalIgnoreCase))] : review.Gates,
            Proposal = proposal.Key,
            Review = new(proposal.Key, proposal.Number, proposal.Branch),
            StageConfig = Layered(review.Config, pipeline.ReviewConfig),
            PredestroyTimeout = review.PredestroyTimeout,
        };
        return policy with { Fingerprint = FingerprintOf(policy) };
    }

    /// <summary>What was set goes before what is declared. In order of their names: equal policies have equal fingerprints.</summary>
    private static ImmutableSortedDictionary<string, ConfigValue> Layered(IReadOnlyDictionary<string, string> declared, StageConfig? set) =>
        ImmutableSortedDictionary.Create<string, ConfigValue>(StringComparer.Ordinal)
            .SetItems(declared.Select(v => KeyValuePair.Create(v.Key, new ConfigValue(v.Value, null, ConfigOrigin.Stage))))
            .SetItems(set?.Values ?? ConfigVersion.Empty);

    private static AppPolicy Base(ResolvedPipeline declared, Stage stage) => new()
    {
        Pipeline = declared.Definition.Name,
        Stage = stage,
        Repository = declared.Definition.Repository,
        Source = declared.Definition.Source,
        Builder = declared.Definition.Builder,
        Runtime = declared.Definition.Runtime,
        Steps = declared.Steps,
        Reporters = declared.Reporters,
        AddOns = declared.Definition.AddOns,
        AddOnPlans = declared.Definition.AddOnPlans,
        AddOnSeeds = declared.Definition.AddOnSeeds,
        AddOnServices = declared.Definition.AddOnServices,
        Health = declared.Definition.Health,
        BuildTimeout = declared.Definition.BuildTimeout,
        ReleaseTimeout = declared.Definition.ReleaseTimeout,
        ReleaseRepeat = declared.Definition.ReleaseRepeat,
        DrainDeadline = declared.Definition.DrainDeadline,
        StopGrace = declared.Definition.StopGrace,
        ReleasesKept = declared.ReleasesKept,
        Retention = declared.Retention,
        Fingerprint = "",
    };

    private static string FingerprintOf(AppPolicy policy) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(policy, FlowJson.Default.AppPolicy)))[..32];
}
