using Flow.AddOns;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>A folder of its own for each app, named in <c>FILES_DIR</c>.</summary>
public sealed class FolderAddOn(string root) : IAddOnProvisioner
{
    public AddOnCatalogue Catalogue { get; } = new() { Plans = [new("standard", "A folder on this machine.", [])] };

    public ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        if (request.Plan is not (null or "standard"))
            return ValueTask.FromResult(WorkStatus<AddOnInstance>.Failed(new("plan-unknown", $"There is no plan '{request.Plan}'; there is 'standard'.")));

        // The id is the engine's: asked again after a crash, the same folder is found.
        Directory.CreateDirectory(PathOf(request.Id));
        return ValueTask.FromResult(WorkStatus<AddOnInstance>.Done(new(request.Id, "standard")));
    }

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken) => Directory.Exists(PathOf(id))
        ? ValueTask.FromResult(new AddOnBinding(new Dictionary<string, string> { ["FILES_DIR"] = PathOf(id) }, new HashSet<string>()))
        : throw new FlowException("addon-missing", $"There is no folder {id}.");

    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        if (Directory.Exists(PathOf(id))) Directory.Delete(PathOf(id), recursive: true);   // already gone is success
        return ValueTask.CompletedTask;
    }

    private string PathOf(string id) => Path.Combine(root, id);
}
// </sample>
