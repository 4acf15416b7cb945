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
/// <remarks>Registered under a name. Thread-safe; several calls for one id may overlap.</remarks>
public interface IAddOnProvisioner
{
    /// <summary>
    /// Creates the instance <see cref="AddOnRequest.Id"/>, or reports on it. One id, one instance, however often it is asked for.
    /// A refusal is a permanent failure with a message for the user.
    /// </summary>
    ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Credentials as they are now: asked at every start of a release and never stored, so that a rollback never revives rotated ones.
    /// Permanent <c>addon-missing</c> when there is no such instance.
    /// </summary>
    ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Destroys the instance and its data. "Already gone" is success.</summary>
    ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A wish for an instance.</summary>
public sealed record AddOnRequest
{
    /// <summary>Chosen by the engine: letters, digits, dashes and dots, unique for ever.</summary>
    public required string Id { get; init; }
    /// <summary>Plan as the user wrote it; null for the provider's default for the purpose.</summary>
    public string? Plan { get; init; }
    /// <summary>Options as the user wrote them; null: none. Hostile text.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }
    /// <summary>Why.</summary>
    public required AddOnPurpose Purpose { get; init; }
    /// <summary>For whom.</summary>
    public required AppName App { get; init; }
    /// <summary>Of which pipeline.</summary>
    public required PipelineName Pipeline { get; init; }
}

/// <summary>An instance that is ready.</summary>
/// <param name="Id">As requested.</param>
/// <param name="Plan">The plan it really has.</param>
/// <param name="Message">Something for the user, or null.</param>
public sealed record AddOnInstance(string Id, string Plan, string? Message = null);

/// <summary>What an app needs to use an instance.</summary>
/// <param name="Variables">Name to value, such as <c>DATABASE_URL</c>.</param>
/// <param name="SecretNames">Which of them must never be shown.</param>
public sealed record AddOnBinding(IReadOnlyDictionary<string, string> Variables, IReadOnlySet<string> SecretNames);
