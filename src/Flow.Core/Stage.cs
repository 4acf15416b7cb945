using System.Text.Json.Serialization;

namespace Flow;

/// <summary>Where in a pipeline an app stands, in order. Test and review apps are ephemeral. (Heroku: pipeline-coupling stages.)</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Stage>))]
public enum Stage
{
    /// <summary>Lives as long as one test run.</summary>
    Test,
    /// <summary>Lives as long as one proposal (pull request).</summary>
    Review,
    /// <summary>Permanent.</summary>
    Development,
    /// <summary>Permanent.</summary>
    Staging,
    /// <summary>Permanent.</summary>
    Production,
}
