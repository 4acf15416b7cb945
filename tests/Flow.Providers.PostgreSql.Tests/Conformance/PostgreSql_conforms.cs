using Flow.AddOns;
using Flow.Providers.PostgreSql.Tests.Worlds;
using Flow.Testing.AddOns;

namespace Flow.Providers.PostgreSql.Tests.Conformance;

public sealed class PostgreSql_conforms(OneServer one)
{
    public static TheoryData<string> Cases() => [.. AddOnConformance.Cases.Select(c => c.Id)];

    [Theory, MemberData(nameof(Cases))]
    public async Task To_the_contract(string id)
    {
        await using var harness = new PostgreSqlHarness(one.Server);
        await AddOnConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }
}

internal sealed class PostgreSqlHarness(PostgreSqlServer server) : AddOnHarness
{
    // Old credentials end at once: no case waits for a minute of the server's clock.
    private readonly World world = new(server, o => o.OldCredentials = TimeSpan.Zero);

    public override ValueTask<IAddOnProvisioner> CreateAsync(CancellationToken cancellationToken) => new(world.Provider);

    public override ValueTask<IAddOnProvisioner> ReopenAsync(CancellationToken cancellationToken) => new(world.Another());

    public override async ValueTask<int> CountAsync(CancellationToken cancellationToken) => (int)await world.CountAsync();

    public override async ValueTask WriteAsync(AddOnBinding binding, string text, CancellationToken cancellationToken) =>
        await World.QueryAsync(World.Of(binding), $"create table if not exists notes (id serial, text text); insert into notes (text) values ('{text}')");

    public override async ValueTask<string?> ReadAsync(AddOnBinding binding, CancellationToken cancellationToken) =>
        await World.QueryAsync(World.Of(binding), "select to_regclass('notes') is not null") is true
            ? (string?)await World.QueryAsync(World.Of(binding), "select text from notes order by id desc limit 1")
            : await World.QueryAsync(World.Of(binding), "select to_regclass('products') is not null") is true ? "products" : null;

    public override string Seed => World.Seed;
    public override IReadOnlyList<string> Secrets => [server.Password, world.Options.CredentialKey];
    public override string Logged => world.Log.Text;

    public override async ValueTask DisposeAsync()
    {
        foreach (var database in await NamesAsync("database", "dat")) await world.AdminAsync($"DROP DATABASE {database} WITH (FORCE)");
        foreach (var role in await NamesAsync("roles", "rol")) await world.AdminAsync($"DROP ROLE {role}");
        await world.DisposeAsync();
    }

    private async Task<string[]> NamesAsync(string what, string prefix) =>
        ((string?)await world.AdminAsync($"select coalesce(string_agg({prefix}name, ' '), '') from pg_{what} where starts_with({prefix}name, '{world.Options.NamePrefix}')"))!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
