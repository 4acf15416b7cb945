using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;

namespace Flow.Story.Tests;

/// <summary>The main job, from outside, as a newcomer runs it: real git, a real host, real kills.</summary>
public sealed class The_demo
{
    [Fact]
    public async Task Tells_its_whole_story()
    {
        var root = Root();
        var directory = Directory.CreateTempSubdirectory("flow-story-");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var demo = Path.Combine(AppContext.BaseDirectory.Replace("Flow.Story.Tests", "Flow.Samples.Demo"), "Flow.Samples.Demo.dll");

        var told = await Cli.Wrap("dotnet").WithArguments([demo, root, directory.FullName, "--once"]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(patience.Token);

        var facts = JsonSerializer.Deserialize<JsonElement>(told.StandardOutput.TrimEnd().Split('\n')[^1]);
        told.ExitCode.Should().Be(0, told.StandardOutput);
        facts.GetProperty("ok").GetBoolean().Should().BeTrue();
        facts.GetProperty("productionDigest").GetString().Should().Be(facts.GetProperty("stagingDigest").GetString()).And.StartWith("sha256:");
        facts.GetProperty("builds").GetInt32().Should().Be(1);
        facts.GetProperty("missingConfigRefused").GetBoolean().Should().BeTrue();
        facts.GetProperty("injected").GetBoolean().Should().BeTrue();
        facts.GetProperty("postdeployRuns").GetInt32().Should().Be(1);
        facts.GetProperty("manifestReread").GetBoolean().Should().BeTrue();
        facts.GetProperty("predestroyRan").GetBoolean().Should().BeTrue();
        facts.GetProperty("reviewDatabaseSeeded").GetBoolean().Should().BeTrue();
        facts.GetProperty("reviewDatabaseDropped").GetBoolean().Should().BeTrue();
        facts.GetProperty("poolClaims").GetInt64().Should().Be(1);
        facts.GetProperty("reviewAppDestroyed").GetBoolean().Should().BeTrue();
        facts.GetProperty("leftovers").GetInt32().Should().Be(0);
        facts.GetProperty("requests").GetInt64().Should().BeGreaterThanOrEqualTo(1_000);
        facts.GetProperty("failedRequests").GetInt64().Should().Be(0);
        facts.GetProperty("killsSurvived").GetInt32().Should().BeGreaterThanOrEqualTo(4);
        facts.GetProperty("heldDeployWaited").GetBoolean().Should().BeTrue();
        facts.GetProperty("rollbackPreempted").GetBoolean().Should().BeTrue();
        directory.Delete(recursive: true);
    }

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Flow.Sdk.sln"))) return at.FullName;
        throw new InvalidOperationException("The tests do not lie in a checkout.");
    }
}
