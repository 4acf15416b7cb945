using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Flow.Runs;

/// <summary>The n-th run of an app: <c>shop-staging.12</c>. Unique for ever.</summary>
[JsonConverter(typeof(ParsableJsonConverter<RunId>))]
public readonly record struct RunId(AppName App, int Number) : IParsable<RunId>
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{App}.{Number}");

    /// <inheritdoc cref="IParsable{TSelf}.Parse"/>
    public static RunId Parse(string s, IFormatProvider? provider = null) => Names.Parse<RunId>(s, "APP.NUMBER");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RunId result)
    {
        result = default;
        var dot = s?.LastIndexOf('.') ?? -1;
        if (dot < 1 || !AppName.TryParse(s![..dot], null, out var app) || !int.TryParse(s[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        result = new(app, number);
        return true;
    }
}

/// <summary>What a run does to its app.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunKind>))]
public enum RunKind
{
    /// <summary>Gates, builds and deploys a revision.</summary>
    Deploy,
    /// <summary>Releases an artifact proven in an earlier stage, without a build.</summary>
    Promotion,
    /// <summary>Releases an older artifact with its config.</summary>
    Rollback,
    /// <summary>Releases the present artifact with changed config.</summary>
    Config,
    /// <summary>Releases the present artifact with an add-on's changed credentials, without a release phase.</summary>
    AddOn,
    /// <summary>Starts the present release's processes anew; no release.</summary>
    Restart,
    /// <summary>Changes how many processes run; no release.</summary>
    Scale,
    /// <summary>Runs one command beside the app; no release.</summary>
    Command,
    /// <summary>Removes everything the app owns.</summary>
    Destroy,
}

/// <summary>How a run stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>A step is being done.</summary>
    Running,
    /// <summary>It waits, and says for what.</summary>
    Waiting,
    /// <summary>It will fail or be cancelled; what it started is being stopped first.</summary>
    Stopping,
    /// <summary>Done.</summary>
    Succeeded,
    /// <summary>Ended with a reason; nothing of it is left working.</summary>
    Failed,
    /// <summary>Ended because somebody, or something newer, wanted it so; nothing of it is left working.</summary>
    Cancelled,
    /// <summary>A step that must not be repeated was interrupted: nobody knows whether it happened. A person decides.</summary>
    Unknown,
}
