using Flow.Apps;
using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Logs;
using Flow.Pipelines;
using Flow.ReviewApps;
using Flow.Routing;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Sources;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Flow.Testing.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Flow.AspNetCore.Tests;

/// <summary>A real Kestrel host with the real engine on the memory store; the outside is fake.</summary>
public sealed class WebFlowHost : IAsyncDisposable
{
    public static readonly PipelineName Shop = PipelineName.Parse("shop");
    public static readonly AppName Staging = AppName.Parse("shop-staging");
    public static readonly AppName Production = AppName.Parse("shop-production");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly WebApplication app;
    private HttpClient? client;

    public TalkingSource Source { get; } = new();
    public FakeBuilder Builder { get; } = new();
    public FakeRuntime Runtime { get; } = new();
    public FakeRouter Router { get; } = new();
    public MemoryLogStore Logs { get; } = new();

    public WebFlowHost(Action<WebApplication> map, string environment = "Development", Action<WebApplicationBuilder, IFlowBuilder>? configure = null, IFlowStore? store = null, string? database = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { EnvironmentName = environment });
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging(l => l.AddConsole().SetMinimumLevel(LogLevel.Error)).AddRouting();
        if (database is null) builder.Services.AddSingleton(store ?? new MemoryFlowStore(TimeProvider.System));
        builder.Services.AddSingleton<IRouter>(Router).AddSingleton<ILogStore>(Logs);
        var flow = builder.Services.AddFlow().AddStatusPage();
        if (database is not null) flow.UseSqlite(database);
        flow.AddProvider<ISourceProvider>("git", _ => Source).AddProvider<IBuilder>("local", _ => Builder).AddProvider<IRuntime>("local", _ => Runtime);
        configure?.Invoke(builder, flow);
        app = builder.Build();
        map(app);
    }

    public IServiceProvider Services => app.Services;
    public IPipelines Pipelines => Services.GetRequiredService<IPipelines>();
    public IApps Apps => Services.GetRequiredService<IApps>();
    public IReviewApps Reviews => Services.GetRequiredService<IReviewApps>();
    public IRuns Runs => Services.GetRequiredService<IRuns>();
    public HttpClient Client => client ?? throw new InvalidOperationException("Start it first.");

    public static CommitSha Commit(int n) => CommitSha.Parse(n.ToString("x40"));

    /// <summary>A pull request that somebody vouches for.</summary>
    public static Proposal Proposal(int number, int commit, string title = "") =>
        new() { Key = $"pr-{number}", Number = number, Title = title, Head = new() { Sha = Commit(commit), Ref = $"refs/pull/{number}/head", Trust = Trust.Trusted } };

    public static PipelineDefinition Definition => new()
    {
        Name = Shop,
        Repository = new() { Url = "https://git.example/shop.git" },
        LookInterval = TimeSpan.FromMilliseconds(200),
        Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }, new() { Name = Production, Stage = Stage.Production }],
        ReviewApps = new(),
        DrainDeadline = TimeSpan.FromSeconds(1),
    };

    public async Task<WebFlowHost> StartAsync(PipelineDefinition? definition = null)
    {
        await ListenAsync();
        (await Pipelines.DeclareAsync(definition ?? Definition)).OrThrow();
        return this;
    }

    /// <summary>Starts it without a pipeline.</summary>
    public async Task ListenAsync()
    {
        await app.StartAsync();
        client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(app.Urls.First()), Timeout = Patience };
    }

    public async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> so, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var now = await read();
            if (so(now)) return now;
            if (patience.IsCancellationRequested) throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}. It is: {now}");
            await Task.Delay(10);
        }
    }

    public Task<AppState> AppAsync(AppName name, Func<AppState, bool> so, string what) => UntilAsync(async () => await Apps.GetAsync(name) ?? new(), so, $"{name}: {what}");

    public Task<AppState> DeployedAsync(AppName name, int commit) =>
        AppAsync(name, a => a.CurrentRelease?.Revision?.Sha == Commit(commit) && a.Candidates.Count == 0, $"commit {commit} serves");

    public async Task<RunState> EndedAsync(RunId run) => await Runs.WaitAsync(run).AsTask().WaitAsync(Patience);

    /// <summary>A page as its reader gets it: 200, and markup.</summary>
    public async Task<string> PageAsync(string path)
    {
        using var answer = await Client.GetAsync(path);
        var body = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.Should().BeTrue("{0} answers {1}: {2}", path, (int)answer.StatusCode, body);
        return body;
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }
}

/// <summary>A source whose commits say what a test wants.</summary>
public sealed class TalkingSource : ISourceProvider
{
    private readonly FakeSource inner = new();

    public string Subject { get; set; } = "a change";
    public string Author { get; set; } = "somebody";
    /// <summary>The app.json of every commit; null: there is none.</summary>
    public string? Manifest { get; set; }
    public List<Proposal> Proposals { get; } = [];
    public FlowException? Outage { get => inner.Outage; set => inner.Outage = value; }

    public void Propose(params Proposal[] open)
    {
        lock (Proposals)
        {
            Proposals.Clear();
            Proposals.AddRange(open);
        }
    }

    public void Push(string branch, CommitSha commit) => inner.Push(branch, commit);

    public async ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken)
    {
        var listing = await inner.ListAsync(repository, cancellationToken);
        lock (Proposals) return listing with { Proposals = [.. Proposals] };
    }

    public async ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) =>
        new Tree(await inner.FetchAsync(repository, commit, cancellationToken), Subject, Author, Manifest);

    private sealed class Tree(ISourceTree inner, string subject, string author, string? manifest) : ISourceTree
    {
        public string TreeId => inner.TreeId;
        public string Subject => subject;
        public string Author => author;
        public ValueTask<IReadOnlyList<string>> ListFilesAsync(int max, CancellationToken cancellationToken) => inner.ListFilesAsync(max, cancellationToken);
        public ValueTask<string?> ReadTextAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
            path == "app.json" ? ValueTask.FromResult(manifest) : inner.ReadTextAsync(path, maxBytes, cancellationToken);
        public ValueTask ExportAsync(string directory, CancellationToken cancellationToken) => inner.ExportAsync(directory, cancellationToken);
    }
}
