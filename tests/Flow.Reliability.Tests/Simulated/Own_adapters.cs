using Flow.AddOns;
using Flow.Builds;
using Flow.Gates;
using Flow.Runs;
using Flow.Runtimes;
using Flow.Testing.Fakes;
using Flow.Testing.Simulation;

namespace Flow.Reliability.Tests.Simulated;

/// <summary>Hosts run their own adapters in the simulator: good ones hold, wrong ones are found.</summary>
public sealed class Own_adapters
{
    private static readonly FlowSimulationOptions Good = new()
    {
        Builder = _ => new FakeBuilder(),
        Runtime = process => process.Outside(() => new PatientRuntime(process.Time)),
        AddOns = process => process.Outside(() => new Shelf()),
        Gate = process => new Morning(process.Chance),
        Step = process => new Smoke(process),
    };

    [Fact]
    public void Hold_when_they_are_good()
    {
        var result = FlowCampaign.Run(150, options: Good);
        result.First.Should().BeNull(string.Join(Environment.NewLine, result.First?.Story ?? []));
        result.Situations["host step waited"].Should().Be(0, "this step never waits");
        result.Situations["promoted"].Should().BePositive();
    }

    [Fact]
    public void Are_the_same_story_each_time() => FlowSimulation.Run(5, Good).Trace.Should().Be(FlowSimulation.Run(5, Good).Trace);

    [Fact]
    public void Are_found_when_a_runtime_starts_again_what_was_stopped() =>
        Found(Good with { Runtime = process => process.Outside(() => new PatientRuntime(process.Time) { Revives = true }) }).Invariant!.Name.Should().Be("no leak");

    [Fact]
    public void Are_found_when_a_runtime_keeps_what_it_should_stop() =>
        Found(Good with { Runtime = process => process.Outside(() => new PatientRuntime(process.Time) { Keeps = true }) }).Invariant!.Name.Should().Be("no leak");

    [Fact]
    public void Are_found_when_an_add_on_is_made_anew_by_a_late_call() =>
        Found(Good with { AddOns = process => process.Outside(() => new Shelf { Revives = true }) }).Invariant!.Name.Should().Be("no leak");

    [Fact]
    public void Are_found_when_they_leave_the_thread() =>
        Found(Good with { Step = _ => new Hopping() }).Invariant!.Name.Should().BeOneOf(["soundness", "liveness"], "it is seen on a foreign thread, or its answer does not come in virtual time");

    [Fact]
    public void Are_found_when_they_use_the_world_from_another_thread()
    {
        // The foreign thread has been there before the answer comes: it is the same each time.
        var found = Found(Good with { Step = process => new Elsewhere(process) });
        found.Invariant!.Name.Should().Be("soundness");
        found.Violation.Should().Contain("foreign thread");
    }

    [Fact]
    public void Have_several_of_one_type_outside_when_they_name_them()
    {
        List<(Shelf Unnamed, Shelf Named)> seen = [];
        FlowSimulation.Run(1, Good with
        {
            AddOns = process =>
            {
                seen.Add((process.Outside(() => new Shelf()), process.Outside(() => new Shelf(), "books")));
                return seen[^1].Named;
            },
        });
        seen.Should().HaveCountGreaterThan(1, "every process of the engine has its adapter");
        seen.Select(s => s.Unnamed).Distinct().Should().ContainSingle().And.NotContain(seen[0].Named);
        seen.Select(s => s.Named).Distinct().Should().ContainSingle();
    }

    private static FlowSimulationResult Found(FlowSimulationOptions wrong)
    {
        for (var seed = 1; seed <= 5_000; seed++)
            if (FlowSimulation.Run(seed, wrong) is { Violation: not null } found) return found;
        throw new InvalidOperationException("Five thousand seeds have not found it.");
    }

    /// <summary>Takes its time, in virtual time.</summary>
    private sealed class PatientRuntime(TimeProvider time) : IRuntime
    {
        private readonly SortedDictionary<string, Deployment> running = new(StringComparer.Ordinal);
        private readonly HashSet<DeploymentId> stopped = [];

        public bool Revives { get; init; }
        public bool Keeps { get; init; }
        public bool IsolatesUntrusted => true;

        public async ValueTask<WorkStatus<Deployment>> DeployAsync(DeploymentSpec spec, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), time, cancellationToken);
            if (stopped.Contains(spec.Id) && !Revives) return WorkStatus<Deployment>.Failed(new("deployment-stopped", "It was stopped."));
            return WorkStatus<Deployment>.Done(running[spec.Id.ToString()] = new()
            {
                Id = spec.Id,
                Processes = [.. spec.Processes.SelectMany(p => Enumerable.Range(1, p.Quantity).Select(i => new RunningProcess(p.Type, i, true, p.Routed ? new($"http://{spec.Id}-{i}/") : null, 0, null)))],
            });
        }

        public ValueTask<Deployment?> InspectAsync(DeploymentId id, CancellationToken cancellationToken) => new(running.GetValueOrDefault(id.ToString()));
        public ValueTask<WorkStatus<CommandResult>> RunAsync(CommandSpec spec, CancellationToken cancellationToken) => new(WorkStatus<CommandResult>.Done(new(0, false, "")));

        public ValueTask StopAsync(DeploymentId id, TimeSpan grace, CancellationToken cancellationToken)
        {
            stopped.Add(id);
            if (!Keeps) running.Remove(id.ToString());
            return default;
        }

        public ValueTask StopCommandAsync(string commandId, TimeSpan grace, CancellationToken cancellationToken) => default;
        public ValueTask<IReadOnlyList<DeploymentId>> ListAsync(CancellationToken cancellationToken) => new([.. running.Keys.Select(k => DeploymentId.Parse(k))]);
    }

    private sealed class Shelf : IAddOnProvisioner
    {
        public AddOnCatalogue Catalogue { get; } = new() { Plans = [new("shelf", "A place on a shelf.", [])] };

        private readonly HashSet<string> made = [], gone = [];

        public bool Revives { get; init; }

        public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
        {
            if (gone.Contains(request.Id) && !Revives) return new(WorkStatus<AddOnInstance>.Failed(new("addon-removed", "It was removed.")));
            made.Add(request.Id);
            return new(WorkStatus<AddOnInstance>.Done(new(request.Id, "any")));
        }

        public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => made.Contains(id)
            ? new(new AddOnBinding(new Dictionary<string, string> { ["SHELF_URL"] = $"shelf://{id}" }, new HashSet<string> { "SHELF_URL" }))
            : throw new FlowException("addon-missing", $"There is no {id}.");

        public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
        {
            gone.Add(id);
            made.Remove(id);
            return default;
        }
    }

    private sealed class Morning(Random chance) : IGate
    {
        public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken) =>
            new(chance.Next(3) == 0 ? GateAnswer.Allow("it is morning") : GateAnswer.Wait("the morning", "the sun", TimeSpan.FromSeconds(20)));
    }

    private sealed class Smoke(SimulatedProcess process) : IRunStep
    {
        public async ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromSeconds(process.Chance.Next(1, 10)), process.Time, cancellationToken);
            process.Tell($"smoke of {context.App}");
            return new StepResult.Done("fine");
        }
    }

    private sealed class Elsewhere(SimulatedProcess process) : IRunStep
    {
        public ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken)
        {
            var thread = new Thread(() =>
            {
                process.Tell("hello");
                _ = Task.Delay(TimeSpan.FromSeconds(1), process.Time, CancellationToken.None);
            });
            thread.Start();
            thread.Join();
            return new(new StepResult.Done("fine"));
        }
    }

    private sealed class Hopping : IRunStep
    {
        public async ValueTask<StepResult> ExecuteAsync(StepContext context, CancellationToken cancellationToken)
        {
            await Task.Run(() => Thread.Sleep(1), cancellationToken);
            return new StepResult.Done("fine");
        }
    }
}
