namespace Flow.Testing.Simulation;

/// <summary>What somebody may do next.</summary>
internal enum Deed
{
    Push, Propose, Close, Reopen, Outage, LoseMain, ListNothing, LackProposals, RuntimeOutage, Rollback, Hold, Resume, Promote, PromoteToSeveral, Configure, Renew, Scale, Restart, Command,
    Cancel, DeployHead, Destroy, DeclareAnew, ReportCheck, Approve, LoseMachine, Garbage, JumpClock, RepeatRequest,
    Label, Redraft, Want, WantBranch, Dismiss, Pin, Visit, ConfigureStage, DropBranch,
}

/// <summary>A temper of the world: one seed is a calm but busy day, another one hostile; no single mixture meets everything often.</summary>
/// <param name="Name">For the story.</param>
/// <param name="Calm">How many times less goes wrong than at worst.</param>
/// <param name="Deeds">What people do, each as often as it stands here.</param>
internal sealed record Profile(string Name, int Calm, IReadOnlyList<Deed> Deeds)
{
    public static readonly Profile Mixed = new("mixed", 1, Weighted(
        (Deed.Push, 8), (Deed.Propose, 3), (Deed.Close, 2), (Deed.Reopen, 2), (Deed.Outage, 1), (Deed.LoseMain, 1), (Deed.ListNothing, 1), (Deed.LackProposals, 1), (Deed.RuntimeOutage, 1),
        (Deed.Rollback, 1), (Deed.Hold, 1), (Deed.Resume, 1), (Deed.Promote, 1), (Deed.Configure, 2), (Deed.Renew, 1), (Deed.Scale, 1), (Deed.Restart, 1), (Deed.Command, 1), (Deed.Cancel, 1), (Deed.DeployHead, 1),
        (Deed.Destroy, 1), (Deed.DeclareAnew, 1), (Deed.ReportCheck, 1), (Deed.Approve, 1), (Deed.LoseMachine, 1), (Deed.Garbage, 1), (Deed.JumpClock, 2), (Deed.RepeatRequest, 1),
        (Deed.Label, 1), (Deed.Want, 1), (Deed.WantBranch, 1), (Deed.ConfigureStage, 1)));

    private static readonly Profile Busy = new("busy", 4, Weighted(
        (Deed.Push, 14), (Deed.Propose, 4), (Deed.Close, 2), (Deed.Configure, 3), (Deed.Scale, 3), (Deed.Rollback, 2), (Deed.DeployHead, 2), (Deed.ReportCheck, 4), (Deed.Cancel, 1), (Deed.RepeatRequest, 1)));

    private static readonly Profile Promotions = new("promotions", 2, Weighted(
        (Deed.Push, 8), (Deed.Promote, 4), (Deed.PromoteToSeveral, 4), (Deed.Rollback, 3), (Deed.Hold, 2), (Deed.Resume, 2), (Deed.Configure, 2), (Deed.LoseMachine, 1), (Deed.JumpClock, 1)));

    private static readonly Profile ReviewApps = new("review apps", 2, Weighted(
        (Deed.Propose, 9), (Deed.Reopen, 5), (Deed.Close, 3), (Deed.Approve, 5), (Deed.Push, 2), (Deed.Configure, 2), (Deed.Renew, 1), (Deed.LackProposals, 3), (Deed.LoseMain, 1), (Deed.ListNothing, 1), (Deed.Outage, 1), (Deed.Destroy, 2), (Deed.DeclareAnew, 1),
        (Deed.Label, 4), (Deed.Redraft, 2), (Deed.Want, 4), (Deed.WantBranch, 2), (Deed.DropBranch, 1), (Deed.Dismiss, 3), (Deed.Pin, 2), (Deed.Visit, 1), (Deed.ConfigureStage, 3)));

    private static readonly Profile Operators = new("operators", 2, Weighted(
        (Deed.Push, 6), (Deed.Rollback, 4), (Deed.Hold, 2), (Deed.Resume, 2), (Deed.Configure, 3), (Deed.Renew, 1), (Deed.Scale, 4), (Deed.Restart, 2), (Deed.Command, 2), (Deed.Cancel, 3), (Deed.Destroy, 3), (Deed.LoseMachine, 1), (Deed.RuntimeOutage, 2)));

    private static readonly Profile Maintainers = new("maintainers", 3, Weighted(
        (Deed.Propose, 7), (Deed.Reopen, 1), (Deed.Close, 2), (Deed.Approve, 5), (Deed.Want, 5), (Deed.Dismiss, 3), (Deed.Pin, 4), (Deed.Label, 4), (Deed.Redraft, 1), (Deed.Visit, 1), (Deed.ConfigureStage, 3), (Deed.Configure, 2),
        (Deed.WantBranch, 2), (Deed.DropBranch, 1), (Deed.JumpClock, 2), (Deed.Destroy, 1)));

    public static Profile Any(Random chance) => chance.Next(8) switch { 0 => Busy, 1 => Promotions, 2 => ReviewApps, 3 => Operators, 4 => Maintainers, _ => Mixed };

    private static Deed[] Weighted(params (Deed Deed, int Weight)[] deeds) => [.. deeds.SelectMany(d => Enumerable.Repeat(d.Deed, d.Weight))];
}
