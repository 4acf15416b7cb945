using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Flow.Testing.Simulation;

/// <summary>A config var as the code declares it.</summary>
internal sealed record DrawnVar(string? Value, bool Required, bool Generated = false, bool Sync = false);

/// <summary>What a tree says that an app of it needs, as it was drawn: the witness goes by this. All that the engine gets is what is <see cref="Written()"/>.</summary>
internal sealed record DrawnManifest
{
    public const string PostDeploy = "./postdeploy", Predestroy = "./predestroy", Hook = "./hook";

    /// <summary>Name of the add-on that it asks for.</summary>
    public const string AddOn = "cache";

    private static readonly ImmutableSortedDictionary<string, DrawnVar> NoVars = ImmutableSortedDictionary.Create<string, DrawnVar>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, DrawnVar> Env { get; init; } = NoVars;

    /// <summary>What is different for review apps.</summary>
    public ImmutableSortedDictionary<string, DrawnVar> ReviewEnv { get; init; } = NoVars;

    public int? Web { get; init; }
    public int? Worker { get; init; }
    public bool HasAddOn { get; init; }
    public bool HasPostDeploy { get; init; }
    public bool HasPredestroy { get; init; }
    public bool HasHook { get; init; }

    /// <summary>Only what is below <c>src/</c> matters.</summary>
    public bool Watches { get; init; }

    /// <summary>Its text is no good.</summary>
    public bool Broken { get; init; }

    public IReadOnlyDictionary<string, DrawnVar> VarsOf(Stage stage) => stage == Stage.Review && ReviewEnv.Count > 0 ? Env.SetItems(ReviewEnv) : Env;

    public int? QuantityOf(string type) => type switch { "web" => Web, "worker" => Worker, _ => null };

    public bool Has(string command) => command switch { PostDeploy => HasPostDeploy, Predestroy => HasPredestroy, Hook => HasHook, _ => true };

    public string Written()
    {
        if (Broken) return """{ "env": { "V0": [] } }""";
        var json = new StringBuilder("{\"env\":").Append(Written(Env));
        if (ReviewEnv.Count > 0) json.Append(",\"environments\":{\"review\":{\"env\":").Append(Written(ReviewEnv)).Append("}}");
        Object(json, "formation", Quantity("web", Web), Quantity("worker", Worker));
        if (HasAddOn) json.Append(CultureInfo.InvariantCulture, $",\"addons\":[{{\"plan\":\"db\",\"as\":\"{AddOn.ToUpperInvariant()}\"}}]");
        Object(json, "scripts", Script("postdeploy", PostDeploy), Script("pr-predestroy", Predestroy));
        var hook = HasHook ? $"\"scripts\":{{\"deploy\":\"{Hook}\"}}" : null;
        Object(json, "flow", hook, Watches ? "\"paths\":[\"src/**\"]" : null);
        return json.Append('}').ToString();
    }

    private string? Script(string name, string command) => Has(command) ? $"\"{name}\":\"{command}\"" : null;

    private static string? Quantity(string type, int? quantity) => quantity is { } some ? string.Create(CultureInfo.InvariantCulture, $"\"{type}\":{{\"quantity\":{some}}}") : null;

    private static void Object(StringBuilder json, string name, params IEnumerable<string?> entries)
    {
        if (string.Join(',', entries.OfType<string>()) is { Length: > 0 } some) json.Append(CultureInfo.InvariantCulture, $",\"{name}\":{{{some}}}");
    }

    private static string Written(IReadOnlyDictionary<string, DrawnVar> vars)
    {
        static string Flag(bool flag) => flag ? "true" : "false";
        return "{" + string.Join(',', vars.Select(v => $"\"{v.Key}\":{{{(v.Value.Value is { } value ? $"\"value\":\"{value}\"," : "")}{(v.Value.Generated ? "\"generator\":\"secret\"," : "")}"
            + $"\"sync\":{Flag(v.Value.Sync)},\"required\":{Flag(v.Value.Required)}}}")) + "}";
    }
}
