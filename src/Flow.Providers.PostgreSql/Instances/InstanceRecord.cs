using System.Text.Json;
using System.Text.Json.Serialization;
using Flow.AddOns;

namespace Flow.Providers.PostgreSql.Instances;

/// <summary>How far an instance is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InstanceState>))]
internal enum InstanceState
{
    /// <summary>Its owner is there; the database perhaps, and perhaps not all of it.</summary>
    Making,
    /// <summary>All of it.</summary>
    Ready,
    /// <summary>Being dropped.</summary>
    Going,
}

/// <summary>What is known of an instance, as the comment of its owner role. Every role of the server may read it: no secrets.</summary>
internal sealed record InstanceRecord
{
    private const int LongestShown = 103;

    /// <summary>Says that the comment is ours.</summary>
    public required int FlowAddOn { get; init; }
    public required string Id { get; init; }
    public required InstanceState State { get; init; }
    public required string Plan { get; init; }
    public required AddOnPurpose Purpose { get; init; }
    public string? Seed { get; init; }
    /// <summary>Made for a pool and not claimed yet: its login may not log in, its database accepts no connections.</summary>
    public bool Warm { get; init; }
    /// <summary>Under which id it was warm.</summary>
    public string? WarmId { get; init; }
    public string? Pipeline { get; init; }
    public string? App { get; init; }
    public string? Proposal { get; init; }
    public string? TestRun { get; init; }
    /// <summary>Chance of its own, of which the passwords are derived: an id that comes again has others.</summary>
    public required string Salt { get; init; }
    /// <summary>How often the credentials were replaced.</summary>
    public long Rotation { get; init; }
    public required DateTimeOffset Created { get; init; }
    /// <summary>When the old credentials end; null: there are none.</summary>
    public DateTimeOffset? OldUntil { get; init; }

    // Its encoder escapes all that is not ASCII, and the apostrophe.
    public string ToJson() => JsonSerializer.Serialize(this, InstanceJson.Default.InstanceRecord);

    /// <summary>Null: it is not ours.</summary>
    public static InstanceRecord? Parse(string? comment)
    {
        if (comment is not { Length: > 0 and <= 8_192 }) return null;
        try { return JsonSerializer.Deserialize(comment, InstanceJson.Default.InstanceRecord) is { FlowAddOn: 1 } record ? record : null; }
        catch (JsonException) { return null; }
    }

    public InstanceRecord For(AddOnRequest request) => this with
    {
        Purpose = request.Purpose,
        Pipeline = request.Owner?.Pipeline.ToString(),
        App = request.Owner?.App.ToString(),
        Proposal = request.Owner?.Proposal is { } proposal ? HostileText.Shown(proposal, LongestShown) : null,
        TestRun = request.Owner?.TestRun is { } run ? HostileText.Shown(run, LongestShown) : null,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InstanceRecord))]
internal sealed partial class InstanceJson : JsonSerializerContext;
