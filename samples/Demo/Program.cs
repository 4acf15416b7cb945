// Tells Flow's main story on this machine: a push goes all the way to production. Used by ./demo.sh.
using System.Runtime.InteropServices;
using System.Text.Json;
using Flow.Samples.Demo;

var once = args.Contains("--once");
// The checkout, and where the story may write.
var places = args.Where(a => !a.StartsWith('-')).Select(Path.GetFullPath).ToList();
var root = places.FirstOrDefault() ?? Path.GetFullPath(".");
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var facts = new StoryFacts();
await using var world = new World(root, places.ElementAtOrDefault(1) ?? Path.Combine(root, ".demo"));
try
{
    await using var story = new Story(world, facts, stop.Token);
    await story.TellAsync();
    if (!once)
    {
        Narrator.Say($"The board is at {world.Paas.BoardUrl} . Push to {world.Repository.Url}; Ctrl+C stops everything.");
        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Narrator.Say("Stopping.");
}
catch (StoryException broken)
{
    facts.Break(broken.Message);
    Narrator.Fail(broken.Message);
    Narrator.Say($"The host's log: {world.Paas.LogFile}");
}
if (once) Console.WriteLine(JsonSerializer.Serialize(facts.Finish(), StoryFacts.Json));
return facts.Ok ? 0 : 1;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
