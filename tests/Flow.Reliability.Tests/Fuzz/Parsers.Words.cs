using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.Builds;
using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;
using Microsoft.Extensions.Configuration;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private static IEnumerable<FuzzedParser> OfWords =>
    [
        .. Words(new StreamKind<PipelineState, PipelineInput, PipelineEvent>(PipelineDecider.Kind, new PipelineDecider(), null), "pipeline/shop"),
        .. Words(new StreamKind<AppState, AppInput, AppEvent>(AppDecider.Kind, new AppDecider(), null), "app/shop-staging"),
        .. Words(new StreamKind<RunState, RunInput, RunEvent>(RunDecider.Kind, new RunDecider(), null), "run/shop-staging.4"),
        .. Words(new StreamKind<BuildState, BuildInput, BuildEvent>(BuildDecider.Kind, new BuildDecider(), null), "build/x"),
        .. Words(new StreamKind<ReportState, ReportInput, ReportEvent>(ReportDecider.Kind, new ReportDecider(), null), "report/x"),
        new("answer of a stream", [Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(Answer.Refused("code", "why"), FlowJson.Default.Answer))], (byte[] bytes) => JsonSerializer.Deserialize(bytes, FlowJson.Default.Answer)) { Refusals = [typeof(JsonException)] },
        new("pipelines in configuration", ["Flow:Pipelines:shop:Repository:Url=/srv/shop.git\nFlow:Pipelines:shop:Apps:shop-staging:Stage=Staging\nFlow:Pipelines:shop:Apps:shop-staging:Config:GREETING=hi\nFlow:Pipelines:shop:LookInterval=00:00:30",
            "Flow:Pipelines:shop:Repository:Url=https://u:p@h/x\nFlow:Pipelines:shop:Apps:0:Stage=7\nFlow:Pipelines:shop:AddOns:db:Provider=sqlite\nFlow:Pipelines:shop:ReviewApps:Create=ByLabel"], text =>
        {
            var section = new ConfigurationBuilder().AddInMemoryCollection(text.Split('\n').Select(l => l.Split('=', 2)).Where(l => l.Length == 2).GroupBy(l => l[0], StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => (string?)g.First()[1])).Build().GetSection("Flow:Pipelines");
            _ = new ConfiguredPipelines(section).Read(out var definitions);
            foreach (var definition in definitions) _ = PipelineValidator.Validate(definition, []);
            _ = PipelineValidator.ValidateTogether(definitions).ToList();
        }) { PerByte = 2_000, Cases = 3_000 },
    ];

    /// <summary>What a damaged database gives back: refused as JSON, or digested; what the rules throw is rejected by the pump, so it must only end.</summary>
    private static IEnumerable<FuzzedParser> Words<TState, TInput, TEvent>(StreamKind<TState, TInput, TEvent> kind, string self) where TState : class where TInput : Input where TEvent : Event
    {
        string[] inputs = [.. typeof(TInput).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(d => Encoding.UTF8.GetString(kind.WriteInput((Input)Samples.Of(d.DerivedType))))];
        string[] states = [Encoding.UTF8.GetString(kind.WriteState(kind.Initial)), Encoding.UTF8.GetString(kind.WriteState(Samples.Of(typeof(TState))))];
        yield return new($"inputs of {kind.Name} streams", inputs, bytes =>
        {
            var input = kind.ReadInput(bytes);
            Must(input is not null, "never null");
            Decide(kind, self, kind.Initial, input!);
        }) { Refusals = [typeof(JsonException)], PerByte = 256, Cases = 2_500 };
        yield return new($"states of {kind.Name} streams", states, bytes =>
        {
            var state = kind.ReadState(bytes);
            Must(state is not null, "never null");
            foreach (var input in inputs.Take(3)) Decide(kind, self, state!, kind.ReadInput(Encoding.UTF8.GetBytes(input)));
        }) { Refusals = [typeof(JsonException)], PerByte = 512, Cases = 1_500 };
    }

    private static void Decide<TState, TInput, TEvent>(StreamKind<TState, TInput, TEvent> kind, string self, object state, Input input) where TState : class where TInput : Input where TEvent : Event
    {
        try
        {
            var decision = kind.Decide(StreamId.Parse(self), state, input, DateTimeOffset.UnixEpoch);
            foreach (var happened in decision.Events) state = kind.Evolve(state, happened);
            _ = kind.Next(StreamId.Parse(self), state);
        }
        catch (Exception rejected) when (rejected is not OutOfMemoryException)
        {
            // As the pump does.
        }
    }
}
