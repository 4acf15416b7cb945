using Flow.Logs;
using Flow.Runs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using System.Text;

namespace Flow.AspNetCore.Status;

/// <summary>The pages. What a path names is parsed here: anything that is no name is not found.</summary>
internal sealed partial class StatusEndpoints(StatusReader reader, IRuns runs, ILogStore logs, IOptions<StatusPageOptions> options, TimeProvider time, ILogger<StatusEndpoints> logger)
{
    private const int LogBytesOfPage = 64 * 1024;
    private const int LogsOfPage = 20;

    public Task<IResult> BoardAsync(HttpContext context, string? after = null)
    {
        var path = (context.Request.PathBase + context.Request.Path).ToUriComponent();
        // Relative links need the slash; relative itself, so that a proxy may strip what it likes.
        if (!path.EndsWith('/')) return Task.FromResult<IResult>(TypedResults.Redirect(path[(path.LastIndexOf('/') + 1)..] + "/" + context.Request.QueryString));
        return AnswerAsync(context, "./", async page =>
        {
            var (pipelines, more) = await reader.BoardAsync(after, context.RequestAborted).ConfigureAwait(false);
            return BoardPage.Of(page, pipelines, more);
        });
    }

    public Task<IResult> PipelineAsync(HttpContext context, string name) => AnswerAsync(context, Up(context), async page =>
        PipelineName.TryParse(name, null, out var pipeline) && await reader.PipelineAsync(pipeline, context.RequestAborted).ConfigureAwait(false) is { } found
            ? BoardPage.Of(page, found) : null);

    public Task<IResult> AppAsync(HttpContext context, string name) => AnswerAsync(context, Up(context), async page =>
        AppName.TryParse(name, null, out var app) && await reader.AppAsync(app, AppPage.RunsShown, context.RequestAborted).ConfigureAwait(false) is { } found
            ? AppPage.Of(page, found) : null);

    public Task<IResult> RunAsync(HttpContext context, string id) => AnswerAsync(context, Up(context), async page =>
        RunId.TryParse(id, null, out var run) && await reader.RunAsync(run, context.RequestAborted).ConfigureAwait(false) is { Plan: not null } found
            ? RunPage.Of(page, run, found, await reader.ChecksAsync(found, context.RequestAborted).ConfigureAwait(false), await LogsAsync(run, context.RequestAborted).ConfigureAwait(false))
            : null);

    private async ValueTask<IReadOnlyList<LogView>> LogsAsync(RunId run, CancellationToken cancellationToken)
    {
        List<LogView> views = [];
        foreach (var id in (await runs.ListLogsAsync(run, cancellationToken).ConfigureAwait(false)).TakeLast(LogsOfPage))
        {
            var end = (await logs.ReadAsync(id, long.MaxValue, 1, cancellationToken).ConfigureAwait(false)).Next;
            var chunk = await logs.ReadAsync(id, Math.Max(0, end - LogBytesOfPage), LogBytesOfPage, cancellationToken).ConfigureAwait(false);
            var torn = chunk.Offset > 0 ? Utf8.Torn(chunk.Bytes.Span) : 0;
            views.Add(new(id, Encoding.UTF8.GetString(chunk.Bytes.Span[torn..]), chunk.Offset, chunk.Complete));
        }
        return views;
    }

    private async Task<IResult> AnswerAsync(HttpContext context, string root, Func<Page, Task<Html?>> render)
    {
        var page = new Page(root, time.GetUtcNow(), options.Value);
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            return await render(page).ConfigureAwait(false) is { } html
                ? Results.Content(html.ToString(), "text/html; charset=utf-8")
                : Error(page, StatusCodes.Status404NotFound, "There is nothing of that name", "It may be past its retention, or it was never there.");
        }
        catch (FlowException trouble)
        {
            LogTrouble(context.Request.Path, trouble);
            return Error(page, StatusCodes.Status503ServiceUnavailable, "This cannot be read now", trouble.Message);
        }
    }

    private static IResult Error(Page page, int status, string heading, string message) => Results.Content(
        page.Render(heading, Html.Of($"<h1>{heading}</h1><p><bdi>{message}</bdi></p><p><a href=\"{page.Root}\">All pipelines</a></p>"), refresh: status == StatusCodes.Status503ServiceUnavailable).ToString(),
        "text/html; charset=utf-8", statusCode: status);

    /// <summary>From <c>prefix/kind/name</c> to <c>prefix/</c>.</summary>
    private static string Up(HttpContext context) => context.Request.Path.Value is [.., '/'] ? "../../" : "../";

    [LoggerMessage(5000, LogLevel.Warning, "{Path} could not be answered.")]
    private partial void LogTrouble(string path, Exception trouble);
}
