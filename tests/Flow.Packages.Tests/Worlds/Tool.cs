using CliWrap;
using CliWrap.Buffered;

namespace Flow.Packages.Tests.Worlds;

/// <summary>Command lines as a person types them: nothing of the run that the tests are in has a say.</summary>
internal static class Tool
{
    /// <summary>What is changed (null: taken away) in the environment of everything that is started here.</summary>
    public static IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>
    {
        // Servers would outlive the test.
        ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["MSBuildSDKsPath"] = null, ["MSBuildExtensionsPath"] = null, ["MSBUILD_EXE_PATH"] = null, ["DOTNET_HOST_PATH"] = null,
        ["ASPNETCORE_ENVIRONMENT"] = null, ["DOTNET_ENVIRONMENT"] = null, ["ASPNETCORE_URLS"] = null, ["ASPNETCORE_HTTP_PORTS"] = null,
        ["GIT_CONFIG_NOSYSTEM"] = "1", ["GIT_CONFIG_GLOBAL"] = "/dev/null", ["GIT_DIR"] = null, ["GIT_WORK_TREE"] = null, ["GIT_INDEX_FILE"] = null,
        ["GIT_AUTHOR_NAME"] = "Ada", ["GIT_AUTHOR_EMAIL"] = "ada@example.org", ["GIT_COMMITTER_NAME"] = "Ada", ["GIT_COMMITTER_EMAIL"] = "ada@example.org",
    };

    public static async Task<string> RunAsync(string program, string at, IReadOnlyDictionary<string, string?>? variables, params string[] arguments)
    {
        var result = await Cli.Wrap(program).WithArguments(arguments).WithWorkingDirectory(at).WithValidation(CommandResultValidation.None)
            .WithEnvironmentVariables(new Dictionary<string, string?>([.. Environment, .. variables ?? new Dictionary<string, string?>()]))
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        result.ExitCode.Should().Be(0, $"'{program} {string.Join(' ', arguments)}' should succeed, but said: {result.StandardOutput}{result.StandardError}");
        return result.StandardOutput;
    }
}
