using System.Text.Json;
using System.Text.Json.Serialization;
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
internal sealed partial class FlowJson : JsonSerializerContext;
