using Flow.Apps;
using Flow.Engine;
using Flow.ReviewApps;

namespace Flow.Pipelines;

/// <summary>Config vars of all apps of an ephemeral stage.</summary>
internal sealed partial class PipelineDecider
{
    private Decision Configure(PipelineState pipeline, ChangeStageConfig change, DateTimeOffset now)
    {
        var before = change.Stage == Stage.Review ? pipeline.ReviewConfig : pipeline.TestConfig;
        var values = new Dictionary<string, ConfigValue>(before?.Values ?? ConfigVersion.Empty);
        var changed = false;
        foreach (var (name, value) in change.Changes)
        {
            changed |= value is null ? values.Remove(name) : values.GetValueOrDefault(name) != value;
            if (value is not null) values[name] = value;
        }
        if (!changed) return Decision.Nothing.Reply(Answer.Ok(remark: "It is so already."));
        var size = ConfigSize.Of(values);
        if (size > ConfigSize.Most) return Decision.Refuse("config-too-large", $"It would have {size} characters, the limit is {ConfigSize.Most}.");
        var draft = new Draft(this, pipeline);
        draft.Happens(new StageConfigChanged(change.Stage, new((before?.Version ?? 0) + 1, values, change.By, now)));
        if (change.Stage == Stage.Review) Redefine(draft);
        return draft.Done().Reply(Answer.Ok());
    }

    private Decision Rewrap(PipelineState pipeline, RewrapStageConfig rewrap)
    {
        if (ReferenceEquals(Rewrap(pipeline, rewrap.Ciphertexts), pipeline)) return Decision.Nothing.Reply(Answer.Ok());
        var draft = new Draft(this, pipeline);
        draft.Happens(new StageConfigRewrapped(rewrap.Ciphertexts));
        Redefine(draft);
        return draft.Done().Reply(Answer.Ok());
    }

    /// <summary>Every review app hears how to live now; it takes that up with its next deployment.</summary>
    private static void Redefine(Draft draft)
    {
        if (draft.Definition.ReviewApps is null) return;
        foreach (var seen in draft.State.Proposals.Values.Where(p => p.App is not null))
            draft.Send(AppDecider.StreamOf(seen.App!.Value), new DefineApp(Policies.OfReview(draft.State, seen.Proposal), draft.State.Order, Version: draft.State.Policies));
    }

    /// <summary>The same state when nothing of it is meant.</summary>
    private static PipelineState Rewrap(PipelineState pipeline, IReadOnlyDictionary<string, string> ciphertexts)
    {
        bool IsMeant(IReadOnlyDictionary<string, ConfigValue>? values) => values?.Values.Any(v => v.Ciphertext is { } old && ciphertexts.ContainsKey(old)) == true;
        IReadOnlyDictionary<string, ConfigValue> Anew(IReadOnlyDictionary<string, ConfigValue> values) =>
            values.ToDictionary(v => v.Key, v => v.Value.Ciphertext is { } old && ciphertexts.TryGetValue(old, out var wrapped) ? v.Value with { Ciphertext = wrapped } : v.Value);

        if (IsMeant(pipeline.ReviewConfig?.Values)) pipeline = pipeline with { ReviewConfig = pipeline.ReviewConfig! with { Values = Anew(pipeline.ReviewConfig.Values) } };
        if (IsMeant(pipeline.TestConfig?.Values)) pipeline = pipeline with { TestConfig = pipeline.TestConfig! with { Values = Anew(pipeline.TestConfig.Values) } };
        foreach (var (key, seen) in pipeline.Proposals.Where(p => IsMeant(p.Value.Config))) pipeline = Change(pipeline, key, p => p! with { Config = Anew(seen.Config!) });
        foreach (var (key, wanted) in pipeline.WantedBranches.Where(b => IsMeant(b.Value.Config)))
            pipeline = pipeline with { WantedBranches = Sorted(pipeline.WantedBranches).SetItem(key, wanted with { Config = Anew(wanted.Config!) }) };
        return pipeline;
    }

    /// <summary>Every ciphertext that a pipeline keeps, with its place; some more than once.</summary>
    internal static IEnumerable<(string Purpose, string Ciphertext)> CiphertextsOf(PipelineName name, PipelineState pipeline)
    {
        IEnumerable<(string, string)> Of(IReadOnlyDictionary<string, ConfigValue>? values, Func<string, string> purpose) =>
            (values ?? ConfigVersion.Empty).Where(v => v.Value.IsSecret).Select(v => (purpose(v.Key), v.Value.Ciphertext!));
        IEnumerable<(string, string)> OfApp(string key, AppName? bound, IReadOnlyDictionary<string, ConfigValue>? values) =>
            (bound ?? (pipeline.Declared is null ? null : NameIn(pipeline, key))) is { } app ? Of(values, v => Secrets.ConfigSecrets.Purpose(app, v)) : [];

        return Of(pipeline.ReviewConfig?.Values, v => Secrets.ConfigSecrets.StagePurpose(name, Stage.Review, v)).Concat(Of(pipeline.TestConfig?.Values, v => Secrets.ConfigSecrets.StagePurpose(name, Stage.Test, v)))
            .Concat(pipeline.Proposals.SelectMany(p => OfApp(p.Key, p.Value.ConfigFor, p.Value.Config))).Concat(pipeline.WantedBranches.SelectMany(b => OfApp(b.Key, b.Value.ConfigFor, b.Value.Config)));
    }
}
