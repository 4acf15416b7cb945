using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Reporting;
using Flow.Runs;

namespace Flow.Core.Tests.Engine;

/// <summary>What is stored must come back as it was: every input, every event, every state of every kind.</summary>
public sealed class Every_word
{
    private static readonly Type[] Families =
    [
        typeof(PipelineInput), typeof(PipelineEvent), typeof(AppInput), typeof(AppEvent), typeof(RunInput), typeof(RunEvent),
        typeof(BuildInput), typeof(BuildEvent), typeof(ReportInput), typeof(ReportEvent),
    ];

    public static TheoryData<string> Words => [.. Families.SelectMany(f => f.GetCustomAttributes<JsonDerivedTypeAttribute>().Select(d => d.DerivedType.FullName!))];

    public static TheoryData<string> States => [.. new[] { typeof(PipelineState), typeof(AppState), typeof(RunState), typeof(BuildState), typeof(ReportState) }.Select(t => t.FullName!)];

    [Theory, MemberData(nameof(Words))]
    public void Survives_being_written_down(string name)
    {
        var type = typeof(AppState).Assembly.GetType(name)!;
        Survives(type, type.BaseType!);
    }

    [Theory, MemberData(nameof(States))]
    public void Of_state_survives_being_written_down(string name)
    {
        var type = typeof(AppState).Assembly.GetType(name)!;
        Survives(type, type);
    }

    [Fact]
    public void That_only_the_rules_know_survives_being_written_down()
    {
        Again(new RunState { TimerOf = 7 }).TimerOf.Should().Be(7);
        Again(new AppState { Candidates = [new() { Run = Paper.Run(1), Kind = RunKind.Rollback, Awaited = 7 }] }).Candidates[0].Awaited.Should().Be(7);

        static T Again<T>(T state) =>
            JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(state, FlowJson.Writes<T>()), FlowJson.Reads<T>())!;
    }

    [Fact]
    public void Of_a_family_has_a_name_of_its_own_and_none_is_forgotten()
    {
        foreach (var family in Families)
        {
            var named = family.GetCustomAttributes<JsonDerivedTypeAttribute>().ToList();
            named.Select(n => (string)n.TypeDiscriminator!).Should().OnlyHaveUniqueItems();
            named.Select(n => n.DerivedType).Should().BeEquivalentTo(family.Assembly.GetTypes().Where(t => t.BaseType == family));
        }
    }

    private static void Survives(Type type, Type family)
    {
        var said = Samples.Of(type);
        var info = FlowJson.Default.GetTypeInfo(family)!;
        var written = JsonSerializer.SerializeToUtf8Bytes(said, info);
        var read = JsonSerializer.Deserialize(written, FlowJson.Reading.GetTypeInfo(family))!;
        read.Should().BeOfType(type);
        JsonSerializer.SerializeToUtf8Bytes(read, info).Should().Equal(written);
        foreach (var property in type.GetProperties().Where(p => p.CanWrite && p.GetCustomAttribute<JsonIgnoreAttribute>() is null))
            JsonSerializer.Serialize(property.GetValue(read), property.PropertyType).Should().Be(JsonSerializer.Serialize(property.GetValue(said), property.PropertyType), $"{property.Name} must not be lost");
    }
}
