using Flow.Engine;

namespace Flow.Pipelines;

internal sealed partial class PipelineDecider
{
    /// <summary>A decision in the making, and the pipeline as it will be: each fact is folded as it is found, so that a thousand proposals cost a thousand steps.</summary>
    private sealed class Draft(PipelineDecider rules, PipelineState pipeline)
    {
        private readonly List<Event> events = [];
        private readonly List<Message> messages = [];

        public PipelineState State { get; private set; } = pipeline;
        public ResolvedPipeline Declared => State.Declared!;
        public PipelineDefinition Definition => State.Declared!.Definition;
        public long NextOrder => State.Order + 1;

        public void Happens(PipelineEvent happened)
        {
            events.Add(happened);
            State = rules.Evolve(State, happened);
        }

        public void Send(StreamId to, Input input) => messages.Add(new(to, input, TimeSpan.Zero));

        public Decision Done() => new(events, messages);
    }
}
