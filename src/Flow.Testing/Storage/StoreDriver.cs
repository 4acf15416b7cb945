using System.Text;
using Flow.Engine;
using Flow.Storage;

namespace Flow.Testing.Storage;

/// <summary>Says in one line what the cases do again and again.</summary>
internal sealed class StoreDriver(FlowStoreHarness harness, IFlowStore store, CancellationToken cancellationToken)
{
    public static readonly TimeSpan LongLease = TimeSpan.FromDays(3);
    public static readonly StreamId Shop = new("app", "shop");

    public IFlowStore Store { get; private set; } = store;
    public CancellationToken Token => cancellationToken;
    public TimeSpan Unit => harness.Unit;

    public static async Task<StoreDriver> StartAsync(FlowStoreHarness harness, CancellationToken cancellationToken) =>
        new(harness, await harness.CreateAsync(cancellationToken), cancellationToken);

    public async Task ReopenAsync() => Store = await harness.ReopenAsync(Token);

    public Task PassAsync(double units) => harness.AdvanceAsync(Unit * units, Token);

    public static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes($"\"{text}\"");
    public static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span).Trim('"');
    public static NewWork Work(StreamId to, string text, TimeSpan after = default, string? requestKey = null) => new(to, Json(text), after, requestKey);
    public static NewEvent Event(string text) => new("Tested", Json(text));

    public ValueTask<CommitResult> CommitAsync(FlowCommit commit) => Store.CommitAsync(commit, Token);

    public async Task PostAsync(StreamId to, params string[] texts) => await MustAsync(new() { Enqueue = [.. texts.Select(text => Work(to, text))] });

    public async Task<long> MustAsync(FlowCommit commit)
    {
        var result = await CommitAsync(commit);
        Expect.Equal(CommitStatus.Ok, result.Status, "A commit that nothing speaks against is written.");
        return result.Version;
    }

    public async Task<IReadOnlyList<Claim>> ClaimAsync(int max = 100, TimeSpan? lease = null) =>
        await Store.ClaimAsync("node-a", max, lease ?? LongLease, Token);

    public async Task<Claim> ClaimOneAsync(TimeSpan? lease = null)
    {
        var claims = await ClaimAsync(1, lease);
        Expect.Equal(1, claims.Count, "A stream with a due input, or one that owes an effect, can be claimed.");
        return claims[0];
    }

    /// <summary>Posts to the stream and claims it; with nothing else claimable before.</summary>
    public async Task<Claim> HoldAsync(StreamId stream, TimeSpan? lease = null)
    {
        await PostAsync(stream, "wake");
        var claim = await ClaimOneAsync(lease);
        Expect.Equal(stream, claim.Stream, "The stream that has a due input is claimed.");
        return claim;
    }

    public async Task<IReadOnlyList<WorkItem>> WorkAsync(Claim claim, int max = 100) => await Store.ReadWorkAsync(claim, max, Token);

    public async Task<IReadOnlyList<string>> InputsAsync(Claim claim, int max = 100) => [.. (await WorkAsync(claim, max)).Select(w => Text(w.Input))];

    public async Task ReleaseAsync(Claim claim, TimeSpan notBefore = default) => await Store.ReleaseAsync(claim, notBefore, Token);

    public async Task<StreamRecord?> LoadAsync(StreamId stream) => await Store.LoadAsync(stream, Token);

    public async Task<IReadOnlyList<StoredEvent>> EventsAsync(long after = 0, int max = 1_000) => await Store.ReadEventsAsync(after, max, Token);

    /// <summary>A change of the claimed stream that deals with all its due inputs.</summary>
    public async Task<FlowCommit> ChangeAsync(Claim claim, long expected, string state, bool owes = false, params string[] events) => new()
    {
        Change = new() { Claim = claim, ExpectedVersion = expected, Snapshot = Json(state), Owes = owes, Events = [.. events.Select(Event)] },
        Complete = [.. (await WorkAsync(claim)).Select(w => w.Id)],
    };

    /// <summary>Writes the stream's first version and gives it back.</summary>
    public async Task WriteAsync(StreamId stream, string state, params string[] events)
    {
        var claim = await HoldAsync(stream);
        await MustAsync(await ChangeAsync(claim, 0, state, false, events));
        await ReleaseAsync(claim);
    }
}
