using Flow.Storage;

namespace Flow.Routing.Yarp.Tests.Worlds;

/// <summary>A store that becomes the host's when the test says so.</summary>
internal sealed class FakeOwnership : IStoreOwnership
{
    private readonly TaskCompletionSource owned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsOwner => owned.Task.IsCompletedSuccessfully;
    public string? StandingBy => IsOwner ? null : "somebody else has it";
    public Task WaitForOwnershipAsync(CancellationToken cancellationToken) => owned.Task.WaitAsync(cancellationToken);
    public void TakeOver() => owned.SetResult();
}
