using Flow.Builds;
using Flow.Providers.Local.Builds;

namespace Flow.Providers.Local.Tests.Builds;

public sealed class A_buildpack_that_the_code_asks_for : IAsyncDisposable
{
    private readonly BuildFixture fixture = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    private LocalBuilder Builder => fixture.Builder;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Theory]
    [InlineData("heroku/dotnet")]
    [InlineData(" Heroku/DotNet ")]
    [InlineData("heroku/dotnet@1.0.3")]
    [InlineData("heroku/buildpack-dotnet")]
    [InlineData("https://github.com/heroku/heroku-buildpack-dotnet")]
    [InlineData("https://github.com/heroku/heroku-buildpack-dotnet.git")]
    [InlineData("https://github.com/heroku/heroku-buildpack-dotnet.git#main")]
    [InlineData("https://github.com/heroku/buildpacks-dotnet/")]
    [InlineData("git@github.com:heroku/heroku-buildpack-dotnet.git")]
    [InlineData("ssh://git@github.com/heroku/heroku-buildpack-dotnet")]
    [InlineData("https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/dotnet.tgz")]
    [InlineData("urn:cnb:registry:heroku/dotnet")]
    [InlineData("urn:cnb:builder:heroku/dotnet@0.1")]
    [InlineData("docker://docker.io/heroku/buildpack-dotnet:1.2.3")]
    [InlineData("jincod/dotnetcore")]
    [InlineData("https://github.com/jincod/dotnetcore-buildpack")]
    [InlineData("https://github.com/jincod/dotnetcore-buildpack.git#v6.0.1")]
    public void Is_known_however_it_is_written(string buildpack) => Builder.ProblemOf([buildpack], null).Should().BeNull();

    [Theory]
    [InlineData("heroku/nodejs")]
    [InlineData("https://github.com/heroku/heroku-buildpack-python")]
    [InlineData("https://github.com/evil/heroku-buildpack-dotnet")]
    [InlineData("https://evil.example/heroku/heroku-buildpack-dotnet")]
    [InlineData("https://github.com.evil.example/heroku/heroku-buildpack-dotnet")]
    [InlineData("https://github.com/heroku/heroku-buildpack-dotnet/../../evil/x")]
    [InlineData("urn:cnb:registry:heroku/dotnet/x")]
    [InlineData("../heroku/dotnet")]
    [InlineData("dotnet")]
    [InlineData("")]
    public void Is_refused_when_it_is_another(string buildpack) =>
        Builder.ProblemOf([buildpack], null).Should().Contain($"buildpacks[0] '{buildpack}'").And.Contain("The builder 'local'").And.Contain("dotnet (heroku/dotnet)").And.Contain("Remove the entry");

    [Fact]
    public void Is_something_that_the_engine_can_ask_about() => Builder.Should().BeAssignableTo<IBuildpackBuilder>();

    [Fact]
    public void Is_named_by_its_place_and_all_others_with_it()
    {
        var problem = Builder.ProblemOf(["heroku/dotnet", "heroku/ruby\u001b[31m\u202e", .. Enumerable.Repeat(new string('x', 5_000), 50)], null)!;

        problem.Should().StartWith("app.json asks for buildpacks[1] 'heroku/ruby[31m', buildpacks[2] 'xxx").And.Contain("and 46 more").And.NotContain("buildpacks[0]");
        problem.Length.Should().BeLessThan(1_000);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("heroku-20")]
    [InlineData("heroku-22")]
    [InlineData("heroku-24")]
    [InlineData("heroku-26")]
    [InlineData("cnb")]
    public void May_come_with_a_stack_of_buildpacks(string? stack) => Builder.ProblemOf(["heroku/dotnet"], stack).Should().BeNull();

    [Theory]
    [InlineData("container")]
    [InlineData("docker")]
    [InlineData("cedar-14")]
    [InlineData("heroku-24; rm")]
    [InlineData("")]
    public void Is_refused_with_a_stack_that_needs_an_image(string stack) =>
        Builder.ProblemOf([], stack).Should().StartWith($"app.json asks for the stack '{stack}'. The builder 'local' builds for this machine and makes no images: remove \"stack\"");

    [Fact]
    public void Is_refused_together_with_its_stack() => Builder.ProblemOf(["heroku/ruby"], "container").Should().Contain("buildpacks[0]").And.Contain("'container'");

    [Theory]
    [InlineData("heroku/ruby", null)]
    [InlineData(null, "container")]
    public async Task Is_refused_by_the_build_too(string? buildpack, string? stack)
    {
        var request = BuildFixture.Request("b1", new MemoryTree(("a.txt", "x"))) with { Buildpacks = buildpack is null ? [] : [buildpack], Stack = stack };

        var failure = (await fixture.Builder.BuildAsync(request, token)).Failure!;

        failure.Should().Be(new Failure("build-buildpacks", Builder.ProblemOf(request.Buildpacks, stack)!));
        fixture.Supervisor.Started.Should().BeEmpty();
    }

    [Fact]
    public async Task Chooses_the_language_instead_of_what_the_files_look_like()
    {
        var builder = fixture.NewBuilder(new NamedPack("one"), new NamedPack("two"));
        var request = BuildFixture.Request("b1", new MemoryTree(("a.txt", "x")));

        (await Pack(request)).Should().Be("one");
        (await Pack(request with { Id = "b2", Buildpacks = ["https://github.com/acme/two.git"] })).Should().Be("two");
        (await builder.BuildAsync(request with { Id = "b3", Buildpacks = ["acme/two", "acme/three"] }, token)).Failure!.Message.Should().Contain("buildpacks[1] 'acme/three'").And.Contain("one (acme/one), two (acme/two)");

        async Task<string> Pack(BuildRequest asked) => (await BuildFixture.UntilEndedAsync(builder, asked)).Value!.ProcessTypes["web"];
    }

    private sealed class NamedPack(string name) : ILanguagePack
    {
        private readonly ScriptLanguagePack script = new("cp a.txt $OUT/app");

        public string Name => name;
        public string Version => name;
        public IReadOnlyList<string> Buildpacks => [$"acme/{name}"];
        public ValueTask<Detection> DetectAsync(Flow.Sources.ISourceTree source, IReadOnlyList<string> files, CancellationToken cancellationToken) => script.DetectAsync(source, files, cancellationToken);
        public ValueTask<IReadOnlyList<BuildStep>> PlanAsync(BuildWorkspace workspace, IReadOnlyList<string> files, CancellationToken cancellationToken) => script.PlanAsync(workspace, files, cancellationToken);
        public ValueTask<Failure> ExplainAsync(BuildWorkspace workspace, int exitCode, string tail, CancellationToken cancellationToken) => script.ExplainAsync(workspace, exitCode, tail, cancellationToken);

        public async ValueTask<IReadOnlyDictionary<string, string>> AssembleAsync(BuildWorkspace workspace, string directory, CancellationToken cancellationToken)
        {
            await script.AssembleAsync(workspace, directory, cancellationToken);
            return new Dictionary<string, string> { ["web"] = name };
        }
    }
}
