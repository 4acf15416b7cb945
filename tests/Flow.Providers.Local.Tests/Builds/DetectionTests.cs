using Flow.Providers.Local.Builds.DotNet;

namespace Flow.Providers.Local.Tests.Builds;

public sealed class Detecting_dotnet
{
    [Theory]
    [InlineData("Shop.sln", "Shop.csproj Shop.sln a.cs")]
    [InlineData("Shop.slnx", "Shop.slnx src/Other.sln")]
    [InlineData("Shop.csproj", "Shop.csproj Program.cs Other.cs")]
    [InlineData("Shop.fsproj", "Shop.fsproj")]
    [InlineData("shop.cs", "shop.cs README.md src/b.cs")]
    public void Prefers_solution_over_project_over_single_file(string target, string files) => DotNetTarget.Find(files.Split(' ')).Target!.File.Should().Be(target);

    [Theory]
    [InlineData("A.sln B.sln", "several solutions*A.sln, B.sln*root folder*")]
    [InlineData("A.csproj B.csproj", "several projects*add a solution*")]
    [InlineData("a.cs b.cs", "several C# files*")]
    [InlineData("package.json", "no solution (*.sln, *.slnx)*nor a solution or project below it.")]
    [InlineData("src/Shop/Shop.csproj README.md", "*src/Shop/Shop.csproj*root folder*'src/Shop'*")]
    public void Says_what_it_looked_for_and_how_to_choose(string files, string reason)
    {
        var (target, detection) = DotNetTarget.Find(files.Split(' '));

        target.Should().BeNull();
        detection.Mine.Should().BeFalse();
        detection.Reason.Should().Match(".NET: *" + reason);
    }

    [Fact]
    public async Task Says_which_builder_looked()
    {
        await using var fixture = new BuildFixture();

        (await fixture.Builder.DetectAsync(new MemoryTree(("package.json", "{}")), default)).Reason.Should().StartWith("The builder 'local' does not know how to build this. .NET: no solution");
        (await fixture.Builder.DetectAsync(new MemoryTree(("a.sln", "")), default)).Mine.Should().BeTrue();
    }

    [Fact]
    public void Names_process_types_by_assembly_and_a_lone_web_project_web()
    {
        Names(("Acme.Shop", true), ("Acme.Worker", false), ("acme-worker", false)).Should().Equal("web=Acme.Shop", "acme-worker=Acme.Worker", "acme-worker-2=acme-worker");
        Names(("A", true), ("B", true)).Should().Equal("a=A", "b=B");
        Names(("Release", false), ("Web", false), ("Ünï", false)).Should().Equal("release-app=Release", "web=Web", "n=Ünï");

        static IEnumerable<string> Names(params (string Assembly, bool Web)[] executables) =>
            DotNetExecutable.Name([.. executables.Select(e => new DotNetExecutable(e.Assembly, e.Web, false))]).Select(n => $"{n.Key}={n.Value.Assembly}");
    }

    [Fact]
    public void Quotes_what_a_shell_would_read() =>
        new DotNetExecutable("It's $(x)", false, false).Command("/none", "bin").Should().Be(@"cd bin && exec './It'\''s $(x)'");

    [Fact]
    public void Explains_with_the_first_errors_only()
    {
        var output = string.Concat(Enumerable.Range(1, 9).Select(i => $"     1>/build/src/A.cs({i},1): error CS0103: The name 'x{i}' does not exist [/build/src/A.csproj]\n"))
            + "/build/src/A.cs(1,1): error CS0103: The name 'x1' does not exist [/build/src/A.csproj]\n";

        var failure = DotNetErrors.Explain(output, "/build/src", 1);

        failure.Message.Should().Be("The build failed:\nA.cs(1,1): error CS0103: The name 'x1' does not exist\nA.cs(2,1): error CS0103: The name 'x2' does not exist\nA.cs(3,1): error CS0103: The name 'x3' does not exist\n... and 6 more; the build's log has them all.");
    }

    [Fact]
    public void Takes_an_unreachable_feed_for_passing_trouble()
    {
        var failure = DotNetErrors.Explain("/build/src/A.csproj : error NU1301: Unable to load the service index for source https://example.com/v3/index.json.\n", "/build/src", 1);

        (failure.Code, failure.Transient).Should().Be(("packages-unreachable", true));
        failure.Message.Should().Contain("A.csproj: error NU1301");
    }
}
