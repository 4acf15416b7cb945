using System.Diagnostics;

namespace Flow.Reliability.Tests.Kills;

/// <summary>This program, to be started again as a child.</summary>
internal static class ThisProgram
{
    public static ProcessStartInfo Again(string child, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(ThisProgram).Assembly.Location);
        foreach (var argument in (IEnumerable<string>)[Child.Verb, child, .. arguments]) start.ArgumentList.Add(argument);
        // Most of a short life is its start.
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return start;
    }
}
