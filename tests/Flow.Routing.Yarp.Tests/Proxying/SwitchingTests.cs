using System.Globalization;
using Flow.Routing.Yarp.Tests.Worlds;

namespace Flow.Routing.Yarp.Tests.Proxying;

public sealed class Switching_targets_under_load
{
    [Fact]
    public async Task Fails_no_request_in_thirty_switches()
    {
        await using var world = await InHostWorld.StartAsync();
        var cancellation = TestContext.Current.CancellationToken;
        var current = await world.AppAsync("v0");
        await world.SetAsync("shop.1.1", current);

        using var over = new CancellationTokenSource();
        var newest = 0;
        var requests = 0;
        var clients = Enumerable.Range(0, 8).Select(client => HammerAsync(client)).ToArray();
        for (var release = 1; release <= 30; release++)
        {
            var next = await Backend.StartAsync($"v{release}");
            await world.SetAsync($"shop.1.{release + 1}", next);
            Volatile.Write(ref newest, release);
            (await world.Router.DrainAsync([current.Address], TimeSpan.FromSeconds(10), cancellation)).Should().Be(0);
            await current.DisposeAsync();
            current = next;
            var seen = Volatile.Read(ref requests);
            await Eventually.BeAsync(() => Task.FromResult(Volatile.Read(ref requests) >= seen + 50));
        }
        await over.CancelAsync();
        var results = await Task.WhenAll(clients);
        await world.Router.RemoveAsync(Routes.Shop, 1, cancellation);
        await current.DisposeAsync();

        results.SelectMany(failures => failures).Should().BeEmpty();
        requests.Should().BeGreaterThan(1_500);

        async Task<List<string>> HammerAsync(int client)
        {
            using var http = AppClient.Create(world.Port);
            var failures = new List<string>();
            while (!over.IsCancellationRequested)
            {
                var atLeast = Volatile.Read(ref newest);
                try
                {
                    // Half of them with a body.
                    using var answer = client % 2 == 0 ? await http.GetAsync("/", CancellationToken.None) : await http.PostAsync("/count", new StringContent("12345"), CancellationToken.None);
                    var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
                    if (!answer.IsSuccessStatusCode) failures.Add($"{(int)answer.StatusCode} {text}");
                    else if (int.Parse(text.Split(' ')[0][1..], CultureInfo.InvariantCulture) < atLeast) failures.Add($"{text} answered after v{atLeast} was in force");
                }
                catch (Exception e)
                {
                    failures.Add(e.ToString());
                }
                Interlocked.Increment(ref requests);
            }
            return failures;
        }
    }
}
