using Flow.Providers.Local.Supervision;
using Flow.TestHost;

if (FlowSupervisor.TryRun(args, out var exitCode)) return exitCode;

switch (args)
{
    // Starts a command as a host would, says so, and stays until it is killed.
    case ["host", var dataDirectory, var id, var line]:
        await SampleHost.RunAsync(dataDirectory, id, line);
        return 0;
    // Listens on PORT and answers every request.
    case ["web", var delay, var status, var body]:
        await SampleWeb.RunAsync(TimeSpan.FromMilliseconds(int.Parse(delay, System.Globalization.CultureInfo.InvariantCulture)), status, body);
        return 0;
    default:
        Console.Error.WriteLine("verbs: host DATA ID LINE | web DELAY-MS STATUS BODY");
        return 2;
}
