using System.Text.Json;

namespace Flow.Providers.Local.Files;

/// <summary>Small records on disk: whole or not there.</summary>
internal static class JsonFile
{
    /// <summary>Null when there is none, or none that can be read.</summary>
    public static async Task<T?> ReadAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public static Task WriteAsync<T>(string path, T value, CancellationToken cancellationToken) =>
        DataDirectory.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(value), cancellationToken);
}
