using Flow.Sources;

namespace Flow.Runs.Steps;

/// <summary>The last door: whatever was decided before, code that nobody vouches for runs nowhere, and approved code only where it is isolated.</summary>
internal static class Isolation
{
    public static bool Allows(Trust trust, bool isolates) => trust == Trust.Trusted || (trust == Trust.Approved && isolates);

    public static Failure Refusal(string what, string name) =>
        new("not-isolated", $"Nobody vouches for this code, and it is not approved or {what} '{name}' does not isolate such code from the host.");
}
