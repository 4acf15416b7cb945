using Flow.Pipelines;
using Flow.Sources;

namespace Flow.Testing.Simulation;

/// <summary>What people do with code: push, propose, close, approve.</summary>
internal sealed partial class People
{
    private Quality AnyQuality() => world.Chance.Next(10) switch { 0 => Quality.DoesNotBuild, 1 => Quality.NeverHealthy, 2 => Quality.ReleaseFails, _ => Quality.Good };

    /// <summary>Good code can be deployed: nothing in its manifest keeps it from that.</summary>
    private CommitSha Commit(Quality quality) => outside.Code.Commit(quality, manifest: manifests.Next(harmless: !world.Troubled || outside.Code.Branches.Count < 2));

    private CommitSha AnyCommit() => Commit(AnyQuality());

    private void Push(string branch)
    {
        var main = outside.Code.Branches["main"];
        var quality = AnyQuality();
        Push(branch, world.OneIn(8) ? outside.Code.Document(outside.Code.Branches[branch])
            : quality == outside.Code.QualityOf(main) && world.OneIn(6) ? outside.Code.Commit(quality, outside.Code.TreeOf(main)) : Commit(quality));
    }

    private void Push(string branch, CommitSha commit)
    {
        world.Tell($"somebody pushes {commit.ToString()[30..]} ({outside.Code.QualityOf(commit)}) to {branch}");
        outside.Code.Branches[branch] = commit;
        Hint();
    }

    private void Propose(string key, CommitSha commit, Trust trust)
    {
        world.Tell($"somebody proposes {commit.ToString()[30..]} ({trust}) as {key}");
        outside.Code.Propose(key, commit, trust, labels ? !world.OneIn(4) : null, world.OneIn(5));
        Hint();
    }

    private void Close(string key)
    {
        if (!outside.Code.Open.ContainsKey(key)) return;
        world.Tell($"somebody closes {key}");
        outside.Code.Close(key, said: world.OneIn(2));
        Hint();
    }

    private void Reopen(string key)
    {
        if (!outside.Code.Open.TryGetValue(key, out var proposal)) return;
        Close(key);
        world.Time.After(world.Seconds(5, 100), () => Propose(key, proposal.Head.Sha, proposal.Head.Trust));
    }

    private void ApproveSomething()
    {
        var untrusted = outside.Code.Open.Values.Where(p => p.Head.Trust == Trust.Untrusted).ToList();
        if (untrusted.Count == 0) return;
        var approved = world.Any(untrusted).Head.Sha;
        outside.Approved.Add(approved);
        Ask(PipelineDecider.StreamOf(Shop), new ApproveCommit(approved, "ada"));
    }
}
