using System.Text.Json;
using System.Text.Json.Serialization;
using Flow.Logs;

namespace Flow.Providers.Local.Supervision;

/// <summary>What a supervisor keeps on disk. Never environment, secrets or command line.</summary>
internal sealed record SupervisedRecord
{
    public const string TagName = "FLOW_SUPERVISED";

    public required string Id { get; init; }
    /// <summary>Value of <see cref="TagName"/> in the command's environment: the id and something nobody can guess.</summary>
    public required string Tag { get; init; }
    public required string BootId { get; init; }
    public required int Supervisor { get; init; }
    public required ulong SupervisorStarted { get; init; }
    public int Command { get; init; }
    public ulong CommandStarted { get; init; }
    /// <summary>Monotonic clock of this boot, in ticks of the stopwatch, when the command was last started; null while it does not run.</summary>
    public long? UpSince { get; init; }
    public bool Ended { get; init; }
    public int? ExitCode { get; init; }
    public bool TimedOut { get; init; }
    public int Restarts { get; init; }
    public required string Log { get; init; }
    /// <summary>Where this command's output begins in its log.</summary>
    public long LogStart { get; init; }
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the process under the supervisor's pid is the supervisor.</summary>
    [JsonIgnore]
    public bool SupervisorLives => BootId == ProcFs.BootId() && ProcFs.Read(Supervisor) is { Alive: true } entry && entry.Started == SupervisorStarted;

    /// <summary>What the command may have left running.</summary>
    public Descendants Descendants() => new($"{TagName}={Tag}", SupervisorLives ? Supervisor : null, Command != 0 && BootId == ProcFs.BootId() ? (Command, CommandStarted) : null);
}

/// <summary>What a supervisor is told on its standard input, once.</summary>
internal sealed record SupervisorOrder
{
    public required string Id { get; init; }
    public required string Tag { get; init; }
    public required string Record { get; init; }
    public required string LogDirectory { get; init; }
    public required string Log { get; init; }
    public required IReadOnlyList<string> Arguments { get; init; }
    public required string WorkingDirectory { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required IReadOnlyCollection<string> Secrets { get; init; }
    public double? TimeoutSeconds { get; init; }
    public bool KeepRunning { get; init; }
    public required IReadOnlyDictionary<string, string> Notes { get; init; }

    /// <summary>Null when it is none: the host died before it had said everything, or somebody else speaks.</summary>
    public static SupervisorOrder? Read(Stream input)
    {
        try
        {
            var order = JsonSerializer.Deserialize(input, SupervisionJson.Default.SupervisorOrder);
            return order is { Arguments.Count: > 0 } && LogId.TryParse(order.Log, null, out _) ? order : null;
        }
        catch (JsonException) { return null; }
    }
}

/// <summary>Files of one record.</summary>
internal static class RecordFiles
{
    private const string State = "state.json", Temporary = "state.tmp", Stop = "stop";

    public const int LargestState = 1024 * 1024;

    public static SupervisedRecord? Read(string directory)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(directory, State));
            // Written by rename, so what cannot be read is damage from outside: nothing that can be believed.
            if (file.Length > LargestState) return null;
            var record = JsonSerializer.Deserialize(file, SupervisionJson.Default.SupervisedRecord);
            // Generated readers leave null what is not there.
            return record is { Notes: not null } && LogId.TryParse(record.Log, null, out _) ? record : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException) { return null; }
    }

    public static void Write(string directory, SupervisedRecord record)
    {
        var temporary = Path.Combine(directory, Temporary);
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, SupervisionJson.Default.SupervisedRecord));
        File.Move(temporary, Path.Combine(directory, State), overwrite: true);
    }

    /// <summary>For the supervisor to read when it is told to stop.</summary>
    public static void WriteGrace(string directory, TimeSpan grace) =>
        File.WriteAllText(Path.Combine(directory, Stop), ((long)grace.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static TimeSpan? ReadGrace(string directory)
    {
        try { return long.TryParse(File.ReadAllText(Path.Combine(directory, Stop)), out var ms) && ms is >= 0 and <= int.MaxValue ? TimeSpan.FromMilliseconds(ms) : null; }
        catch (IOException) { return null; }
    }

    /// <summary>Only under the record's lock. Names its files, so that a record that is made anew at this moment loses nothing.</summary>
    public static void Remove(string directory)
    {
        try
        {
            foreach (var name in (string[])[State, Temporary, Stop, RecordLock.FileName]) File.Delete(Path.Combine(directory, name));
            Directory.Delete(directory);
        }
        catch (IOException) { }
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SupervisedRecord))]
[JsonSerializable(typeof(SupervisorOrder))]
internal sealed partial class SupervisionJson : JsonSerializerContext;
