using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Flow.Apps;
using Flow.Builds;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Engine;

/// <summary>How everything that is stored is written down.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PipelineInput)), JsonSerializable(typeof(PipelineEvent)), JsonSerializable(typeof(PipelineState))]
[JsonSerializable(typeof(AppInput)), JsonSerializable(typeof(AppEvent)), JsonSerializable(typeof(AppState)), JsonSerializable(typeof(AppPolicy))]
[JsonSerializable(typeof(RunInput)), JsonSerializable(typeof(RunEvent)), JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(BuildInput)), JsonSerializable(typeof(BuildEvent)), JsonSerializable(typeof(BuildState))]
[JsonSerializable(typeof(ReportInput)), JsonSerializable(typeof(ReportEvent)), JsonSerializable(typeof(ReportState))]
[JsonSerializable(typeof(ResolvedPipeline))]
[JsonSerializable(typeof(Answer)), JsonSerializable(typeof(InputRejected))]
internal sealed partial class FlowJson : JsonSerializerContext
{
    /// <summary>
    /// For reading what was stored, also by an older version: what is missing has its initial value. Generated code makes an object with all of its init properties at
    /// once, so that a missing one would be null or 0; by reflection it is made first, and then only what is there is set. (Reading is quicker this way, too.)
    /// </summary>
    public static JsonSerializerOptions Reading { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>For writing.</summary>
    public static JsonTypeInfo<T> Writes<T>() => (JsonTypeInfo<T>)Default.GetTypeInfo(typeof(T))!;

    /// <summary>For reading, as <see cref="Reading"/> says.</summary>
    public static JsonTypeInfo<T> Reads<T>() => (JsonTypeInfo<T>)Reading.GetTypeInfo(typeof(T));
}
