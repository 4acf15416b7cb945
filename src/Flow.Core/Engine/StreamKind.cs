using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Flow.Storage;

namespace Flow.Engine;

/// <summary>Does the effects that streams of one kind owe.</summary>
internal interface IEffectPerformer<in TState>
{
    /// <summary>
    /// Does one effect and returns its result as the stream's next input. <paramref name="unwanted"/> says: stop waiting. It never means
    /// "undo": what was started is found again by the effect's key, or stopped by an effect of its own.
    /// </summary>
    Task<Input> PerformAsync(EffectContext context, TState state, Effect effect, CancellationToken unwanted);

    /// <summary>A state has been committed: for metrics and logs, which may miss one in a crash. Must neither fail nor wait.</summary>
    void Committed(StreamId stream, TState before, TState after) { }
}

/// <summary>Around an effect.</summary>
/// <param name="Stream">Whose effect it is.</param>
/// <param name="TellAsync">Commits an input of the stream while the effect goes on; false when ownership was lost.</param>
internal sealed record EffectContext(StreamId Stream, Func<Input, Task<bool>> TellAsync);

/// <summary>One kind of stream as the pump sees it: rules, effects, and how its words are written down.</summary>
internal interface IStreamKind
{
    string Name { get; }
    object Initial { get; }
    object ReadState(ReadOnlyMemory<byte> json);
    byte[] WriteState(object state);
    Input ReadInput(ReadOnlyMemory<byte> json);
    byte[] WriteInput(Input input);
    NewEvent WriteEvent(Event happened);
    Decision Decide(StreamId self, object state, Input input, DateTimeOffset now);
    object Evolve(object state, Event happened);
    Effect? Next(StreamId self, object state);
    Task<Input> PerformAsync(EffectContext context, object state, Effect effect, CancellationToken unwanted);
    void Committed(StreamId stream, object before, object after);
}

/// <inheritdoc cref="IStreamKind"/>
internal sealed class StreamKind<TState, TInput, TEvent>(string name, Decider<TState, TInput, TEvent> decider, IEffectPerformer<TState>? performer) : IStreamKind
    where TState : class where TInput : Input where TEvent : Event
{
    private static readonly JsonTypeInfo<TState> States = FlowJson.Writes<TState>();
    private static readonly JsonTypeInfo<TInput> Inputs = FlowJson.Writes<TInput>();
    private static readonly JsonTypeInfo<TEvent> Events = FlowJson.Writes<TEvent>();
    private static readonly FrozenDictionary<Type, string> EventNames = typeof(TEvent).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToFrozenDictionary(a => a.DerivedType, a => (string)a.TypeDiscriminator!);

    public string Name => name;
    public object Initial => decider.Initial;
    public object ReadState(ReadOnlyMemory<byte> json) => Read(json, FlowJson.Reads<TState>());
    public byte[] WriteState(object state) => JsonSerializer.SerializeToUtf8Bytes((TState)state, States);
    public Input ReadInput(ReadOnlyMemory<byte> json) => Read(json, FlowJson.Reads<TInput>());
    public byte[] WriteInput(Input input) => JsonSerializer.SerializeToUtf8Bytes((TInput)input, Inputs);
    public NewEvent WriteEvent(Event happened) => new($"{name}.{EventNames[happened.GetType()]}", JsonSerializer.SerializeToUtf8Bytes((TEvent)happened, Events));
    public Decision Decide(StreamId self, object state, Input input, DateTimeOffset now) => decider.Decide(self, (TState)state, (TInput)input, now);
    public object Evolve(object state, Event happened) => decider.Evolve((TState)state, (TEvent)happened);
    public Effect? Next(StreamId self, object state) => decider.Next(self, (TState)state);

    public Task<Input> PerformAsync(EffectContext context, object state, Effect effect, CancellationToken unwanted) => performer is null
        ? throw new InvalidOperationException($"Streams of kind '{name}' have no effects, but {context.Stream} owes {effect.IdempotencyKey}.")
        : performer.PerformAsync(context, (TState)state, effect, unwanted);

    public void Committed(StreamId stream, object before, object after) => performer?.Committed(stream, (TState)before, (TState)after);

    /// <exception cref="JsonException">Whatever is wrong with it.</exception>
    private static T Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException($"It is null and no {typeof(T).Name}.");
        }
        catch (NotSupportedException trouble)
        {
            // What it says of a word whose name is missing.
            throw new JsonException($"It is no {typeof(T).Name}: {trouble.Message}", trouble);
        }
    }
}

/// <summary>All kinds, by name.</summary>
internal sealed class StreamKinds(IEnumerable<IStreamKind> kinds)
{
    private readonly FrozenDictionary<string, IStreamKind> byName = kinds.ToFrozenDictionary(k => k.Name);

    public IStreamKind Of(StreamId stream) => byName.TryGetValue(stream.Kind, out var kind)
        ? kind
        : throw new InvalidOperationException($"There is no stream kind '{stream.Kind}'.");

    public NewWork Write(Message message) => new(message.To, Of(message.To).WriteInput(message.Input), message.After);
}
