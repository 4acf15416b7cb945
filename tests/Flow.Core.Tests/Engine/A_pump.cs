using Flow.Builds;
using Flow.Engine;
using Flow.Runs;
using Flow.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Flow.Core.Tests.Engine.Paper;

namespace Flow.Core.Tests.Engine;

/// <summary>The pump on the memory store and fake time: everything happens inside the calls that cause it.</summary>
public sealed class A_pump : IDisposable
{
    private static readonly StreamId Key = BuildDecider.StreamOf("key");
    private readonly FakeTimeProvider time = new();
    private readonly MemoryFlowStore store;
    private readonly Performer performer = new();
    private readonly StreamKinds kinds;
    private readonly StreamPump pump;

    public A_pump()
    {
        store = new(time);
        kinds = new([new StreamKind<BuildState, BuildInput, BuildEvent>(BuildDecider.Kind, new BuildDecider(), performer), new StreamKind<RunState, RunInput, RunEvent>(RunDecider.Kind, new RunDecider(), null)]);
        pump = new(store, kinds, time, NullLogger<StreamPump>.Instance);
    }

    [Fact]
    public async Task That_lost_its_stream_in_mid_effect_stops_at_once_and_does_not_spin()
    {
        await PostAsync(new WantArtifact(Run(1), Order(1)));
        var claim = await ClaimAsync();
        var moving = pump.PumpAsync(claim, default);
        performer.Running.Should().Be(1);

        await store.ReleaseAsync(claim, TimeSpan.Zero, default);

        moving.IsCompleted.Should().BeTrue();
        performer.Cancelled.Should().Be(1);
    }

    [Fact]
    public async Task Keeps_its_lease_while_an_effect_goes_on()
    {
        await PostAsync(new WantArtifact(Run(1), Order(1)));
        _ = pump.PumpAsync(await ClaimAsync(), default);
        for (var i = 0; i < 100; i++) time.Advance(TimeSpan.FromSeconds(1));
        (await store.ClaimAsync("other", 1, StreamPump.Lease, default)).Should().BeEmpty();
        performer.Running.Should().Be(1);
    }

    [Fact]
    public async Task Tells_an_effect_that_its_word_was_not_committed()
    {
        await PostAsync(new WantArtifact(Run(1), Order(1)));
        var claim = await ClaimAsync();
        _ = pump.PumpAsync(claim, default);
        await PostAsync(new UnwantArtifact(Run(1)));
        (await performer.Context!.TellAsync(new BuildRested(1))).Should().BeFalse("the effect is not wanted any more, and nobody listens");
    }

    [Fact]
    public async Task Keeps_the_state_when_an_input_changes_nothing()
    {
        await PostAsync(new WantArtifact(Run(1), Order(1)));
        _ = pump.PumpAsync(await ClaimAsync(), default);
        await PostAsync(new BuildRested(9));
        var record = (await store.LoadAsync(Key, default))!;
        record.Version.Should().Be(2);
        ((BuildState)kinds.Of(Key).ReadState(record.Snapshot)).Wanted.Should().Equal(Run(1));
    }

    [Fact]
    public async Task Ends_in_good_order_when_its_host_stops_and_the_stream_is_offered_again()
    {
        await PostAsync(new WantArtifact(Run(1), Order(1)));
        using var stopping = new CancellationTokenSource();
        var moving = pump.PumpAsync(await ClaimAsync(), stopping.Token);
        stopping.Cancel();
        moving.IsCompletedSuccessfully.Should().BeTrue();
        performer.Cancelled.Should().Be(1);
        (await store.ClaimAsync("other", 1, StreamPump.Lease, default)).Should().ContainSingle("the build is still owed");
    }

    public void Dispose() => store.Dispose();

    private async Task<Claim> ClaimAsync() => (await store.ClaimAsync("node", 1, StreamPump.Lease, default)).Single();

    private async Task PostAsync(BuildInput input) => await store.CommitAsync(new() { Enqueue = [new(Key, kinds.Of(Key).WriteInput(input))] }, default);

    /// <summary>An effect that goes on until it is not wanted any more.</summary>
    private sealed class Performer : IEffectPerformer<BuildState>
    {
        public EffectContext? Context { get; private set; }
        public int Running { get; private set; }
        public int Cancelled { get; private set; }

        public async Task<Input> PerformAsync(EffectContext context, BuildState state, Effect effect, CancellationToken unwanted)
        {
            if (effect is StopBuild) return new BuildStopped();
            Context = context;
            Running++;
            var never = new TaskCompletionSource();
            await using var stop = unwanted.Register(() => never.TrySetCanceled(unwanted));
            try
            {
                await never.Task;
            }
            finally
            {
                Cancelled++;
            }
            return new BuildStopped();
        }
    }
}
