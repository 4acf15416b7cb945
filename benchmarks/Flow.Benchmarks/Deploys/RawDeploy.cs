using System.Diagnostics;
using System.Globalization;
using Flow.Benchmarks.Hosts;

namespace Flow.Benchmarks.Deploys;

/// <summary>The shell script, in the environment that Flow gives its builds and apps.</summary>
internal sealed class RawDeploy(string directory)
{
    private int count;

    /// <summary>What was published last.</summary>
    public string Output => Path.Combine(directory, $"{count}", "out");

    /// <summary>Time from the start of <c>dotnet publish</c> to the first healthy answer.</summary>
    public Task<TimeSpan> PublishAsync(Git git)
    {
        var source = Path.Combine(directory, $"{++count}", "source");
        git.Export(source);
        return RunAsync("publish", source);
    }

    /// <summary>Time from the start of the release phase to the first healthy answer, with what was published last.</summary>
    public Task<TimeSpan> ReleaseAsync() => RunAsync("release", directory);

    private async Task<TimeSpan> RunAsync(string how, string source)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Deploys", "raw-deploy.sh"), how, source, Output, Ports.Free().ToString(CultureInfo.InvariantCulture) }) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var name in new[] { "PATH", "HOME", "LANG", "TZ", "TMPDIR", "DOTNET_ROOT" })
            if (Environment.GetEnvironmentVariable(name) is { } value) start.Environment[name] = value;
        foreach (var (name, value) in Variables()) start.Environment[name] = value;

        var started = Stopwatch.GetTimestamp();
        using var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync();
        var said = await script.StandardOutput.ReadLineAsync();
        var time = Stopwatch.GetElapsedTime(started);
        script.StandardInput.Close();
        await script.WaitForExitAsync();
        return said == "healthy" ? time : throw new InvalidOperationException($"The script did not become healthy. {await errors}");
    }

    /// <summary>What the local builder sets: no servers that outlive the build, and a package cache that is kept.</summary>
    private Dictionary<string, string> Variables()
    {
        Dictionary<string, string> variables = new()
        {
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_CLI_UI_LANGUAGE"] = "en",
            ["DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE"] = "1",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["DOTNET_ADD_GLOBAL_TOOLS_TO_PATH"] = "false",
            ["MSBUILDTERMINALLOGGER"] = "off",
            ["NUGET_PACKAGES"] = Path.Combine(directory, "cache", "nuget"),
            ["NUGET_HTTP_CACHE_PATH"] = Path.Combine(directory, "cache", "nuget-http"),
        };
        var shared = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (Directory.Exists(shared)) variables["NUGET_FALLBACK_PACKAGES"] = shared;
        return variables;
    }
}
