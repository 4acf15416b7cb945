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
/// the new processes of a deployment read and write side by side. A seed is a file that is copied; a claim renames the directory.
/// </summary>
internal sealed partial class SqliteAddOnProvisioner : IAddOnProvisioner, IAddOnPooling
{
    internal const string Plan = "file";
    private const string Database = "db.sqlite", Description = "addon.json", SeedEnding = ".sqlite";
    private readonly string root;
    private readonly string? seeds;
    private readonly TimeProvider time;

    // Calls for one id may overlap, and a seed must never be copied over what an app has written.
    private static readonly SemaphoreSlim[] Locks = [.. Enumerable.Range(0, 16).Select(_ => new SemaphoreSlim(1, 1))];

    public SqliteAddOnProvisioner(IOptions<LocalOptions> options, TimeProvider timeProvider)
    {
        root = new LocalDirectories(options.Value).Sqlite;
        seeds = options.Value.SeedDirectory is { } directory ? Path.GetFullPath(directory) : null;
        time = timeProvider;
        Catalogue = new() { Plans = [new(Plan, "A SQLite file on this machine.", [])], Seedable = seeds is not null, Prefix = "DATABASE" };
    }

    public AddOnCatalogue Catalogue { get; }

    public async ValueTask<WorkStatus<AddOnInstance>> ProvisionAsync(AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Refusal(request) is { } refusal) return WorkStatus<AddOnInstance>.Failed(refusal);
        var directory = DirectoryOf(request.Id)!;
        using var held = await HoldAsync(request.Id, cancellationToken).ConfigureAwait(false);
        if (IsThere(directory)) return Done(request);

        var seed = request.Seed is { } name ? SeedFile(name) : null;
        if (request.Seed is { } wanted && (seed is null || !File.Exists(seed)))
            return WorkStatus<AddOnInstance>.Failed(new("seed-unknown", $"There is no seed '{Shown(wanted)}': put {Shown(wanted)}{SeedEnding} into Flow:Local:SeedDirectory."));
        LocalDirectories.Create(directory);
        var path = Path.Combine(directory, Database);
        // What a crash has left is nobody's: without a description there is no instance.
        foreach (var left in Directory.EnumerateFiles(directory)) File.Delete(left);
        if (seed is not null) await CopyAsync(seed, path, cancellationToken).ConfigureAwait(false);
        // An expendable database gives its space back; a precious one is not moved about.
        await ExecuteAsync(path, request.Purpose is AddOnPurpose.Test or AddOnPurpose.Review ? "PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL;" : "PRAGMA journal_mode = WAL;", cancellationToken).ConfigureAwait(false);
        // Written last: with it the instance is there.
        await DescribeAsync(directory, request, cancellationToken).ConfigureAwait(false);
        return Done(request);
    }

    public async ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Refusal(request) is { } refusal) return WorkStatus<AddOnInstance>.Failed(refusal);
        var directory = DirectoryOf(request.Id)!;
        using var held = await HoldAsync(request.Id, cancellationToken).ConfigureAwait(false);
        if (!IsThere(directory))
        {
            if (DirectoryOf(warmId) is not { } warm || await AboutAsync(warm, cancellationToken).ConfigureAwait(false) is not { } about || !File.Exists(Path.Combine(warm, Database)))
                return WorkStatus<AddOnInstance>.Failed(new("warm-missing", $"There is no warm SQLite database '{Shown(warmId)}'."));
            if (about.App.Length > 0 || about.Id != warmId || about.Seed != request.Seed)
                return WorkStatus<AddOnInstance>.Failed(new("warm-unfit", $"'{Shown(warmId)}' is somebody's, or does not begin as it is asked for."));
            DirectoryTree.Delete(directory);
            try
            {
                Directory.Move(warm, directory);
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody else was quicker.
                return WorkStatus<AddOnInstance>.Failed(new("warm-missing", $"There is no warm SQLite database '{Shown(warmId)}'."));
            }
        }
        // Also after a crash between the two: the directory's name is what counts.
        await DescribeAsync(directory, request, cancellationToken).ConfigureAwait(false);
        return Done(request);
    }

    public ValueTask<AddOnBinding> BindAsync(string id, CancellationToken cancellationToken)
    {
        if (DirectoryOf(id) is not { } directory || !IsThere(directory)) throw new FlowException("addon-missing", $"There is no SQLite database '{Shown(id)}'.");
        var path = Path.Combine(directory, Database);
        // A path is no credential: whoever runs on this machine as this user may read it anyway.
        return new(new AddOnBinding(new Dictionary<string, string> { ["DATABASE_URL"] = $"sqlite://{path}", ["DATABASE_PATH"] = path }, new HashSet<string>()));
    }

    public async ValueTask DeprovisionAsync(string id, CancellationToken cancellationToken)
    {
        // An id that cannot exist is already gone.
        if (DirectoryOf(id) is not { } directory || !Directory.Exists(directory)) return;
        using var held = await HoldAsync(id, cancellationToken).ConfigureAwait(false);
        DirectoryTree.Delete(directory);
    }

    private Failure? Refusal(AddOnRequest request)
    {
        if (DirectoryOf(request.Id) is null) return new("addon-invalid", $"'{Shown(request.Id)}' is no id of an add-on: letters, digits, dashes, underscores and dots, at most 200, no dot first.");
        if (request.Plan is not (null or Plan)) return new("plan-unknown", $"'{Shown(request.Plan)}' is no plan of SQLite; the only one is '{Plan}'.");
        if (request.Options is { Count: > 0 } options) return new("option-unknown", $"'{Shown(options.Keys.First())}' is no option of SQLite; there is none.");
        return null;
    }

    private static WorkStatus<AddOnInstance> Done(AddOnRequest request) => WorkStatus<AddOnInstance>.Done(new(request.Id, Plan));
    private static bool IsThere(string directory) => File.Exists(Path.Combine(directory, Description));
    private string? DirectoryOf(string id) => IdPattern().IsMatch(id) ? Path.Combine(root, id) : null;
    private string? SeedFile(string seed) => seeds is not null && IdPattern().IsMatch(seed) ? Path.Combine(seeds, seed + SeedEnding) : null;

    /// <summary>A consistent copy, also of a file that somebody has open.</summary>
    private static async Task CopyAsync(string seed, string path, CancellationToken cancellationToken)
    {
        await using var from = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = seed, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await from.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var to = Connection(path);
        await to.OpenAsync(cancellationToken).ConfigureAwait(false);
        from.BackupDatabase(to);
    }

    private static async Task ExecuteAsync(string path, string sql, CancellationToken cancellationToken)
    {
        await using var connection = Connection(path);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static SqliteConnection Connection(string path) => new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());

    /// <summary>What is known of it; null: it is not there, or what is known cannot be read.</summary>
    private static async Task<SqliteInstance?> AboutAsync(string directory, CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize(await File.ReadAllBytesAsync(Path.Combine(directory, Description), cancellationToken).ConfigureAwait(false), SqliteJson.Default.SqliteInstance);
        }
        catch (Exception wreck) when (wreck is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private async Task DescribeAsync(string directory, AddOnRequest request, CancellationToken cancellationToken)
    {
        var about = new SqliteInstance(request.Id, Plan, request.Purpose.ToString(), request.Owner?.App.ToString() ?? "", request.Owner?.Pipeline.ToString() ?? "", request.Seed, time.GetUtcNow());
        var temporary = Path.Combine(directory, $"{Guid.NewGuid():N}.tmp");
        await File.WriteAllBytesAsync(temporary, JsonSerializer.SerializeToUtf8Bytes(about, SqliteJson.Default.SqliteInstance), cancellationToken).ConfigureAwait(false);
        File.Move(temporary, Path.Combine(directory, Description), overwrite: true);
    }

    private static async Task<Held> HoldAsync(string id, CancellationToken cancellationToken)
    {
        var one = Locks[(uint)string.GetHashCode(id, StringComparison.Ordinal) % (uint)Locks.Length];
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new(one);
    }

    private readonly record struct Held(SemaphoreSlim One) : IDisposable
    {
        public void Dispose() => One.Release();
    }

    private static string Shown(string text) => HostileText.Shown(text, 80);

    [GeneratedRegex(@"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}

/// <summary>Kept beside the database, for people.</summary>
internal sealed record SqliteInstance(string Id, string Plan, string Purpose, string App, string Pipeline, string? Seed, DateTimeOffset Created);

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(SqliteInstance))]
internal sealed partial class SqliteJson : JsonSerializerContext;
