using Flow.AddOns;
using Flow.Providers.Local.AddOns;
using Flow.Testing.AddOns;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.AddOns;

public sealed class Sqlite_conforms
{
    // A path is no credential: there is nothing to rotate.
    public static TheoryData<string> Cases() => [.. AddOnConformance.CasesWithout("rotation").Select(c => c.Id)];

    [Theory, MemberData(nameof(Cases))]
    public async Task To_the_contract(string id)
    {
        await using var harness = new Harness();
        await AddOnConformance.Cases.Single(c => c.Id == id).RunAsync(harness, TestContext.Current.CancellationToken);
    }

    private sealed class Harness : AddOnHarness
    {
        private readonly string root = Directory.CreateTempSubdirectory("flow-sqlite-kit-").FullName;

        private string Data => Path.Combine(root, "data");
        private string Seeds => Path.Combine(root, "seeds");

        public override string Seed => "seed-1";

        public override async ValueTask<IAddOnProvisioner> CreateAsync(CancellationToken cancellationToken)
        {
            Directory.CreateDirectory(Seeds);
            await ExecuteAsync(Path.Combine(Seeds, Seed + ".sqlite"), "CREATE TABLE kept (text TEXT); INSERT INTO kept VALUES ('seeded')", null, cancellationToken);
            return Provisioner();
        }

        public override ValueTask<IAddOnProvisioner> ReopenAsync(CancellationToken cancellationToken) => new(Provisioner());

        public override ValueTask<int> CountAsync(CancellationToken cancellationToken)
        {
            var instances = Path.Combine(Data, "addons", "sqlite");
            return new(Directory.Exists(instances) ? Directory.GetFileSystemEntries(instances).Length : 0);
        }

        public override async ValueTask WriteAsync(AddOnBinding binding, string text, CancellationToken cancellationToken) =>
            await ExecuteAsync(Existing(binding), "CREATE TABLE IF NOT EXISTS kept (text TEXT); DELETE FROM kept; INSERT INTO kept VALUES ($text)", text, cancellationToken);

        public override async ValueTask<string?> ReadAsync(AddOnBinding binding, CancellationToken cancellationToken) =>
            await ExecuteAsync(Existing(binding), "CREATE TABLE IF NOT EXISTS kept (text TEXT); SELECT text FROM kept", null, cancellationToken);

        public override ValueTask DisposeAsync()
        {
            Directory.Delete(root, recursive: true);
            return default;
        }

        private SqliteAddOnProvisioner Provisioner() => new(Options.Create(new LocalOptions { DataDirectory = Data, SeedDirectory = Seeds }), TimeProvider.System);

        private static string Existing(AddOnBinding binding) => binding.Variables["DATABASE_PATH"] is var path && File.Exists(path) ? path : throw new FileNotFoundException(path);

        private static async Task<string?> ExecuteAsync(string path, string sql, string? text, CancellationToken cancellationToken)
        {
            await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            if (text is not null) command.Parameters.AddWithValue("$text", text);
            return (await command.ExecuteScalarAsync(cancellationToken))?.ToString();
        }
    }
}
