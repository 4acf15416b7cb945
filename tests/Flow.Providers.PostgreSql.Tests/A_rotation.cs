using Flow.Providers.PostgreSql.Tests.Worlds;
using Npgsql;

namespace Flow.Providers.PostgreSql.Tests;

public sealed class A_rotation(OneServer one)
{
    private World With(TimeSpan grace) => new(one.Server, o => o.OldCredentials = grace);

    [Fact]
    public async Task Gives_new_credentials_and_lets_the_old_ones_go_on_for_a_while()
    {
        await using var world = With(TimeSpan.FromMinutes(1));
        await world.MakeAsync(World.Request("a"));
        var old = await world.UrlAsync("a");
        await world.Provider.RotateAsync("a", default);
        var next = await world.UrlAsync("a");
        next.Should().NotBe(old);
        (await World.RefusedAsync(next)).Should().BeNull();
        (await World.RefusedAsync(old)).Should().BeNull();
        (await world.AdminAsync($"select rolvaliduntil between now() + interval '30 seconds' and now() + interval '60 seconds' from pg_roles where rolname = '{world.Names("a").Login(0)}'")).Should().Be(true, "the server ends them, whoever is down");
        await world.Provider.RotateAsync("a", default);
        (await World.RefusedAsync(old)).Should().Be("28P01");
        (await World.RefusedAsync(next)).Should().BeNull();
    }

    [Fact]
    public async Task Ends_the_old_ones_and_cuts_off_who_came_in_with_them()
    {
        await using var world = With(TimeSpan.Zero);
        await world.MakeAsync(World.Request("a"));
        var old = await world.UrlAsync("a");
        await using var inside = new NpgsqlConnection(old);
        await inside.OpenAsync();
        await world.Provider.RotateAsync("a", default);
        (await World.RefusedAsync(old)).Should().Be("28P01");
        await world.UrlAsync("a");
        await FluentActions.Awaiting(async () =>
        {
            await using var command = new NpgsqlCommand("select 1", inside);
            await command.ExecuteScalarAsync();
        }).Should().ThrowAsync<NpgsqlException>();
    }

    [Fact]
    public async Task Reuses_a_login_without_letting_in_who_knew_its_former_password()
    {
        await using var world = With(TimeSpan.FromMinutes(1));
        await world.MakeAsync(World.Request("a"));
        await using var first = new NpgsqlConnection(await world.UrlAsync("a"));
        await first.OpenAsync();
        for (var i = 0; i < 3; i++) await world.Provider.RotateAsync("a", default);
        await FluentActions.Awaiting(async () =>
        {
            await using var command = new NpgsqlCommand("select 1", first);
            await command.ExecuteScalarAsync();
        }).Should().ThrowAsync<NpgsqlException>();
        (await World.RefusedAsync(await world.UrlAsync("a"))).Should().BeNull();
    }

    [Fact]
    public async Task By_many_at_once_ends_with_one_that_works()
    {
        await using var world = With(TimeSpan.FromMinutes(1));
        await world.MakeAsync(World.Request("a"));
        var other = world.Another();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(async () => await (i % 2 == 0 ? world.Provider : other).RotateAsync("a", default))));
        (await World.RefusedAsync(await world.UrlAsync("a"))).Should().BeNull();
    }

    [Fact]
    public async Task Of_nothing_is_refused()
    {
        await using var world = With(TimeSpan.Zero);
        (await FluentActions.Awaiting(async () => await world.Provider.RotateAsync("a", default)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-missing");
    }
}
