using System.Text.Json.Serialization;

namespace Flow.AddOns;

/// <summary>Why an add-on is wanted. A provider may serve each differently: cheap and quick for a review app, durable for production.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AddOnPurpose>))]
public enum AddOnPurpose
{
    /// <summary>For one test run.</summary>
    Test,
    /// <summary>For one proposal.</summary>
    Review,
    /// <summary>Permanent, expendable.</summary>
    Development,
    /// <summary>Permanent, like production.</summary>
    Staging,
    /// <summary>Permanent, precious.</summary>
    Production,
}

/// <summary>
/// Provides a backing service. The engine chooses the id before it asks (as in the Open Service Broker API), so that a request whose
/// answer was lost is simply repeated.
/// </summary>
/// <remarks>
/// Registered under a name. Thread-safe; several calls for one id may overlap. Optional abilities are interfaces of their own: <see cref="IAddOnPooling"/>, <see cref="IAddOnRotation"/>.
/// </remarks>
public interface IAddOnProvisioner
{
    /// <summary>What there is: plans, options, what suits which purpose. Does not change while the host runs; no I/O.</summary>
    AddOnCatalogue Catalogue { get; }

    /// <summary>
    /// Creates the instance <see cref="AddOnRequest.Id"/>, or reports on it. One id, one instance, however often it is asked for.
    /// A refusal is a permanent failure with a message for the user; a transient one is asked again after a back-off.
    /// </summary>
    ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Credentials as they are now: asked at every start of a release and never stored, so that a rollback never revives rotated ones.
    /// Permanent <c>addon-missing</c> when there is no such instance. A warm instance may have none yet: <c>addon-unclaimed</c>, permanent; the engine never asks for them.
    /// </summary>
    ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Destroys the instance and its data. "Already gone" is success.</summary>
    ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken);
}

/// <summary>Optional: instances can be made before anybody needs them, and handed over in an instant.</summary>
public interface IAddOnPooling
{
    /// <summary>
    /// Turns a warm instance into the instance <see cref="AddOnRequest.Id"/>: from now on it answers to that id and to no other, with credentials that nobody has seen before.
    /// Asked again, it reports on the instance that it has become. A warm instance that is not there, or is not fit to be given away, is a permanent failure: the engine takes
    /// another one and never this one again.
    /// </summary>
    /// <param name="warmId">Id under which the instance was provisioned for its pool.</param>
    /// <param name="request">Whose it becomes (its owner is never null); plan, options and seed are those that it was provisioned with.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken);
}

/// <summary>Optional: credentials can be replaced.</summary>
public interface IAddOnRotation
{
    /// <summary>New credentials; <see cref="IAddOnProvisioner.BindAsync"/> gives them from now on. The old ones go on working for at most a minute, so that what runs can be started anew.</summary>
    ValueTask RotateAsync(string id, CancellationToken cancellationToken);
}

/// <summary>What a provider offers.</summary>
public sealed record AddOnCatalogue
{
    /// <summary>At least one.</summary>
    public required IReadOnlyList<AddOnPlan> Plans { get; init; }

    /// <summary>Options that a request may have; others are refused.</summary>
    public IReadOnlyList<AddOnOption> Options { get; init; } = [];

    /// <summary>Several apps may be attached to one instance.</summary>
    public bool Shareable { get; init; }

    /// <summary>Instances can begin with a seed.</summary>
    public bool Seedable { get; init; }

    /// <summary>Prefix of the config vars: with <c>DATABASE</c>, an attachment named <c>CACHE</c> gets <c>CACHE_URL</c> for <c>DATABASE_URL</c>. Null: they are never renamed.</summary>
    public string? Prefix { get; init; }

    /// <summary>A plan by its name; null: there is none.</summary>
    public AddOnPlan? Find(string plan) => Plans.FirstOrDefault(p => p.Name == plan);

    /// <summary>The plan for who names none: the one that is meant for the purpose, else the first.</summary>
    public AddOnPlan DefaultFor(AddOnPurpose purpose) => Plans.FirstOrDefault(p => p.DefaultFor.Contains(purpose)) ?? Plans[0];
}

/// <summary>One plan.</summary>
/// <param name="Name">As users write it.</param>
/// <param name="Description">For people.</param>
/// <param name="DefaultFor">Purposes for which it is taken when nobody names a plan.</param>
/// <param name="CostPerHour">In the host's currency, for cost caps; null: unknown, counts as nothing.</param>
public sealed record AddOnPlan(string Name, string Description, IReadOnlyList<AddOnPurpose> DefaultFor, decimal? CostPerHour = null);

/// <summary>One option.</summary>
/// <param name="Name">As users write it.</param>
/// <param name="Description">For people.</param>
/// <param name="Values">What it may be; null: any text of at most 200 characters.</param>
public sealed record AddOnOption(string Name, string Description, IReadOnlyList<string>? Values = null);

/// <summary>A wish for an instance.</summary>
public sealed record AddOnRequest
{
    /// <summary>Chosen by the engine: letters, digits, dashes and dots, at most 160 characters, unique for ever.</summary>
    public required string Id { get; init; }
    /// <summary>One of the catalogue's; null: the catalogue's default for the purpose.</summary>
    public string? Plan { get; init; }
    /// <summary>Options of the catalogue; null: none. Hostile text.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }
    /// <summary>Why.</summary>
    public required AddOnPurpose Purpose { get; init; }
    /// <summary>For whom; null: for a pool, until it is claimed.</summary>
    public AddOnOwner? Owner { get; init; }
    /// <summary>How long it is expected to live, roughly; null: nobody knows, or for ever.</summary>
    public TimeSpan? ExpectedLifetime { get; init; }
    /// <summary>What its data begins with, as the provider names it; null: empty.</summary>
    public string? Seed { get; init; }
}

/// <summary>For whom an instance is.</summary>
/// <param name="Pipeline">Pipeline.</param>
/// <param name="App">App.</param>
/// <param name="Proposal">Proposal, for a review app.</param>
/// <param name="TestRun">Test run, for a test app.</param>
public sealed record AddOnOwner(PipelineName Pipeline, AppName App, string? Proposal = null, string? TestRun = null);

/// <summary>An instance that is ready.</summary>
/// <param name="Id">As requested.</param>
/// <param name="Plan">The plan it really has.</param>
/// <param name="Message">Something for the user, or null.</param>
public sealed record AddOnInstance(string Id, string Plan, string? Message = null);

/// <summary>What an app needs to use an instance.</summary>
/// <param name="Variables">Name to value, such as <c>DATABASE_URL</c>.</param>
/// <param name="SecretNames">Which of them must never be shown.</param>
public sealed record AddOnBinding(IReadOnlyDictionary<string, string> Variables, IReadOnlySet<string> SecretNames);
