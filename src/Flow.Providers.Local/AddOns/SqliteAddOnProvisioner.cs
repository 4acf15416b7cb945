using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Flow.AddOns;
using Flow.Providers.Local.Files;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.AddOns;

/// <summary>
/// A SQLite file for each instance, in a directory of its own with what is known about it. In WAL mode, which the file itself remembers: the old and
/// the new processes of a deployment read and write side by side.
/// </summary>
internal sealed partial class SqliteAddOnProvisioner(IOptions<LocalOptions> options, TimeProvider timeProvider) : IAddOnProvisioner
{
    public AddOnCatalogue Catalogue { get; } = new() { Plans = [new(Plan, "A SQLite file on this machine.", [])], Prefix = "DATABASE" };

    internal const string Plan = "file";
    private const string Database = "db.sqlite", Description = "addon.json";
    private readonly string root = new LocalDirectories(options.Value).Sqlite;

    public async ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (DirectoryOf(request.Id) is not { } directory) return WorkStatus<AddOnInstance>.Failed(BadId(request.Id));
        if (request.Plan is not (null or Plan)) return WorkStatus<AddOnInstance>.Failed(new("plan-unknown", $"'{Shown(request.Plan)}' is no plan of SQLite; the only one is '{Plan}'."));

        LocalDirectories.Create(directory);
        var path = Path.Combine(directory, Database);
        if (!File.Exists(Path.Combine(directory, Description)))
        {
            await using (var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                await using var command = connection.CreateCommand();
                // An expendable database gives its space back; a precious one is not moved about.
                command.CommandText = request.Purpose is AddOnPurpose.Test or AddOnPurpose.Review ? "PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL;" : "PRAGMA journal_mode = WAL;";
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            // Written last: with it the instance is there.
            var about = new SqliteInstance(request.Id, Plan, request.Purpose.ToString(), request.Owner?.App.ToString() ?? "", request.Owner?.Pipeline.ToString() ?? "", timeProvider.GetUtcNow());
            var temporary = Path.Combine(directory, $"{Guid.NewGuid():N}.tmp");
            await File.WriteAllBytesAsync(temporary, JsonSerializer.SerializeToUtf8Bytes(about, SqliteJson.Default.SqliteInstance), cancellationToken).ConfigureAwait(false);
            File.Move(temporary, Path.Combine(directory, Description), overwrite: true);
        }

        return WorkStatus<AddOnInstance>.Done(new(request.Id, Plan));
    }

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        if (DirectoryOf(id) is not { } directory || !File.Exists(Path.Combine(directory, Description)))
            throw new FlowException("addon-missing", $"There is no SQLite database '{Shown(id)}'.");
        var path = Path.Combine(directory, Database);
        // A path is no credential: whoever runs on this machine as this user may read it anyway.
        return new(new AddOnBinding(new Dictionary<string, string> { ["DATABASE_URL"] = $"sqlite://{path}", ["DATABASE_PATH"] = path }, new HashSet<string>()));
    }

    public ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        // An id that cannot exist is already gone.
        if (DirectoryOf(id) is { } directory && Directory.Exists(directory)) DirectoryTree.Delete(directory);
        return default;
    }

    private string? DirectoryOf(string id) => IdPattern().IsMatch(id) ? Path.Combine(root, id) : null;

    private static Failure BadId(string id) => new("addon-invalid", $"'{Shown(id)}' is no id of an add-on: letters, digits, dashes, underscores and dots, at most 200, no dot first.");

    private static string Shown(string text) => text.Length > 80 ? text[..80] : text;

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}

/// <summary>Kept beside the database, for people.</summary>
internal sealed record SqliteInstance(string Id, string Plan, string Purpose, string App, string Pipeline, DateTimeOffset Created);

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(SqliteInstance))]
internal sealed partial class SqliteJson : JsonSerializerContext;
