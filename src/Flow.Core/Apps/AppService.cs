using System.Runtime.CompilerServices;
using Flow.AddOns;
using Flow.DependencyInjection;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Routing;
using Flow.Runs.Steps;
using Flow.Secrets;

namespace Flow.Apps;

internal sealed class AppService(FlowMailbox mailbox, IRouter router, Providers providers, IEnumerable<ProviderDescriptor> registered, TimeProvider time, ISecretProtector? protector = null) : IApps, IReleases
{
    public ValueTask<AppState?> GetAsync(AppName app, CancellationToken cancellationToken = default) => mailbox.ReadAsync<AppState>(AppDecider.StreamOf(app), cancellationToken);

    public async IAsyncEnumerable<KeyValuePair<AppName, AppState>> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var (stream, state) in mailbox.ListAsync<AppState>(AppDecider.Kind, cancellationToken: cancellationToken))
            if (state.Life != AppLife.None) yield return new(AppName.Parse(stream.Key), state);
    }

    public Uri UrlOf(AppName app) => router.UrlOf(app);

    public ValueTask<Answer> SetConfigAsync(AppName app, IReadOnlyDictionary<string, ConfigVar?> changes, string by, string? requestKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var wrong = SealedConfig.Seal(changes, name => ConfigSecrets.Purpose(app, name), ConfigOrigin.Person, protector, out var values);
        return wrong is not null ? ValueTask.FromResult(Answer.Refused("config-invalid", wrong)) : Ask(app, new ChangeConfig(values, by), requestKey, cancellationToken);
    }

    public ValueTask<Answer> ScaleAsync(AppName app, IReadOnlyDictionary<string, int> quantities, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new ScaleProcesses(quantities, by), requestKey, cancellationToken);

    public ValueTask<Answer> RestartAsync(AppName app, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new RestartProcesses(by), requestKey, cancellationToken);

    public ValueTask<Answer> RunCommandAsync(AppName app, string command, TimeSpan timeout, string by, string? requestKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, Pipelines.PipelineValidator.LongestTimeout);
        return Ask(app, new RunCommand(command, timeout, by), requestKey, cancellationToken);
    }

    public ValueTask<Answer> HoldAsync(AppName app, string reason, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new HoldDeployments(reason, by), requestKey, cancellationToken);

    public ValueTask<Answer> ResumeAsync(AppName app, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new ResumeDeployments(by), requestKey, cancellationToken);

    public async ValueTask<Answer> AttachAddOnAsync(AppName app, AppName owner, string addOn, string attachment, string by, string? requestKey = null, CancellationToken cancellationToken = default)
    {
        if (!ConfigNames.IsGood(attachment + "_URL") || attachment.Any(char.IsAsciiLetterLower)) return Answer.Refused("attachment-invalid", $"'{HostileText.Shown(attachment)}' is no name for an attachment: capital letters, digits and '_', a letter first.");
        if (await GetAsync(owner, cancellationToken) is not { Life: AppLife.Active } theirs || theirs.Ledger.FirstOrDefault(r => r.Kind == ResourceKind.AddOn && r.Name == addOn) is not { } resource)
            return Answer.Refused("addon-unknown", $"{owner} has no add-on '{HostileText.Shown(addOn)}'.");
        if (app == owner || await GetAsync(app, cancellationToken) is not { Life: AppLife.Active } ours) return Answer.Refused("attachment-refused", app == owner ? $"It belongs to {app} already." : $"There is no app {app}.");
        if (AddOnWishes.PurposeOf(ours.Policy!.Stage) != AddOnWishes.PurposeOf(theirs.Policy!.Stage))
            return Answer.Refused("attachment-refused", $"{app} is for {AddOnWishes.PurposeOf(ours.Policy.Stage)}, the add-on for {AddOnWishes.PurposeOf(theirs.Policy.Stage)}: data is not shared between purposes.");
        if (!providers.Get<IAddOnProvisioner>(resource.Provider).Catalogue.Shareable) return Answer.Refused("attachment-refused", $"Provider '{resource.Provider}' gives an instance to one app only.");
        return await Ask(app, new AttachAddOn(new(attachment, resource.Provider, resource.Id, owner), by), requestKey, cancellationToken);
    }

    public ValueTask<Answer> DetachAddOnAsync(AppName app, string attachment, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new DetachAddOn(attachment, by), requestKey, cancellationToken);

    public ValueTask<Answer> RotateAddOnAsync(AppName app, string addOn, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new AddOnChanged(addOn, by, Rotate: true), requestKey, cancellationToken);

    public ValueTask<Answer> RenewAddOnAsync(AppName app, string addOn, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new AddOnChanged(addOn, by), requestKey, cancellationToken);

    public ValueTask<Answer> DestroyAsync(AppName app, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new DestroyApp($"asked for by {by}", by), requestKey, cancellationToken);

    public async ValueTask<PromotionAnswer> PromoteAsync(
        AppName from, IReadOnlyList<AppName>? targets, int? release, string by, string? requestKey = null, CancellationToken cancellationToken = default)
    {
        var id = requestKey ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        targets ??= await NextStageAsync(from, cancellationToken);
        Dictionary<string, IReadOnlyDictionary<string, string>> generated = [];
        if (await GetAsync(from, cancellationToken) is { } app && app.VersionOf((release ?? app.Current) is { } number ? app.FindRelease(number) : null) is { } said)
            foreach (var target in targets)
            {
                if (await GetAsync(target, cancellationToken) is not { Policy: { } policy }) continue;
                var manifest = said.Later?.GetValueOrDefault(policy.Stage) ?? said.Manifest;
                // What was looked at when it was fetched was for another stage.
                if (new AddOnFit(providers, registered).Of(policy, manifest) is { } misfit) return new(id, Answer.Refused(misfit.Code, $"{target}: {misfit.Message}"));
                // What is random is made before it is decided.
                if (new ConfigSecrets(protector).Generate(target, manifest) is { } made) generated[target.ToString()] = made;
            }
        return new(id, await Ask(from, new RequestPromotion(id, release, targets, by, generated.Count == 0 ? null : generated), requestKey, cancellationToken));
    }

    /// <summary>Every app of the pipeline in the next stage that has one. (Heroku: promotion without targets.)</summary>
    private async ValueTask<IReadOnlyList<AppName>> NextStageAsync(AppName from, CancellationToken cancellationToken)
    {
        if (await GetAsync(from, cancellationToken) is not { Policy: { } policy }) return [];
        List<(AppName Name, Stage Stage)> later = [];
        await foreach (var (name, app) in ListAsync(cancellationToken))
            if (app.Life == AppLife.Active && app.Policy!.Pipeline == policy.Pipeline && app.Policy.Stage > policy.Stage) later.Add((name, app.Policy.Stage));
        return [.. later.Where(a => a.Stage == later.Min(l => l.Stage)).Select(a => a.Name)];
    }

    public async ValueTask<Promotion?> GetPromotionAsync(AppName from, string promotion, CancellationToken cancellationToken = default) =>
        (await GetAsync(from, cancellationToken))?.Promotions.FirstOrDefault(p => p.Id == promotion);

    public ValueTask<Answer> RollBackAsync(AppName app, int? toRelease, string by, string? requestKey = null, CancellationToken cancellationToken = default) =>
        Ask(app, new RequestRollback(toRelease, by), requestKey, cancellationToken);

    public async ValueTask<ReleaseDiff> DiffAsync(AppName app, int from, int to, CancellationToken cancellationToken = default)
    {
        if (await GetAsync(app, cancellationToken) is not { Life: not AppLife.None } state) throw new FlowException("app-unknown", $"There is no app {app}.");
        return ReleaseDiff.Between(state, Find(from), Find(to));

        Release Find(int number) => state.FindRelease(number) ?? throw new FlowException("release-unknown", $"{app} has no release v{number}, or has forgotten it.");
    }

    private ValueTask<Answer> Ask(AppName app, AppInput input, string? requestKey, CancellationToken cancellationToken) =>
        mailbox.AskAsync(AppDecider.StreamOf(app), input, requestKey, cancellationToken);
}
