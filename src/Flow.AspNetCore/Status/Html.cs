using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Flow.AspNetCore.Status;

/// <summary>
/// Markup that is safe by construction: <c>Html.Of($"&lt;p&gt;{text}&lt;/p&gt;")</c> takes the program's literals as markup and encodes whatever stands in a
/// hole. Attributes are always quoted; what they name as a URL is checked by <see cref="Shown.IsWeb"/> or made of names.
/// </summary>
internal readonly struct Html
{
    private readonly string? markup;
    private Html(string markup) => this.markup = markup;

    public static Html Nothing => default;

    public static Html Of(HtmlWriter writer) => new(writer.ToString());

    public static Html Each<T>(IEnumerable<T> items, Func<T, Html> render)
    {
        var all = new StringBuilder();
        foreach (var item in items) all.Append(render(item));
        return new(all.ToString());
    }

    /// <summary>Only if it is so.</summary>
    public static Html If(bool so, Func<Html> render) => so ? render() : Nothing;

    public override string ToString() => markup ?? "";
}

/// <summary>Literals as they are, holes encoded. There is no way to append raw text but <see cref="Html"/>.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlWriter(int literalLength, int formattedCount)
{
    private readonly StringBuilder written = new(literalLength + formattedCount * 24);

    public void AppendLiteral(string markup) => written.Append(markup);
    public void AppendFormatted(Html html) => written.Append(html);
    public void AppendFormatted(string? text) => written.Append(Shown.Encoder.Encode(Shown.Text(text)));
    public void AppendFormatted(long number) => written.Append(CultureInfo.InvariantCulture, $"{number}");
    public void AppendFormatted(Uri url) => AppendFormatted(url.ToString());
    public void AppendFormatted(AppName app) => AppendFormatted(app.ToString());
    public void AppendFormatted(PipelineName pipeline) => AppendFormatted(pipeline.ToString());
    public void AppendFormatted(Runs.RunId run) => AppendFormatted(run.ToString());
    public void AppendFormatted(Flow.Logs.LogId log) => AppendFormatted(log.ToString());

    public override string ToString() => written.ToString();
}
