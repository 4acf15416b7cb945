using System.Diagnostics;
using Flow.Builds;

namespace Flow.Providers.Local.Tests.Builds;

/// <summary>With the real dotnet.</summary>
public sealed class Building_dotnet : IAsyncDisposable
{
    private const string Web = """<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup><ItemGroup><ProjectReference Include="../Library/Library.csproj" /></ItemGroup></Project>""";

    private readonly BuildFixture fixture = new();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task Publishes_each_executable_of_a_solution_and_leaves_no_process_behind()
    {
        // The data directory lies in a repository with settings of its own, which are not meant.
        fixture.Temporary.Write("Directory.Build.props", "<Project><PropertyGroup><AssemblyName>Wrong</AssemblyName></PropertyGroup></Project>");
        fixture.Temporary.Write("global.json", """{ "sdk": { "version": "99.0.100" } }""");
        using (var git = Process.Start(new ProcessStartInfo("git") { ArgumentList = { "init", "--quiet", fixture.Temporary.Root } })!) await git.WaitForExitAsync();

        var artifact = await BuildAsync("b1", Solution());

        artifact.ProcessTypes.Should().Equal(new Dictionary<string, string>
        {
            ["web"] = "cd bin/Acme.Shop && exec dotnet Acme.Shop.dll --urls http://127.0.0.1:$PORT",
            ["tool"] = "cd bin/Tool && exec dotnet Tool.dll",
            ["release"] = "cd bin/Tool && dotnet Tool.dll migrate",
        });
        var files = await fixture.Artifacts.OpenAsync(artifact.Digest, default);
        Directory.GetDirectories(Path.Combine(files, "bin")).Select(Path.GetFileName).Should().BeEquivalentTo("Acme.Shop", "Tool");
        File.Exists(Path.Combine(files, "bin/Acme.Shop/wwwroot/site.css")).Should().BeTrue();
        (await RunAsync(Path.Combine(files, "bin/Tool/Tool.dll"))).Should().Be("hello\n");
        fixture.Supervisor.Alive().Should().BeEmpty("neither compiler server nor build node may outlive the build");
        artifact.Provenance.BuilderVersion.Should().Contain("sdk 10.");
        artifact.Size.Should().BeGreaterThan(10_000);
    }

    [Fact]
    public async Task Gives_the_same_digest_for_the_same_code_also_when_two_build_at_once()
    {
        var source = new MemoryTree([.. BuildFixture.Console.Select(f => (f.Path["Tool/".Length..], f.Text))]);

        var artifacts = await Task.WhenAll(BuildAsync("b1", source), BuildAsync("b2", source));

        artifacts[0].Digest.Should().Be(artifacts[1].Digest);
        artifacts[0].ProcessTypes.Should().Equal(new Dictionary<string, string> { ["tool"] = "cd bin && exec dotnet Tool.dll" });
        fixture.Supervisor.Alive().Should().BeEmpty();
    }

    [Fact]
    public async Task Publishes_a_single_file()
    {
        var artifact = await BuildAsync("b1", new MemoryTree(("shop.cs", "#:sdk Microsoft.NET.Sdk.Web\nvar app = WebApplication.CreateBuilder(args).Build(); app.Run();")));

        artifact.ProcessTypes.Should().Equal(new Dictionary<string, string> { ["web"] = "cd bin && exec dotnet shop.dll --urls http://127.0.0.1:$PORT" });
    }

    [Fact]
    public async Task Names_error_and_place_when_the_code_is_broken()
    {
        var status = await BuildFixture.UntilEndedAsync(fixture.Builder, BuildFixture.Request("b1", new MemoryTree(
            ("Tool.csproj", BuildFixture.Console[0].Text), ("Src/Program.cs", "System.Console.WriteLine(\"hello\")\n"), ("Src/Other.cs", "class A { Missing b; }"))));

        (status.Failure!.Code, status.Failure.Transient).Should().Be(("build-failed", false));
        status.Failure.Message.Should().Contain("Src/Program.cs(1,34): error CS1002: ; expected").And.NotContain(fixture.Temporary.Root);
        fixture.Supervisor.Alive().Should().BeEmpty();
    }

    [Fact]
    public async Task Names_the_sdk_that_is_missing()
    {
        var status = await BuildFixture.UntilEndedAsync(fixture.Builder, BuildFixture.Request("b1", new MemoryTree(
            ("Tool.csproj", BuildFixture.Console[0].Text), ("Program.cs", ""), ("global.json", """{ "sdk": { "version": "99.0.100", "rollForward": "disable" } }"""))));

        status.Failure!.Code.Should().Be("sdk-missing");
        status.Failure.Message.Should().Contain("99.0.100").And.Contain("10.0.").And.Contain("global.json");
    }

    [Fact]
    public async Task Says_so_when_there_is_nothing_to_run()
    {
        var status = await BuildFixture.UntilEndedAsync(fixture.Builder, BuildFixture.Request("b1", new MemoryTree(
            ("Library.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>"""), ("A.cs", "public class A;"))));

        status.Failure!.Code.Should().Be("build-nothing-to-run");
    }

    [Fact]
    public async Task Ends_with_all_its_processes_when_it_is_stopped()
    {
        var request = BuildFixture.Request("b1", Solution());
        (await fixture.Builder.BuildAsync(request, default)).IsRunning.Should().BeTrue();
        await BuildFixture.UntilAsync(() => fixture.Supervisor.Alive().Count > 0);

        await fixture.Builder.StopAsync("b1", default);

        await BuildFixture.UntilAsync(() => fixture.Supervisor.Alive().Count == 0);
        Directory.GetFileSystemEntries(fixture.Temporary["data/builds"]).Should().BeEmpty();
    }

    private static MemoryTree Solution() => new(
    [
        .. BuildFixture.Console,
        ("Shop.slnx", """<Solution><Project Path="Web/Acme.Shop.csproj" /><Project Path="Tool/Tool.csproj" /><Project Path="Library/Library.csproj" /><Project Path="Tests/Tests.csproj" /></Solution>"""),
        ("Web/Acme.Shop.csproj", Web), ("Web/Program.cs", "var app = WebApplication.CreateBuilder(args).Build(); app.MapGet(\"/\", () => Library.Text); app.Run();"), ("Web/wwwroot/site.css", "a {}"),
        // Several frameworks, as libraries have them: nothing that could be published.
        ("Library/Library.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFrameworks>net10.0;netstandard2.0</TargetFrameworks></PropertyGroup></Project>"""),
        ("Library/Library.cs", "public static class Library { public static string Text => \"x\"; }"),
        ("Tests/Tests.csproj", BuildFixture.Console[0].Text.Replace("<OutputType>", "<IsTestProject>true</IsTestProject><OutputType>", StringComparison.Ordinal)), ("Tests/Program.cs", "System.Console.WriteLine();"),
        ("Procfile", "release: cd bin/Tool && dotnet Tool.dll migrate\n"),
    ]);

    private async Task<Artifact> BuildAsync(string id, MemoryTree source)
    {
        var status = await BuildFixture.UntilEndedAsync(fixture.Builder, BuildFixture.Request(id, source));
        status.Failure.Should().BeNull();
        return status.Value!;
    }

    private static async Task<string> RunAsync(string dll)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet") { ArgumentList = { dll }, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
