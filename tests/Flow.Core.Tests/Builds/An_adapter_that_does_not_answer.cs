using Flow.Builds;
using Flow.Core.Tests.Engine;
using Flow.Engine;
using Flow.Runs.Steps;
using Flow.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Flow.Core.Tests.Builds;

/// <summary>Effects of a build, with adapters that keep silent or end with a time-out of their own.</summary>
public sealed class An_adapter_that_does_not_answer : IDisposable
{
    private static readonly ExecuteBuild Build = new("key", Paper.Order(1), 1);
    private readonly FakeTimeProvider time = new();
    private readonly Silent silent = new();
    private readonly BuildEffects effects;

    public An_adapter_that_does_not_answer()
    {
        var services = new ServiceCollection().AddKeyedSingleton<IBuilder>("local", silent).AddKeyedSingleton<ISourceProvider>("git", silent).BuildServiceProvider();
        effects = new(new Providers(services), Options.Create(new FlowOptions()), time, NullLogger<BuildEffects>.Instance);
    }

    [Fact]
    public async Task To_a_stop_is_asked_again()
    {
        var stopping = PerformAsync(new StopBuild("key", Paper.Order(1), 1));
        time.Advance(TimeSpan.FromMinutes(4));
        stopping.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromMinutes(2));
        (await stopping.Awaiting(s => s).Should().ThrowAsync<FlowException>()).Which.Transient.Should().BeTrue("the pump offers the stream again");
    }

    [Fact]
    public async Task With_the_source_takes_nothing_of_the_builds_time_and_may_pass()
    {
        var building = PerformAsync(Build);
        time.Advance(TimeSpan.FromMinutes(11));
        (await building).Should().BeOfType<BuildAttemptFailed>().Which.Should().Match<BuildAttemptFailed>(f => f.Failure.Code == "source-timeout" && f.Failure.Transient && f.Unsure);
    }

    [Fact]
    public async Task With_the_build_ends_it()
    {
        silent.Fetches = true;
        var building = PerformAsync(Build);
        time.Advance(TimeSpan.FromMinutes(33));
        (await building).Should().BeOfType<BuildAttemptFailed>().Which.Failure.Should().Match<Failure>(f => f.Code == "build-timeout" && !f.Transient);
    }

    [Fact]
    public async Task Within_its_own_time_has_failed_in_a_way_that_is_counted()
    {
        silent.OwnTimeOut = true;
        (await PerformAsync(Build)).Should().BeOfType<BuildAttemptFailed>().Which.Failure.Should().Match<Failure>(f => f.Code == "builder-threw" && f.Transient);
    }

    [Fact]
    public async Task Is_no_failure_when_the_build_is_not_wanted_any_more()
    {
        using var unwanted = new CancellationTokenSource();
        var building = PerformAsync(Build, unwanted.Token);
        unwanted.Cancel();
        await building.Awaiting(b => b).Should().ThrowAsync<OperationCanceledException>();
    }

    public void Dispose() => effects.Dispose();

    private Task<Input> PerformAsync(Effect effect, CancellationToken unwanted = default) =>
        effects.PerformAsync(new(BuildDecider.StreamOf("key"), _ => Task.FromResult(true)), new(), effect, unwanted);

    private sealed class Silent : IBuilder, ISourceProvider
    {
        public bool Fetches { get; set; }
        public bool OwnTimeOut { get; set; }
        public string Version => "1";
        public bool IsolatesUntrusted => false;

        public ValueTask<Detection> DetectAsync(ISourceTree source, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask<SourceListing> ListAsync(SourceRepository repository, CancellationToken cancellationToken) => throw new NotSupportedException();
        public async ValueTask<WorkStatus<Artifact>> BuildAsync(BuildRequest request, CancellationToken cancellationToken) => await NeverAsync<WorkStatus<Artifact>>(cancellationToken);
        public async ValueTask StopAsync(string buildId, CancellationToken cancellationToken) => await NeverAsync<object>(cancellationToken);

        public async ValueTask<ISourceTree> FetchAsync(SourceRepository repository, CommitSha commit, CancellationToken cancellationToken) =>
            OwnTimeOut ? throw new TaskCanceledException("HttpClient.Timeout") : Fetches ? null! : await NeverAsync<ISourceTree>(cancellationToken);

        private static async Task<T> NeverAsync<T>(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
