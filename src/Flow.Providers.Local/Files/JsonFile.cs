using System.Text.Json;

namespace Flow.Providers.Local.Files;

/// <summary>Small records on disk: whole or not there.</summary>
internal static class JsonFile
{
    public const int Largest = 16 * 1024 * 1024;
    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true };

    /// <summary>Null when there is none, or none that can be read.</summary>
    public static async Task<T?> ReadAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        try
        {
            var file = File.OpenRead(path);
            await using (file.ConfigureAwait(false))
            {
                return file.Length > Largest ? null : await JsonSerializer.DeserializeAsync<T>(file, Strict, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public static Task WriteAsync<T>(string path, T value, CancellationToken cancellationToken) =>
        DataDirectory.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(value), cancellationToken);
}
