using Flow.AddOns;
using Flow.Builds;
using Flow.Engine;
using Flow.Manifests;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Apps;

/// <summary>What a run is given with the slot, or with its plan.</summary>
internal sealed partial class AppDecider
{
    /// <summary>One commit: the slot, the release with its number, and the intent of everything the run may create.</summary>
    private Decision Give(StreamId self, AppState before, Candidate chosen, Decision decided, DateTimeOffset now)
    {
        var (app, name) = (before, NameOf(self));
        var current = app.CurrentRelease;
        // These follow the present release, which may have changed since they were asked for: never old code after new. A teardown needs it for the script that goes before.
        var present = chosen.Kind is RunKind.Config or RunKind.AddOn or RunKind.Restart or RunKind.Scale or RunKind.Destroy;
        var brings = chosen.Kind is RunKind.Deploy or RunKind.Promotion;
        var artifact = present ? current?.Artifact : chosen.Artifact;
        var said = brings ? VersionOf(app, chosen.Needs) : app.VersionOf(chosen.Kind == RunKind.Rollback ? app.FindRelease(chosen.BackTo ?? 0) : current);
        // Scaling changes the processes that serve; a teardown starts none; everything else starts new ones beside them.
        DeploymentId? started = chosen.Kind is RunKind.Destroy or RunKind.Scale ? null : new(name, app.Generation, app.Deployments + 1);
        var given = Decision.Of(new SlotGiven(chosen.Run, started));
        IReadOnlyList<string> notes = [];
        if (brings)
        {
            (var config, _, notes) = ConfigLayers.Merge(app, chosen.Needs);
            if (!config.ToHashSet().SetEquals(app.ConfigOf(app.Config))) given = given.And(new ConfigChanged(new(NextConfig(app), config, "app.json", now) { Over = app.Config }));
            notes = [.. notes, .. AddOnNotes(app, said?.Manifest), .. AddOnWishes.Notes(app.Policy!, said?.Manifest), .. TypeNotes(artifact!, said?.Manifest)];
            app = After(app, given);
        }
        var wishes = AddOnWishes.Of(app.Policy!, said?.Manifest);
        if (started is { } processes) given = given.And(new ResourcesIntended(Intents(app, name, wishes, processes)));
        if (brings || chosen.Kind is RunKind.Rollback or RunKind.Config or RunKind.AddOn)
            given = given.And(new ReleaseCreated(new()
            {
                Number = (app.Releases is [.., var last] ? last.Number : 0) + 1,
                State = ReleaseState.Pending,
                Run = chosen.Run,
                Kind = chosen.Kind,
                Artifact = artifact!,
                Config = chosen.Kind == RunKind.Config ? Math.Max(chosen.Config ?? 0, app.Config) : chosen.Config ?? app.Config,
                Manifest = said?.Id,
                Watched = present ? current?.Watched : chosen.Watched,
                AddOns = [.. Bound(After(app, given), wishes).Where(r => r.Kind == ResourceKind.AddOn).Select(r => new AddOnReference(r.Name!, r.Id)), .. app.Attachments.Select(a => new AddOnReference(a.Name, a.Id))],
                Notes = notes,
                Revision = present ? current?.Revision : chosen.Revision,
                Origin = chosen.Origin,
                Deployment = started!.Value,
                CreatedAt = now,
            }, said));

        app = After(before, given);
        var release = PendingRelease(app, chosen) ?? current;
        var grant = Grant(app, release, artifact, said?.Manifest);
        return decided.And(given).Send(RunDecider.StreamOf(chosen.Run), new SlotGranted(grant with
        {
            Artifact = present ? artifact : null,
            Revision = present ? current?.Revision : null,
            // What was wished for and never made is torn down too, and the last script cannot use it.
            Ledger = chosen.Kind == RunKind.Destroy ? app.Ledger : grant.Ledger,
            Uses = chosen.Kind == RunKind.Destroy ? [.. (current?.AddOns ?? []).Select(a => a.Id)] : null,
            Notes = notes,
            Deployment = chosen.Kind == RunKind.Scale ? current?.Deployment : started,
            Previous = chosen.Kind == RunKind.Scale ? null : current?.Deployment,
            PreviousEndpoints = current?.Endpoints ?? [],
        }));
    }

    private static SlotGrant Grant(AppState app, Release? release, Artifact? artifact, AppManifest? manifest)
    {
        var wishes = AddOnWishes.Of(app.Policy!, manifest);
        return new()
        {
            Manifest = manifest,
            SetUp = app.SetUp,
            Release = release?.Number,
            Config = ConfigLayers.For(artifact?.Trust, app.Policy!, app.ConfigOf(release?.Config ?? app.Config), manifest),
            Quantities = artifact is null ? new Dictionary<string, int>() : artifact.ProcessTypes.Keys.Where(t => t != ProcessTypes.Release).ToDictionary(t => t, t => app.Quantity(t, manifest)),
            AddOns = wishes,
            Attachments = app.Attachments,
            Ledger = Bound(app, wishes),
            Generation = app.Generation,
            Turn = app.Turns,
        };
    }

    private static ManifestVersion? VersionOf(AppState app, Requirements? needs) => needs is null ? null : new($"{needs.Id}/{app.Policy!.Stage}".ToLowerInvariant(), needs.Manifest, needs.Later);

    /// <summary>Nothing is taken from an app by a line that is missing: its data would go with it.</summary>
    private static IEnumerable<string> AddOnNotes(AppState app, AppManifest? manifest)
    {
        var wishes = AddOnWishes.Of(app.Policy!, manifest);
        var wanted = wishes.Select(w => w.Name).ToHashSet();
        return app.Ledger.Where(r => r.Kind == ResourceKind.AddOn && !wanted.Contains(r.Name!)).Select(r => $"Add-on {r.Name} is not declared any more; it stays until the app is destroyed.")
            .Concat(wishes.Where(w => app.Ledger.Any(r => Serves(app, r) && r.Name == w.Name && !IsOf(r, w))).Select(w => $"Add-on {w.Name} stays with the provider that it has; {w.Provider} is for new apps."));
    }

    /// <summary>
    /// What the app has but for add-ons that are neither wished for nor bound to what serves: those were never made, or nobody has used them. They are left to the teardown,
    /// so that a wish which cannot be fulfilled ends with the commit that had it.
    /// </summary>
    private static IReadOnlyList<OwnedResource> Bound(AppState app, IReadOnlyList<AddOnWish> wishes) =>
        [.. app.Ledger.Where(r => r.Kind != ResourceKind.AddOn || Serves(app, r) || wishes.Any(w => IsOf(r, w)))];

    private static bool Serves(AppState app, OwnedResource addOn) => app.CurrentRelease?.AddOns.Any(a => a.Id == addOn.Id) == true;

    private static bool IsOf(OwnedResource addOn, AddOnWish wish) =>
        addOn.Kind == ResourceKind.AddOn && addOn.Name == wish.Name && addOn.Provider.Equals(wish.Provider, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> TypeNotes(Artifact artifact, AppManifest? manifest) =>
        (manifest?.Processes.Keys ?? []).Where(t => !artifact.ProcessTypes.ContainsKey(t)).Order(StringComparer.Ordinal).Select(t => $"Process type {t} of app.json is not in the Procfile; it has {string.Join(", ", artifact.ProcessTypes.Keys.Order(StringComparer.Ordinal))}.");

    private static IReadOnlyList<OwnedResource> Intents(AppState app, AppName name, IReadOnlyList<AddOnWish> wishes, DeploymentId processes) =>
    [
        .. wishes.Where(w => !app.Ledger.Any(r => IsOf(r, w) || (Serves(app, r) && r.Name == w.Name))).Select(w => new OwnedResource(ResourceKind.AddOn, AddOnId(app, name, w), w.Provider, w.Name)),
        new(ResourceKind.Deployment, processes.ToString(), app.Policy!.Runtime),
        new(ResourceKind.Route, $"route:{name}", ""),
    ];

    /// <summary>One that another provider was asked for, and that never served, keeps its id.</summary>
    private static string AddOnId(AppState app, AppName name, AddOnWish wish) =>
        $"{name}.{app.Generation}.{wish.Name}" is var id && app.Ledger.Any(r => r.Id == id) ? $"{id}.{wish.Provider.ToLowerInvariant()}" : id;
}
