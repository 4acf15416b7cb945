using System.Text.RegularExpressions;

namespace Flow.Packages.Tests.Worlds;

/// <summary>The repository that is tested.</summary>
internal static partial class Checkout
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string Solution => In("Flow.Sdk.sln");

    public static string In(params string[] path) => Path.Combine([Root, .. path]);

    /// <summary>The code blocks of a page in one language, in order.</summary>
    public static IReadOnlyList<string> Blocks(string page, string language) =>
        [.. Block().Matches(File.ReadAllText(In(page))).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["code"].Value)];

    private static string Find(string directory)
    {
        while (!File.Exists(Path.Combine(directory, "Flow.Sdk.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("These tests pack the checkout that they were built in, and it is not there.");
        return directory;
    }

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
