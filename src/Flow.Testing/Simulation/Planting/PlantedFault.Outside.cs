using Flow.AddOns;
using Flow.Gates;
using Flow.Runtimes;

namespace Flow.Testing.Simulation.Planting;

/// <summary>Adapters that do not do what their contracts ask for.</summary>
internal sealed partial class PlantedFault
{
    /// <summary>Lives in <see cref="Outside"/>.</summary>
    public static readonly PlantedFault LateCallsRevive = new("late-calls-revive", "What was stopped or removed comes back when a late call asks for it.", "A request that hung in a proxy starts what was torn down an hour ago.");

    public static readonly PlantedFault StoppedByName = new("stopped-by-name", "Stopping a deployment stops everything that bears the app's name.", "Retiring the old release takes the new one with it.")
    {
        Provider = (outside, provider) => provider is IRuntime right ? new BrokenRuntime(right)
        {
            Stops = async (id, grace, token) =>
            {
                foreach (var running in outside.Running.Keys.Where(d => d.App == id.App).Append(id).Distinct().ToList()) await right.StopAsync(running, grace, token);
            },
        } : provider,
    };

    public static readonly PlantedFault RemovedByName = new("removed-by-name", "Removing an add-on removes all that have the same name in other apps.", "A closed pull request takes the database of production with it.")
    {
        Provider = (outside, provider) => provider is IAddOnProvisioner right ? new BrokenAddOns(right, async (id, token) =>
        {
            foreach (var like in outside.AddOns.Keys.Where(a => a.EndsWith(id[id.LastIndexOf('.')..], StringComparison.Ordinal)).Append(id).Distinct().ToList()) await right.DeprovisionAsync(like, token);
        }) : provider,
    };

    public static readonly PlantedFault IdPerCall = new("id-per-call", "A deployment gets a new id with each call, not one for the run.", "Every retry starts another set of processes, and only the last is known.")
    {
        Provider = (outside, provider) => provider is IRuntime right ? new BrokenRuntime(right)
        {
            Deploys = (spec, token) => right.DeployAsync(spec with { Id = spec.Id with { Number = spec.Id.Number + 1_000 + (int)outside.World.Time.Elapsed.TotalMilliseconds } }, token),
        } : provider,
    };

    public static readonly PlantedFault HealthIgnored = new("health-ignored", "Processes that never answer count as healthy.", "The traffic is led to a release that answers 500.")
    {
        Provider = (_, provider) => provider is IRuntime right ? new BrokenRuntime(right)
        {
            Deploys = async (spec, token) =>
            {
                var status = await right.DeployAsync(spec, token);
                return status.Failure?.Code == "unhealthy" && await right.InspectAsync(spec.Id, token) is { } running ? WorkStatus<Deployment>.Done(running) : status;
            },
        } : provider,
    };

    public static readonly PlantedFault ApprovalNotAsked = new("approval-not-asked", "The gate that waits for an approval lets everybody pass.", "Production is deployed without the second pair of eyes.")
    {
        Provider = (_, provider) => provider is ApprovalGate ? new OpenGate() : provider,
    };

    public static readonly PlantedFault ChecksNotAsked = new("checks-not-asked", "The gate that waits for checks takes their absence for a pass.", "A push is deployed before its CI has begun.")
    {
        Provider = (_, provider) => provider is ChecksGate ? new OpenGate() : provider,
    };
}
