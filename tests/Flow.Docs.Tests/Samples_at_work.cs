using System.Net;
using System.Net.Http.Json;
using Flow.AddOns;
using Flow.Apps;
using Flow.AspNetCore;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Docs.Tests.Samples;
using Flow.Gates;
using Flow.Logs;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Reporting;
using Flow.ReviewApps;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage;
using Flow.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Flow.Docs.Tests;

public sealed class Samples_at_work : IDisposable
{
    private static readonly AppName App = AppName.Parse("site-development");
    private readonly string root = Directory.CreateTempSubdirectory("flow-docs-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Builder_add_on_gate_and_step_deploy_an_app_together()
    {
        var asked = new List<string>();
        var source = new SiteSource();
        var (runtime, logs) = (new FakeRuntime(), new MemoryLogStore());
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging().AddSingleton<IFlowStore>(new MemoryFlowStore(TimeProvider.System)).AddSingleton<IRouter>(new FakeRouter()).AddSingleton<ILogStore>(logs);
        builder.Services.AddSingleton(new HttpClient(new Answering(request => { lock (asked) asked.Add(request.RequestUri!.AbsolutePath); return new(HttpStatusCode.OK); })));
        builder.Services.AddFlow()
            .AddProvider<ISourceProvider>("git", _ => source)
            .AddProvider<IBuilder>("static", s => new StaticSiteBuilder(Path.Combine(root, "artifacts"), s.GetRequiredService<ILogStore>(), s.GetRequiredService<TimeProvider>()))
            .AddProvider<IRuntime>("local", _ => runtime)
            .AddProvider<IAddOnProvisioner>("folder", _ => new FolderAddOn(Path.Combine(root, "folders")))
            .AddGate<FreezeWindow>("freeze")
            .AddRunStep<SmokeTest>("smoke-test", WellKnownSteps.Deploy)
            .AddPipeline(new()
            {
                Name = PipelineName.Parse("site"),
                Repository = new() { Url = "fake" },
                Builder = "static",
                LookInterval = TimeSpan.FromMilliseconds(200),
                AddOns = [new() { Name = "files", Provider = "folder" }],
                Apps = [new() { Name = App, Stage = Stage.Development, Branch = "main", Gates = ["freeze"] }],
            });
        using var host = builder.Build();
        await host.StartAsync();

        var apps = host.Services.GetRequiredService<IApps>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while ((await apps.GetAsync(App))?.Current is null) await Task.Delay(20, patience.Token);
        var run = await host.Services.GetRequiredService<IRuns>().WaitAsync(new(App, 1), patience.Token);

        run.Done.Select(d => d.Step).Should().ContainInOrder("gate:freeze", "build", "provision", "deploy", "smoke-test", "switch");
        run.Done.Single(d => d.Step == "smoke-test").Output.Should().Be("1 processes answered");
        asked.Should().Equal("/checkout");
        var spec = runtime.Running.Values.Single();
        Directory.Exists(spec.Environment["FILES_DIR"]).Should().BeTrue();
        File.ReadAllText(Directory.GetFiles(Path.Combine(root, "artifacts"), "index.html", SearchOption.AllDirectories).Single()).Should().Be("hello");
        await host.StopAsync();
    }

    [Fact]
    public async Task Config_for_reviews_brings_a_refused_review_app_to_life()
    {
        var (shop, runtime) = (PipelineName.Parse("shop"), new FakeRuntime());
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging().AddSingleton<IFlowStore>(new MemoryFlowStore(TimeProvider.System)).AddSingleton<IRouter>(new FakeRouter()).AddSingleton<ILogStore>(new MemoryLogStore());
        builder.Services.AddFlow()
            .UseDataProtection(Path.Combine(root, "keys"), o => o.AllowUnencryptedKeys = true)
            .AddProvider<ISourceProvider>("git", _ => new SiteSource("""{ "env": { "MAIL_HOST": {}, "MAIL_KEY": {} } }"""))
            .AddProvider<IBuilder>("local", _ => new FakeBuilder())
            .AddProvider<IRuntime>("local", _ => runtime)
            .AddPipeline(new() { Name = shop, Repository = new() { Url = "fake" }, LookInterval = TimeSpan.FromMilliseconds(200), ReviewApps = new() });
        using var host = builder.Build();
        await host.StartAsync();
        var reviews = host.Services.GetRequiredService<IReviewApps>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        async Task<ReviewApp> UntilAsync(ReviewAppStatus status)
        {
            while (true)
            {
                if (await reviews.GetAsync(shop, "pr-7", patience.Token) is { } review && review.Status == status) return review;
                await Task.Delay(20, patience.Token);
            }
        }

        (await UntilAsync(ReviewAppStatus.Errored)).Reason.Should().Contain("MAIL_HOST").And.Contain("MAIL_KEY");
        await MailForReviews.SupplyAsync(host.Services.GetRequiredService<IPipelines>(), "open sesame", "ada");
        await UntilAsync(ReviewAppStatus.Created);

        runtime.Running.Values.Single().Environment.Should().Contain("MAIL_KEY", "open sesame").And.Contain("MAIL_HOST", "mail.example.org").And.Contain("FLOW_PR_NUMBER", "7");
        await host.StopAsync();
    }

    [Theory]
    [InlineData("2026-11-26T12:00:00Z", true)]
    [InlineData("2026-11-27T15:59:00Z", true)]
    [InlineData("2026-11-27T16:00:00Z", false)]
    [InlineData("2026-11-29T12:00:00Z", false)]
    [InlineData("2026-11-30T07:59:00Z", false)]
    [InlineData("2026-11-30T08:00:00Z", true)]
    public async Task The_gate_waits_over_the_weekend_only(string now, bool allows)
    {
        var context = new GateContext
        {
            Run = new(App, 1), App = App, Pipeline = PipelineName.Parse("site"), Repository = new() { Url = "fake" }, SourceProvider = "git",
            Stage = Stage.Production, Kind = RunKind.Promotion, Since = DateTimeOffset.Parse(now), Now = DateTimeOffset.Parse(now),
        };
        var answer = await new FreezeWindow().EvaluateAsync(context, default);
        answer.Allows.Should().Be(allows);
        if (!allows) answer.LookAgainIn.Should().BePositive().And.BeLessThan(TimeSpan.FromDays(3));
        (await new FreezeWindow().EvaluateAsync(context with { Stage = Stage.Staging }, default)).Allows.Should().BeTrue();
    }

    [Fact]
    public async Task The_runtime_finds_what_it_has_begun_and_tells_trouble_as_transient()
    {
        var healthy = false;
        var runtime = new RemoteRuntime(new(new Answering(request => request.Method == HttpMethod.Delete ? new(HttpStatusCode.NotFound) : request.Method == HttpMethod.Get
            ? throw new HttpRequestException(HttpRequestError.ConnectionError)
            : new(HttpStatusCode.OK) { Content = JsonContent.Create(new { healthy, processes = new[] { new RunningProcess("web", 1, true, new("http://10.0.0.7:8080/"), 0, null) } }) }))
        { BaseAddress = new("http://platform.example/") });
        var id = new DeploymentId(App, 1, 1);
        var spec = new DeploymentSpec
        {
            Id = id, Processes = [new("web", "./web", 1, true)], Environment = new Dictionary<string, string>(), LogPrefix = LogId.Parse("app/x"),
            Artifact = FakeBuilder.ArtifactOf("tree", new() { Sha = CommitSha.Parse(1.ToString("x40")), Ref = "refs/heads/main", Trust = Trust.Trusted }, new Dictionary<string, string>()),
        };

        (await runtime.DeployAsync(spec, default)).IsRunning.Should().BeTrue();
        healthy = true;
        (await runtime.DeployAsync(spec, default)).Value!.Endpoints.Should().Equal(new Uri("http://10.0.0.7:8080/"));
        await runtime.StopAsync(id, TimeSpan.Zero, default);
        (await runtime.Awaiting(r => r.InspectAsync(id, default)).Should().ThrowAsync<FlowException>()).Which.Transient.Should().BeTrue();
        foreach (var trust in (Trust[])[Trust.Untrusted, Trust.Approved])
        {
            var artifact = spec.Artifact with { Trust = trust };
            (await runtime.DeployAsync(spec with { Artifact = artifact }, default)).Failure!.Code.Should().Be("untrusted-code");
            (await runtime.RunAsync(new() { Id = "x", App = App, Artifact = artifact, Command = "true", Environment = spec.Environment, Log = spec.LogPrefix, Timeout = TimeSpan.FromMinutes(1) }, default)).Failure!.Code.Should().Be("untrusted-code");
        }
    }

    [Fact]
    public async Task The_runtime_sends_each_process_its_own_health_check_and_says_which_limits_it_keeps()
    {
        var sent = "";
        var runtime = new RemoteRuntime(new(new Answering(request =>
        {
            using var reader = new StreamReader(request.Content!.ReadAsStream());
            sent = reader.ReadToEnd();
            return new(HttpStatusCode.OK) { Content = JsonContent.Create(new { healthy = true, processes = Array.Empty<RunningProcess>() }) };
        }))
        { BaseAddress = new("http://platform.example/") });
        await runtime.DeployAsync(new()
        {
            Id = new(App, 1, 1), Environment = new Dictionary<string, string>(), LogPrefix = LogId.Parse("app/x"), Health = new() { Path = "/all" },
            Processes = [new("web", "./web", 1, true, new() { Path = "/ready" }), new("api", "./api", 1, true)],
            Artifact = FakeBuilder.ArtifactOf("tree", new() { Sha = CommitSha.Parse(1.ToString("x40")), Ref = "refs/heads/main", Trust = Trust.Trusted }, new Dictionary<string, string>()),
        }, default);

        sent.Should().Contain("\"/ready\"").And.Contain("\"/all\"");
        runtime.ProblemOf(new(Cpu: 8)).Should().BeNull();
        runtime.ProblemOf(new(Cpu: 16)).Should().Contain("not 16");
    }

    [Fact]
    public void The_builder_says_which_buildpack_it_is_none_for()
    {
        var builder = new StaticSiteBuilder(root, new MemoryLogStore(), TimeProvider.System);
        builder.ProblemOf(["heroku-community/static"], "heroku-24").Should().BeNull();
        builder.ProblemOf(["heroku-community/static", "heroku/ruby"], null).Should().StartWith("buildpacks[1] ").And.NotContain("ruby", "it is text from outside");
    }

    [Fact]
    public async Task The_reporter_tells_ends_only()
    {
        List<string> told = [];
        var reporter = new ChatReporter(new(new Answering(request => { told.Add(request.RequestUri!.AbsolutePath); return new(HttpStatusCode.OK); })) { BaseAddress = new("http://chat.example/") });
        var report = new StatusReport { Run = new(App, 3), App = App, Stage = Stage.Development, Kind = RunKind.Deploy, State = RunStatus.Running };
        await reporter.ReportAsync(report, default);
        await reporter.ReportAsync(report with { State = RunStatus.Failed, Reason = "build: no" }, default);
        told.Should().Equal("/messages/site-development.3-Failed");
    }

    private sealed class Answering(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }

    private sealed class SiteSource(string? manifest = null) : ISourceProvider, ISourceTree
    {
        public string TreeId => "tree-1";
        public string Subject => "hello";
        public string Author => "ada";
        public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new SourceListing { Branches = new Dictionary<string, CommitSha> { ["main"] = CommitSha.Parse(1.ToString("x40")) }, Proposals = manifest is null ? [] : [new() { Key = "pr-7", Number = 7, Head = new() { Sha = CommitSha.Parse(7.ToString("x40")), Ref = "refs/pull/7/head", Trust = Trust.Trusted } }] });
        public ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) => ValueTask.FromResult<ISourceTree>(this);
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>(["index.html"]);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult(path == "index.html" ? "hello" : path == "app.json" ? manifest : null);
        public async ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => await File.WriteAllTextAsync(Path.Combine(directory, "index.html"), "hello", cancellationToken);
    }
}
