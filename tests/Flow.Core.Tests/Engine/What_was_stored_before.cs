using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Core.Tests.Engine;

/// <summary>An older version did not know the newer properties: what is missing has the value that a new object has, at every depth of everything that is stored.</summary>
public sealed class What_was_stored_before
{
    private static readonly Type[] Roots =
    [
        typeof(PipelineInput), typeof(PipelineEvent), typeof(PipelineState), typeof(AppInput), typeof(AppEvent), typeof(AppState), typeof(RunInput), typeof(RunEvent), typeof(RunState),
        typeof(BuildInput), typeof(BuildEvent), typeof(BuildState), typeof(ReportInput), typeof(ReportEvent), typeof(ReportState), typeof(Answer), typeof(InputRejected),
    ];

    private static readonly Dictionary<string, Type> Stored = Closure();

    public static TheoryData<string> Types => [.. Stored.Keys.Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Types))]
    public void Comes_back_with_the_initial_values_of_what_is_missing(string name)
    {
        var type = Stored[name];
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        var fresh = constructor.Invoke([.. constructor.GetParameters().Select(p => p.HasDefaultValue ? p.DefaultValue : Samples.Of(p.ParameterType))]);
        var required = type.GetProperties().Where(p => p.IsDefined(typeof(RequiredMemberAttribute))).ToList();
        foreach (var property in required) property.SetValue(fresh, Samples.Of(property.PropertyType));

        var whole = JsonSerializer.SerializeToNode(fresh, type, FlowJson.Reading)!.AsObject();
        var said = required.Select(p => p.Name).Concat(constructor.GetParameters().Where(p => !p.HasDefaultValue).Select(p => p.Name!)).Select(JsonNamingPolicy.CamelCase.ConvertName).ToHashSet();
        JsonObject old = new(whole.Where(p => said.Contains(p.Key)).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));

        var read = JsonSerializer.Deserialize(old, type, FlowJson.Reading);
        JsonNode.DeepEquals(JsonSerializer.SerializeToNode(read, type, FlowJson.Reading), whole).Should().BeTrue($"{old} is read as {JsonSerializer.Serialize(read, type, FlowJson.Reading)} and should be {whole}");
    }

    [Fact]
    public void Is_looked_at_at_every_depth() =>
        Stored.Values.Should().HaveCountGreaterThan(150).And.Contain([typeof(AppPolicy), typeof(Flow.Releases.Release), typeof(PipelineDefinition), typeof(Flow.Runtimes.HealthCheck), typeof(SlotGranted)]);

    [Fact]
    public void Does_not_lack_a_collection_or_a_limit()
    {
        var app = JsonSerializer.Deserialize("{}"u8, FlowJson.Reads<AppState>())!;
        app.Releases.Should().BeEmpty();
        app.Formation.Should().BeEmpty();
        var policy = JsonSerializer.SerializeToNode(Paper.Policy, FlowJson.Writes<AppPolicy>())!.AsObject();
        policy.Remove("predestroyTimeout");
        policy.Remove("stageConfig");
        JsonSerializer.Deserialize(policy, FlowJson.Reads<AppPolicy>())!.Should().Match<AppPolicy>(p => p.PredestroyTimeout == TimeSpan.FromMinutes(5) && p.StageConfig.Count == 0);
    }

    [Fact]
    public void Still_needs_what_is_required() =>
        FluentActions.Invoking(() => JsonSerializer.Deserialize("{}"u8, FlowJson.Reads<AppPolicy>())).Should().Throw<JsonException>();

    private static Dictionary<string, Type> Closure()
    {
        Dictionary<string, Type> found = [];
        Queue<Type> open = new(Roots);
        HashSet<Type> seen = [];
        while (open.TryDequeue(out var type))
        {
            if (!seen.Add(type)) continue;
            foreach (var argument in type.GetGenericArguments()) open.Enqueue(argument);
            if (type.Namespace?.StartsWith("Flow", StringComparison.Ordinal) != true || type.IsEnum) continue;
            foreach (var word in type.GetCustomAttributes<JsonDerivedTypeAttribute>(inherit: false)) open.Enqueue(word.DerivedType);
            // Ids are text.
            if (type.IsDefined(typeof(JsonConverterAttribute))) continue;
            foreach (var property in type.GetProperties().Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is null)) open.Enqueue(property.PropertyType);
            if (type is { IsAbstract: false, IsClass: true }) found[type.FullName!] = type;
        }
        return found;
    }
}
