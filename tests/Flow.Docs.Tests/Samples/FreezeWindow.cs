using Flow.Gates;

namespace Flow.Docs.Tests.Samples;

// <sample>
/// <summary>Nothing goes to production from Friday 16:00 to Monday 8:00, UTC.</summary>
public sealed class FreezeWindow : IGate
{
    public ValueTask<GateAnswer> EvaluateAsync(GateContext context, CancellationToken cancellationToken)
    {
        var now = context.Now.UtcDateTime;
        var monday = now.Date.AddDays(((int)DayOfWeek.Monday - (int)now.DayOfWeek + 7) % 7).AddHours(8);
        var friday = monday.AddHours(-8).AddDays(-3).AddHours(16);
        if (context.Stage != Stage.Production || now < friday || now >= monday) return ValueTask.FromResult(GateAnswer.Allow("outside the freeze window"));

        return ValueTask.FromResult(GateAnswer.Wait($"the end of the freeze window, {monday:yyyy-MM-dd HH:mm} UTC", "whoever may override the gate", monday - now));
    }
}
// </sample>
