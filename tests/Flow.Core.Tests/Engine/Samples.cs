using System.Collections;
using System.Reflection;
using Flow.Logs;
using Flow.Runs;
using Flow.Runtimes;

namespace Flow.Core.Tests.Engine;

/// <summary>Makes an instance of any record of the engine with every property set to something that is not its default.</summary>
internal static class Samples
{
    private static readonly Dictionary<Type, object> Known = new()
    {
        [typeof(string)] = "text",
        [typeof(int)] = 7,
        [typeof(long)] = 8L,
        [typeof(bool)] = true,
        [typeof(double)] = 1.5,
        [typeof(Uri)] = new Uri("http://somewhere/else"),
        [typeof(TimeSpan)] = TimeSpan.FromSeconds(90),
        [typeof(DateTimeOffset)] = new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero),
        [typeof(AppName)] = AppName.Parse("shop-staging"),
        [typeof(PipelineName)] = PipelineName.Parse("shop"),
        [typeof(RunId)] = RunId.Parse("shop-staging.4"),
        [typeof(DeploymentId)] = DeploymentId.Parse("shop-staging.1.7"),
        [typeof(CommitSha)] = CommitSha.Parse(new string('a', 40)),
        [typeof(ArtifactDigest)] = ArtifactDigest.Parse("sha256:" + new string('b', 64)),
        [typeof(LogId)] = LogId.Parse("run/shop-staging.4"),
    };

    public static object Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Known.TryGetValue(type, out var known)) return known;
        if (type.IsEnum) return Enum.GetValues(type).Cast<object>().Last();
        if (type.IsGenericType && type.GetInterfaces().Append(type).Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))) return Map(type.GetGenericArguments());
        if (type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type)) return List(type.GetGenericArguments()[0]);
        return Record(type);
    }

    private static object Record(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.Instance).OrderByDescending(c => c.GetParameters().Length).First();
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => Of(p.ParameterType))]);
        foreach (var property in type.GetProperties().Where(p => p.CanWrite && constructor.GetParameters().All(c => c.Name != p.Name))) property.SetValue(made, Of(property.PropertyType));
        return made;
    }

    private static IList List(Type item)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
        list.Add(Of(item));
        return list;
    }

    private static IDictionary Map(Type[] arguments)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
        map[Of(arguments[0])] = Of(arguments[1]);
        return map;
    }
}
