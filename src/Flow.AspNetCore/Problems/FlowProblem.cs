using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Flow.AspNetCore.Problems;

/// <summary>A <see cref="FlowException"/> as problem details.</summary>
internal static partial class FlowProblem
{
    private const int RetryAfterSeconds = 5;

    public static IResult Of(HttpContext context, FlowException trouble, bool showDetail)
    {
        if (trouble.Transient) context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        else if (context.RequestServices.GetService<ILoggerFactory>() is { } logs) LogTrouble(logs.CreateLogger(typeof(FlowProblem)), context.Request.Path, trouble.Code, trouble);
        return TypedResults.Problem(
            detail: showDetail ? trouble.Message : null,
            statusCode: trouble.Transient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
            title: trouble.Transient ? "This cannot be done just now; try again." : "This cannot be done.",
            extensions: new Dictionary<string, object?> { ["code"] = trouble.Code });
    }

    [LoggerMessage(5020, LogLevel.Error, "{Path} could not be answered: {Code}.")]
    private static partial void LogTrouble(ILogger logger, string path, string code, Exception trouble);
}

internal sealed class FlowExceptionHandler(bool showDetail) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not FlowException trouble) return false;
        await FlowProblem.Of(httpContext, trouble, showDetail).ExecuteAsync(httpContext).ConfigureAwait(false);
        return true;
    }
}
