using System.Text.RegularExpressions;

namespace Flow.Providers.Local.Builds.DotNet;

/// <summary>One published executable, as noted by <c>flow.targets</c>.</summary>
internal sealed partial record DotNetExecutable(string Assembly, bool IsWeb, bool SelfContained)
{
    public static DotNetExecutable? Parse(IEnumerable<string> note)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        // A build may write into these files itself: of two lines the last one counts.
        foreach (var fact in note.Select(line => line.Split('=', 2)).Where(p => p.Length == 2)) facts[fact[0]] = fact[1];
        var assembly = facts.GetValueOrDefault("assembly", "");
        if (assembly.Length is 0 or > 200 || assembly.Contains('/') || assembly is "." or ".." || assembly.Any(char.IsControl)) return null;
        return new(assembly, IsTrue("web"), IsTrue("selfContained"));

        bool IsTrue(string fact) => string.Equals(facts.GetValueOrDefault(fact), "true", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// From its own folder, where ASP.NET Core looks for <c>appsettings.json</c> and <c>wwwroot</c>. <c>exec</c> makes it the process that gets the signals;
    /// <c>dotnet X.dll</c> finds the runtime by the PATH, which the executable itself does not.
    /// </summary>
    public string Command(string artifact, string folder)
    {
        var managed = !SelfContained && File.Exists(Path.Combine(artifact, folder, $"{Assembly}.dll")) && File.Exists(Path.Combine(artifact, folder, $"{Assembly}.runtimeconfig.json"));
        var program = managed ? $"dotnet {Quoted($"{Assembly}.dll")}" : Quoted($"./{Assembly}");
        return $"cd {Quoted(folder)} && exec {program}{(IsWeb ? " --urls http://127.0.0.1:$PORT" : "")}";
    }

    /// <summary>Process types by assembly; a lone web project is <c>web</c> (Heroku).</summary>
    public static Dictionary<string, DotNetExecutable> Name(IReadOnlyList<DotNetExecutable> executables)
    {
        var named = new Dictionary<string, DotNetExecutable>(StringComparer.Ordinal);
        var loneWeb = executables.Count(e => e.IsWeb) == 1 ? executables.Single(e => e.IsWeb) : null;
        if (loneWeb is not null) named["web"] = loneWeb;
        foreach (var executable in executables.Where(e => e != loneWeb).OrderBy(e => e.Assembly, StringComparer.Ordinal))
        {
            var type = NotType().Replace(executable.Assembly.ToLowerInvariant(), "-").Trim('-');
            if (type.Length > 60) type = type[..60];
            // 'release' is run before each release: only a Procfile may ask for that.
            if (type is "" or "release") type = $"{type}-app".TrimStart('-');
            var free = type;
            for (var i = 2; named.ContainsKey(free); i++) free = $"{type}-{i}";
            named[free] = executable;
        }
        return named;
    }

    private static string Quoted(string text) => Plain().IsMatch(text) ? text : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    [GeneratedRegex("[^a-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex NotType();

    [GeneratedRegex(@"\A[A-Za-z0-9_./-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
