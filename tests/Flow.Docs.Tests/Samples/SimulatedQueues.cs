using Flow.AddOns;
using Flow.Testing.Simulation;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>Our adapter: an add-on that is a queue on our message broker.</summary>
public sealed class QueueAddOn(IBroker broker) : IAddOnProvisioner
{
    public AddOnCatalogue Catalogue { get; } = new() { Plans = [new("queue", "A queue of its own.", [])] };

    public async ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken) => await broker.CreateAsync(request.Id)
        ? WorkStatus<AddOnInstance>.Done(new(request.Id, "standard"))
        : WorkStatus<AddOnInstance>.Failed(new("queue-deleted", $"Queue {request.Id} was deleted: its name is never used again."));

    public async ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => await broker.KeyOfAsync(id) is { } key
        ? new(new Dictionary<string, string> { ["QUEUE_URL"] = $"amqp://{id}:{key}@broker" }, new HashSet<string> { "QUEUE_URL" })
        : throw new FlowException("addon-missing", $"There is no queue {id}.");

    public async ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken) => await broker.DeleteAsync(id);
}

public interface IBroker
{
    Task<bool> CreateAsync(string queue);
    Task<string?> KeyOfAsync(string queue);
    Task DeleteAsync(string queue);
}

/// <summary>The broker as the simulation has it: in memory, slow in virtual time, and away now and then.</summary>
public sealed class FakeBroker(TimeProvider time, Random chance) : IBroker
{
    private readonly HashSet<string> queues = [], deleted = [];

    public async Task<bool> CreateAsync(string queue)
    {
        await WorkAsync();
        return !deleted.Contains(queue) && (queues.Add(queue) || true);
    }

    public Task<string?> KeyOfAsync(string queue) => Task.FromResult(queues.Contains(queue) ? "key-" + queue : null);

    public async Task DeleteAsync(string queue)
    {
        await WorkAsync();
        deleted.Add(queue);
        queues.Remove(queue);
    }

    private async Task WorkAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(chance.Next(1, 30)), time);
        if (chance.Next(20) == 0) throw new FlowException("broker-away", "The broker does not answer.", transient: true);
    }
}

/// <summary>In a test of ours: a thousand seeds, and nothing may be violated.</summary>
public static class QueuesInTheSimulator
{
    public static FlowCampaignResult Run(int seeds) => FlowCampaign.Run(seeds, options: new()
    {
        // One adapter in each simulated process of the engine; one broker for all of them.
        AddOns = process => new QueueAddOn(process.Outside(() => new FakeBroker(process.Time, process.Chance))),
    });
}
// </sample>
