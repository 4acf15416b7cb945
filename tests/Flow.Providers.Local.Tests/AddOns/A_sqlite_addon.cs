using Flow.AddOns;
using Flow.Providers.Local.AddOns;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.AddOns;

public sealed class A_sqlite_addon : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("flow-sqlite-").FullName;
    private readonly SqliteAddOnProvisioner provisioner;
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public A_sqlite_addon() => provisioner = new(Options.Create(new LocalOptions { DataDirectory = directory }), TimeProvider.System);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private static AddOnRequest Request(string id, string? plan = null) =>
        new() { Id = id, Plan = plan, Purpose = AddOnPurpose.Review, Owner = new(PipelineName.Parse("shop"), AppName.Parse("shop-pr-7")) };

    [Fact]
    public async Task Is_one_file_however_often_it_is_asked_for()
    {
        (await provisioner.ProvisionAsync(Request("shop-pr-7.1.db"), token)).Value.Should().Be(new AddOnInstance("shop-pr-7.1.db", "file"));
        var binding = await provisioner.BindAsync("shop-pr-7.1.db", token);
        var path = binding.Variables["DATABASE_PATH"];
        binding.Variables["DATABASE_URL"].Should().Be($"sqlite://{path}").And.StartWith("sqlite:///");
        (await QueryAsync(path, "create table t(x); insert into t values (1); pragma journal_mode")).Should().Be("wal");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => provisioner.ProvisionAsync(Request("shop-pr-7.1.db"), token).AsTask()));
        (await QueryAsync(path, "select count(*) from t")).Should().Be("1");
        (await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(path)!, "addon.json"), token)).Should().Contain("\"Review\"").And.Contain("shop-pr-7");

        await provisioner.DeprovisionAsync("shop-pr-7.1.db", token);
        await provisioner.DeprovisionAsync("shop-pr-7.1.db", token);
        (await FluentActions.Awaiting(async () => await provisioner.BindAsync("shop-pr-7.1.db", token)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-missing");
    }

    [Fact]
    public async Task May_be_asked_for_by_many_at_once()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () => await provisioner.ProvisionAsync(Request("race"), token), token)));
        all.Should().OnlyContain(s => s.Value != null);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("x\n")]
    public async Task Never_leaves_its_directory(string id)
    {
        await File.WriteAllTextAsync(Path.Combine(directory, "x"), "", token);
        (await provisioner.ProvisionAsync(Request(id), token)).Failure!.Code.Should().Be("addon-invalid");
        await provisioner.DeprovisionAsync(id, token);
        File.Exists(Path.Combine(directory, "x")).Should().BeTrue();
    }

    [Fact]
    public async Task Knows_one_plan() =>
        (await provisioner.ProvisionAsync(Request("a", "huge"), token)).Failure!.Message.Should().Be("'huge' is no plan of SQLite; the only one is 'file'.");

    [Fact]
    public async Task Begins_with_its_seed_and_is_handed_over_as_it_is()
    {
        var seeds = Directory.CreateDirectory(Path.Combine(directory, "seeds")).FullName;
        await QueryAsync(Path.Combine(seeds, "shop-1.sqlite"), "create table t(x); insert into t values (41), (42)");
        var seeded = new SqliteAddOnProvisioner(Options.Create(new LocalOptions { DataDirectory = directory, SeedDirectory = seeds }), TimeProvider.System);
        seeded.Catalogue.Seedable.Should().BeTrue();
        (await seeded.ProvisionAsync(Request("bad") with { Seed = "../seeds/shop-1" }, token)).Failure!.Code.Should().Be("seed-unknown");
        (await seeded.ProvisionAsync(Request("bad") with { Seed = "shop-2" }, token)).Failure!.Message.Should().Contain("shop-2.sqlite");

        (await seeded.ProvisionAsync(Request("pool-x.1") with { Seed = "shop-1", Owner = null }, token)).Value.Should().NotBeNull();
        var claims = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => seeded.ClaimAsync("pool-x.1", Request("mine") with { Seed = "shop-1" }, token).AsTask()));
        claims.Should().OnlyContain(c => c.Value!.Id == "mine");
        var path = (await seeded.BindAsync("mine", token)).Variables["DATABASE_PATH"];
        (await QueryAsync(path, "select sum(x) from t")).Should().Be("83");
        (await QueryAsync(path, "delete from t; select count(*) from t")).Should().Be("0");
        (await seeded.ProvisionAsync(Request("mine") with { Seed = "shop-1" }, token)).Value.Should().NotBeNull();
        (await QueryAsync(path, "select count(*) from t")).Should().Be("0", "a seed is for the beginning");
        (await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(path)!, "addon.json"), token)).Should().Contain("\"mine\"").And.Contain("shop-pr-7");
        (await FluentActions.Awaiting(async () => await seeded.BindAsync("pool-x.1", token)).Should().ThrowAsync<FlowException>()).Which.Code.Should().Be("addon-missing");
        (await seeded.ClaimAsync("pool-x.1", Request("yours"), token)).Failure!.Code.Should().Be("warm-missing");
    }

    private static async Task<string?> QueryAsync(string path, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (await command.ExecuteScalarAsync())?.ToString();
    }
}
