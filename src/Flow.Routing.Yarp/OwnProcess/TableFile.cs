using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Flow.Routing.Yarp.OwnProcess;

/// <summary>The last table on disk, replaced as a whole: after any crash the file is the old one or the new one.</summary>
internal sealed partial class TableFile(string path, ILogger logger)
{
    /// <summary>Empty when there is none; one that cannot be read is laid aside, so that apps are reachable again as soon as the host says so.</summary>
    public RouteTable Load()
    {
        try
        {
            if (!File.Exists(path)) return RouteTable.Empty;
            using var file = File.OpenRead(path);
            if (file.Length > ControlApi.LargestTable) throw new FormatException("It is larger than any table.");
            var document = JsonSerializer.Deserialize(file, RouterJson.Default.TableDocument);
            return document?.ToTable() ?? RouteTable.Empty;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            LogUnreadable(path, e);
            File.Move(path, path + ".unreadable", overwrite: true);
            return RouteTable.Empty;
        }
    }

    /// <summary>A disk that is full or gone must not stop a switch: said in the log, and by the result.</summary>
    public bool TrySave(TableDocument table)
    {
        var next = path + ".next";
        try
        {
            // Nobody else reads it: its directory is the owner's alone.
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(file, table, RouterJson.Default.TableDocument);
                file.Flush(flushToDisk: true);
            }
            File.Move(next, path, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnsaved(table.Number, path, e);
            return false;
        }
    }

    [LoggerMessage(6021, LogLevel.Error, "The table in {Path} cannot be read and is laid aside; the router starts without routes.")]
    private partial void LogUnreadable(string path, Exception exception);

    [LoggerMessage(6022, LogLevel.Error, "Table {Number} is in force, but could not be written to {Path}: a router that restarts now comes up with an older one.")]
    private partial void LogUnsaved(long number, string path, Exception exception);
}
