using Flow.Providers.PostgreSql.Tests.Worlds;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class A_lost_host(OneServer one)
{
    [Fact]
    public async Task Leaves_a_database_that_the_next_one_finishes_or_drops()
    {
        await using var world = new World(one.Server);
        for (var milliseconds = 0; milliseconds <= 120; milliseconds += 15)
        {
            // Its work is stopped wherever it is.
            var lost = world.Another();
            var making = lost.ProvisionAsync(World.Request("a", World.Seed), default).AsTask();
            await Task.WhenAny(making, Task.Delay(milliseconds));
            await lost.DisposeAsync();
            await making;
            if (milliseconds % 2 == 0)
            {
                await world.MakeAsync(World.Request("a", World.Seed));
                await World.QueryAsync(await world.UrlAsync("a"), "drop table others, products cascade");
            }
            await world.Provider.DeprovisionAsync("a", default);
            (await world.CountAsync()).Should().Be(0);
        }
    }
}
