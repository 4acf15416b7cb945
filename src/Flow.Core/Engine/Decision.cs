namespace Flow.Engine;

/// <summary>Something a stream is told: a message from another stream, a timer, a request from outside, or the result of its own effect.</summary>
internal abstract record Input;

/// <summary>A fact that a stream has committed. State is nothing but the fold of these.</summary>
internal abstract record Event;

/// <summary>A fact that changes state but is no history: heartbeats of a loop that would drown everything else.</summary>
internal interface IUnrecorded;

/// <summary>Something owed to the outside world. At least once; equal keys are the same effect.</summary>
internal abstract record Effect(string IdempotencyKey);

/// <summary>An input on its way to a stream, perhaps as a timer.</summary>
internal sealed record Message(StreamId To, Input Input, TimeSpan After);

/// <summary>What follows from an input: facts, messages (to other streams, or to oneself later), and an answer to whoever asked.</summary>
internal sealed record Decision(IReadOnlyList<Event> Events, IReadOnlyList<Message> Messages)
{
    public static readonly Decision Nothing = new([], []);

    public Answer? Answer { get; private init; }

    /// <summary>The stream is removed with this commit: the end of its retention.</summary>
    public bool Forgets { get; private init; }

    public static Decision Of(params IReadOnlyList<Event> events) => new(events, []);
    public static Decision Refuse(string code, string reason) => Nothing with { Answer = Answer.Refused(code, reason) };
    public static Decision Forget() => Nothing with { Forgets = true };

    public Decision Send(StreamId to, Input input, TimeSpan after = default) => this with { Messages = [.. Messages, new(to, input, after)] };
    public Decision Reply(Answer answer) => this with { Answer = answer };
    public Decision And(Decision next) => new([.. Events, .. next.Events], [.. Messages, .. next.Messages]) { Answer = next.Answer ?? Answer, Forgets = Forgets || next.Forgets };
    public Decision And(params IReadOnlyList<Event> events) => this with { Events = [.. Events, .. events] };
}
