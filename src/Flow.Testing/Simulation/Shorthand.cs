using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Flow.Apps;
using Flow.Engine;
using Flow.Storage;

namespace Flow.Testing.Simulation;

/// <summary>
/// What is stored, as the objects themselves: writing and reading JSON takes longer than everything else together. One seed in sixteen is played with the
/// real JSON, and a test plays seeds both ways: their traces must be equal, or something is lost on paper.
/// </summary>
internal sealed class Shorthand
{
    private readonly List<object> known = [];

    public byte[] Write(object thing)
    {
        known.Add(thing);
        // The engine peeks at stored apps: those that may run have these properties.
        var runs = thing is AppState { Current: not null } or AppState { Slot: not null } ? ",\"current\":0" : "";
        return Encoding.ASCII.GetBytes($"{{\"thing\":{known.Count - 1}{runs}}}");
    }

    public object Read(ReadOnlyMemory<byte> text)
    {
        var reader = new Utf8JsonReader(text.Span);
        return reader.Read() && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("thing"u8) && reader.Read() && reader.TryGetInt32(out var at)
            ? known[at] : throw new JsonException("No shorthand.");
    }
}

/// <summary>A kind of stream whose words are kept in shorthand.</summary>
internal sealed class ShorthandKind(IStreamKind kind, Shorthand shorthand) : IStreamKind
{
    private static readonly ConcurrentDictionary<Type, string> Names = [];

    public string Name => kind.Name;
    public object Initial => kind.Initial;
    public object ReadState(ReadOnlyMemory<byte> json) => shorthand.Read(json);
    public byte[] WriteState(object state) => shorthand.Write(state);
    public Input ReadInput(ReadOnlyMemory<byte> json) => (Input)shorthand.Read(json);
    public byte[] WriteInput(Input input) => shorthand.Write(input);
    public NewEvent WriteEvent(Event happened) => new(Names.GetOrAdd(happened.GetType(), (_, h) => kind.WriteEvent(h).Type, happened), shorthand.Write(happened));
    public Decision Decide(StreamId self, object state, Input input, DateTimeOffset now) => kind.Decide(self, state, input, now);
    public object Evolve(object state, Event happened) => kind.Evolve(state, happened);
    public Effect? Next(StreamId self, object state) => kind.Next(self, state);
    public Task<Input> PerformAsync(EffectContext context, object state, Effect effect, CancellationToken unwanted) => kind.PerformAsync(context, state, effect, unwanted);
    public void Committed(StreamId stream, object before, object after) => kind.Committed(stream, before, after);
}
