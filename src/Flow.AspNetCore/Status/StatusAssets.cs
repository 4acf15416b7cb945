using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Flow.AspNetCore.Status;

/// <summary>A file inside this assembly, named by its content: browsers keep it for as long as it is the same.</summary>
internal sealed class StatusAssets
{
    public static readonly StatusAssets Style = new("flow.css", "text/css; charset=utf-8");
    public static readonly StatusAssets Script = new("flow.js", "text/javascript; charset=utf-8");

    private readonly byte[] content;
    private readonly string type;
    private readonly EntityTagHeaderValue tag;

    private StatusAssets(string name, string type)
    {
        using var stream = typeof(StatusAssets).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        (this.type, content) = (type, memory.ToArray());
        var hash = Convert.ToHexStringLower(SHA256.HashData(content))[..12];
        tag = new($"\"{hash}\"");
        (Route, Path) = ($"assets/{name}", $"assets/{name}?v={hash}");
    }

    /// <summary>Below the prefix.</summary>
    public string Route { get; }

    /// <summary>The same with its version.</summary>
    public string Path { get; }

    public IResult Serve(HttpContext context)
    {
        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.Bytes(content, type, entityTag: tag);
    }
}
