using System.Globalization;
using Flow.Engine;
using Microsoft.Extensions.Configuration;

namespace Flow.AddOns.Pools;

/// <summary>All pools that the host declares: in code, and in <c>Flow:Pools:NAME</c>.</summary>
internal sealed class PoolDeclarations(IEnumerable<PoolDefinition> coded, ConfiguredPools? configured)
{
    public IReadOnlyList<PoolDefinition> All
    {
        get
        {
            IReadOnlyList<PoolDefinition> read = [];
            configured?.Read(out read);
            return [.. coded, .. read];
        }
    }
}

/// <summary>Reads <c>Flow:Pools</c>.</summary>
internal sealed class ConfiguredPools(IConfigurationSection section)
{
    private static readonly string[] Keys = ["Provider", "Plan", "Purpose", "Options", "Seed", "Size", "MaxSize", "MaxAge", "MaxCostPerHour"];

    /// <summary>Returns what cannot be read, each with its key.</summary>
    public IReadOnlyList<string> Read(out IReadOnlyList<PoolDefinition> definitions)
    {
        List<string> errors = [];
        definitions = [.. section.GetChildren().Select(at => Pool(at, errors))];
        return errors;
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static PoolDefinition Pool(IConfigurationSection at, List<string> errors)
    {
        if (!string.IsNullOrEmpty(at.Value)) errors.Add($"{at.Path}: is no value, but a section; its settings are {string.Join(", ", Keys)}.");
        foreach (var stray in at.GetChildren().Where(c => !Keys.Contains(c.Key, StringComparer.OrdinalIgnoreCase))) errors.Add($"{stray.Path}: there is no such setting; there are {string.Join(", ", Keys)}.");
        if (at["Purpose"] is null) errors.Add($"{at.Path}:Purpose: is missing: choose {string.Join(", ", Enum.GetNames<AddOnPurpose>())}.");
        T Value<T>(string key, T otherwise, TryParse<T> parse)
        {
            if (at[key] is not { } text) return otherwise;
            if (parse(text, out var value)) return value;
            errors.Add($"{at.Path}:{key}: '{HostileText.Shown(text)}' is no {typeof(T).Name}.");
            return otherwise;
        }
        var defaults = new PoolDefinition { Name = "x", Provider = "x", Purpose = AddOnPurpose.Review };
        return new()
        {
            Name = at.Key,
            Provider = at["Provider"] ?? "",
            Plan = at["Plan"],
            Purpose = Value("Purpose", AddOnPurpose.Review, (string text, out AddOnPurpose value) => Enum.TryParse(text, true, out value) && Enum.IsDefined(value)),
            Options = at.GetSection("Options").GetChildren().ToList() is { Count: > 0 } options ? options.ToDictionary(o => o.Key, o => o.Value ?? "") : null,
            Seed = at["Seed"],
            Size = Value("Size", defaults.Size, int.TryParse),
            MaxSize = at["MaxSize"] is null ? null : Value("MaxSize", 0, int.TryParse),
            MaxAge = Value("MaxAge", defaults.MaxAge, (string text, out TimeSpan value) => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)),
            MaxCostPerHour = at["MaxCostPerHour"] is null ? null : Value("MaxCostPerHour", 0m, (string text, out decimal value) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out value)),
        };
    }
}

/// <summary>Declares the pools of configuration and code at each start.</summary>
internal sealed class PoolDeclarer(PoolDeclarations declarations, PoolService pools) : IEngineStarter
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var definition in declarations.All) await pools.PostAsync(definition, cancellationToken);
    }
}
