using Flow.Engine;

namespace Flow.Apps;

/// <summary>
/// Apps, for hosts. Each request is answered with the run that carries it out, or refused with its reason; it is durable when the answer is
/// there. Waiting for an answer can be cancelled, the request cannot. Requests with the same <c>requestKey</c> are one request.
/// </summary>
public interface IApps
{
    /// <summary>An app as last committed, or null.</summary>
    ValueTask<AppState?> GetAsync(AppName app, CancellationToken cancellationToken = default);

    /// <summary>All apps, destroyed ones included, in order of their names.</summary>
    IAsyncEnumerable<KeyValuePair<AppName, AppState>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>The app's stable URL, whether or not anything serves it.</summary>
    Uri UrlOf(AppName app);

    /// <summary>
    /// Sets and removes config vars: one change, one config version, one release (release phase included). A secret's plain text is encrypted
    /// before it leaves this call. What is removed from a review app gives way to what the stage, or its manifest, says.
    /// </summary>
    /// <param name="app">Whose.</param>
    /// <param name="changes">Name to value; null removes.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="requestKey">Makes the request idempotent.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask<Answer> SetConfigAsync(AppName app, IReadOnlyDictionary<string, ConfigVar?> changes, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Changes how many processes of each type run, 0 to 100; types that are not named stay as they are.</summary>
    ValueTask<Answer> ScaleAsync(AppName app, IReadOnlyDictionary<string, int> quantities, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Starts the present release's processes anew, without an interruption and without a release.</summary>
    ValueTask<Answer> RestartAsync(AppName app, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Runs the user's own shell line with the present release and its config, beside the app, for more than 0 and at most a day. Never repeated by
    /// itself. The text is recorded in the run's history: give it secrets as config vars, not as words.</summary>
    ValueTask<Answer> RunCommandAsync(AppName app, string command, TimeSpan timeout, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Keeps automatic deployments back until somebody resumes.</summary>
    ValueTask<Answer> HoldAsync(AppName app, string reason, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Lets automatic deployments go on: the newest head that waits goes first.</summary>
    ValueTask<Answer> ResumeAsync(AppName app, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets an app use an instance that belongs to another: a release, with release phase. Refused where the provider does not share, and between purposes: a review app never gets production's data. The
    /// instance goes with the app that owns it.
    /// </summary>
    /// <param name="app">Who is to use it.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="addOn">Its name there.</param>
    /// <param name="attachment">Name of the attachment, in capital letters: prefix of its config vars.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="requestKey">Makes the request idempotent.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask<Answer> AttachAddOnAsync(AppName app, AppName owner, string addOn, string attachment, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Takes an attachment back: a release, with release phase. The instance and its data stay with their owner.</summary>
    ValueTask<Answer> DetachAddOnAsync(AppName app, string attachment, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The add-on's credentials or addresses are others now: a release of what runs, without a release phase, that asks for them anew. For providers that rotate.
    /// </summary>
    ValueTask<Answer> RenewAddOnAsync(AppName app, string addOn, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Replaces an add-on's credentials and starts what runs anew with them: a release, without a release phase. Refused by the run when the provider cannot. Other apps that are attached need a renewal too.</summary>
    ValueTask<Answer> RotateAddOnAsync(AppName app, string addOn, string by, string? requestKey = null, CancellationToken cancellationToken = default);

    /// <summary>Removes everything the app owns, data included. Cancels what is at work first; goes on until nothing is left.</summary>
    ValueTask<Answer> DestroyAsync(AppName app, string by, string? requestKey = null, CancellationToken cancellationToken = default);
}

/// <summary>A config var to set. Its <see cref="ToString"/> never shows the value.</summary>
public sealed class ConfigVar
{
    private ConfigVar(string value, bool secret) => (Value, IsSecret) = (value, secret);

    internal string Value { get; }

    /// <summary>It is encrypted at rest and masked in logs.</summary>
    public bool IsSecret { get; }

    /// <summary>Shown to whoever may see the app.</summary>
    public static ConfigVar Plain(string value) => new(value, false);

    /// <summary>Encrypted at rest, masked in logs, never read back. At least 8 characters: shorter ones cannot be masked safely.</summary>
    public static ConfigVar Secret(string value) => new(value, true);

    /// <inheritdoc/>
    public override string ToString() => IsSecret ? "secret" : "plain";
}
