using System.Text;
using System.Text.Json;
using Flow.Apps;
using Flow.Builds;
using Flow.Engine;
using Flow.Pipelines;
using Flow.Releases;
using Flow.Runs;
using Flow.Storage;
using Flow.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Flow.Reliability.Tests.Kills;

/// <summary>Reads what a host left behind, through the public store: the file is sound, history only grows, and every state is the fold of its events.</summary>
internal sealed class Audit(string database)
{
    private static readonly Dictionary<string, IStreamKind> Kinds = new IStreamKind[]
    {
        new StreamKind<AppState, AppInput, AppEvent>(AppDecider.Kind, new AppDecider(), null),
        new StreamKind<RunState, RunInput, RunEvent>(RunDecider.Kind, new RunDecider(), null),
        new StreamKind<BuildState, BuildInput, BuildEvent>(BuildDecider.Kind, new BuildDecider(), null),
        new StreamKind<PipelineState, PipelineInput, PipelineEvent>(PipelineDecider.Kind, new PipelineDecider(), null),
    }.ToDictionary(k => k.Name);

    private readonly Dictionary<StreamId, (object State, long Version)> folded = [];
    private readonly HashSet<StreamId> touched = [];
    private long position;

    public List<string> Problems { get; } = [];
    public int Events { get; private set; }

    /// <summary>What is on record for whom: <c>KIND KEY</c> to so many times.</summary>
    public Dictionary<string, int> Evidence { get; } = [];

    public IEnumerable<(RunId Run, RunState State)> Runs => folded.Where(f => f.Key.Kind == RunDecider.Kind).Select(f => (RunId.Parse(f.Key.Key), (RunState)f.Value.State));
    public IEnumerable<(AppName App, AppState State)> Apps => folded.Where(f => f.Key.Kind == AppDecider.Kind).Select(f => (AppName.Parse(f.Key.Key), (AppState)f.Value.State));

    public async Task CheckAsync()
    {
        CheckIntegrity();
        await using var store = new SqliteFlowStore(new() { Path = database }, TimeProvider.System, NullLogger<SqliteFlowStore>.Instance);
        if (!store.IsOwner) Problems.Add($"the file of a killed host is owned by somebody: {store.StandingBy}");
        while (await store.ReadEventsAsync(position, 1_000, default) is { Count: > 0 } page)
            foreach (var stored in page) Hear(stored);
        foreach (var stream in touched) Compare(stream, await store.LoadAsync(stream, default));
        touched.Clear();
    }

    private void CheckIntegrity()
    {
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        if (command.ExecuteScalar() is not "ok" and var trouble) Problems.Add($"the file is damaged: {trouble}");
    }

    private void Hear(StoredEvent stored)
    {
        position = stored.Position;
        Events++;
        if (!Kinds.TryGetValue(stored.Stream.Kind, out var kind) || stored.Type.StartsWith("engine.", StringComparison.Ordinal))
        {
            Problems.Add($"{stored.Stream}: {stored.Type} {Encoding.UTF8.GetString(stored.Json.Span)}");
            return;
        }
        var happened = Read(stored);
        Note(happened);
        var (state, version) = folded.GetValueOrDefault(stored.Stream, (kind.Initial, 0));
        if (stored.Version < version) Problems.Add($"{stored.Stream} goes back from version {version} to {stored.Version}");
        folded[stored.Stream] = (kind.Evolve(state, happened), stored.Version);
        touched.Add(stored.Stream);
    }

    private static Event Read(StoredEvent stored) => stored.Stream.Kind switch
    {
        AppDecider.Kind => JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.AppEvent)!,
        RunDecider.Kind => JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.RunEvent)!,
        BuildDecider.Kind => JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.BuildEvent)!,
        _ => JsonSerializer.Deserialize(stored.Json.Span, FlowJson.Default.PipelineEvent)!,
    };

    private void Note(Event happened)
    {
        var evidence = happened switch
        {
            RunPlanned planned => $"run {planned.By}",
            ConfigChanged changed => $"config {changed.Config.By}",
            FormationChanged changed => $"scale {changed.By}",
            DeployAsked asked => $"deploy {asked.By}",
            PromotionBegun begun => $"promote {begun.Promotion.By}",
            AppDestroying gone => $"destroy {gone.By}",
            _ => null,
        };
        if (evidence is not null) Evidence[evidence] = Evidence.GetValueOrDefault(evidence) + 1;
    }

    private void Compare(StreamId stream, StreamRecord? stored)
    {
        var kind = Kinds[stream.Kind];
        var should = Encoding.UTF8.GetString(kind.WriteState(Recorded(folded[stream].State)));
        var found = stored is null ? "nothing" : Encoding.UTF8.GetString(kind.WriteState(Recorded(kind.ReadState(stored.Snapshot))));
        if (found != should) Problems.Add($"{stream} is stored as {found}, and its events say {should}");
    }

    /// <summary>Without what is no history: heartbeats of a loop.</summary>
    private static object Recorded(object state) => state switch
    {
        AppState app => app with { InspectionWanted = false },
        RunState run => run with { Hinted = false },
        PipelineState pipeline => pipeline with { Look = 0, LookDue = false, LookAgain = false, Trouble = null },
        _ => state,
    };
}
