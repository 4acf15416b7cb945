using System.Text;
using System.Text.RegularExpressions;
using Flow.AspNetCore.Status;
using Flow.Logs;
using Flow.Sources;
using Microsoft.AspNetCore.Builder;
using static Flow.AspNetCore.Tests.WebFlowHost;

namespace Flow.AspNetCore.Tests.Status;

public sealed partial class Hostile_text
{
    public static readonly string[] Payloads =
    [
        "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "' onfocus='alert(1)' autofocus='", "` onclick=`alert(1)`", "<iframe src=javascript:alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>", "javascript:alert(1)", "</title><script>alert(1)</script>", "</pre><script>alert(1)</script>", "</style><script>alert(1)</script>",
        "<!--", "--><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>", "<base href=//evil.example/>", "<meta http-equiv=refresh content=0;url=//evil.example>",
        "<link rel=stylesheet href=//evil.example/x.css>", "<form action=//evil.example><button>go</button></form>", "<style>*{display:none}</style>", "<plaintext>", "<textarea>", "<xmp>",
        "<details open ontoggle=alert(1)>", "<object data=//evil.example>", "<math><mi xlink:href=\"javascript:alert(1)\">", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "%3Cscript%3E", "{{constructor.constructor('alert(1)')()}}", "${alert(1)}", "{0} {1} %s %n",
        "\u001b[31mred\u001b[0m", "\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007", "\u001b[2J\u001b[H", "\u009b31m", "bell\u0007 back\b\b\b delete\u007f", "null\0byte",
        "abc\u202egpj.exe", "\u2066left\u2069 \u2067right\u2069", "zero\u200bwidth\ufeff", "\U000E0041\U000E0042hidden", "lone \ud800 surrogate", "line\u2028separator\u2029paragraph",
        "a\r\nSet-Cookie: x=1\r\n\r\n<script>", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    ];

    [Fact]
    public void Is_fifty_payloads() => Payloads.Distinct().Should().HaveCount(50);

    [Fact]
    public async Task In_messages_names_titles_problems_and_logs_is_text_on_every_page()
    {
        await using var flow = new WebFlowHost(app => app.MapFlowStatus("/flow"));
        await flow.StartAsync(Definition with { Apps = [new() { Name = Staging, Stage = Stage.Staging, Branch = "main" }], Owner = "<script>alert('owner')</script>" });
        var number = 0;
        foreach (var payload in Payloads)
        {
            number++;
            flow.Source.Subject = flow.Source.Author = payload;
            lock (flow.Source.Proposals)
            {
                flow.Source.Proposals.Clear();
                flow.Source.Proposals.Add(new() { Key = "pr-1", Title = payload, Head = new() { Sha = Commit(1000 + number), Ref = payload, Trust = Trust.Untrusted } });
            }
            flow.Source.Push("main", Commit(number));
            await flow.Pipelines.LookAsync(Shop);
            await flow.DeployedAsync(Staging, number);
            var log = await flow.Logs.OpenAsync(LogId.Parse($"run/shop-staging.{number}/deploy"), default);
            await log.AppendAsync(Encoding.UTF8.GetBytes(payload + "\n"), default);
            await flow.Apps.HoldAsync(Staging, payload, payload);
            await flow.Apps.ResumeAsync(Staging, payload);

            foreach (var path in (string[])["/flow/", "/flow/pipelines/shop", "/flow/apps/shop-staging", $"/flow/runs/shop-staging.{number}"]) Harmless(await flow.PageAsync(path), payload, path);
        }
    }

    [Fact]
    public void Stays_readable()
    {
        Shown.Text("abc\u202egpj.exe \u001b[31m nul\0").Should().Be("abc[U+202E]gpj.exe \u241b[31m nul\u2400");
        Shown.Text("Grüße, 世界, עולם 👩‍💻\tx\r\ny").Should().Be("Grüße, 世界, עולם 👩‍💻\tx\ny");
        Shown.Line("first\nsecond", 20).Should().Be("first");
        Shown.Line("12345👩", 6).Should().Be("12345…");
        Html.Of($"<p title=\"{"\"><script>"}\">{"<b>&amp;"}</p>").ToString().Should().Be("<p title=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;amp;</p>");
        Phrases.Link(new("javascript:alert(1)")).ToString().Should().NotContain("href");
        Phrases.Link(new("https://user:secret@host.example/")).ToString().Should().NotContain("href");
    }

    /// <summary>Only tags and attributes of ours, and no character that deceives.</summary>
    internal static void Harmless(string page, string payload, string path)
    {
        var because = $"of {payload} on {path}";
        foreach (Match tag in Tags().Matches(page))
        {
            Ours.Should().Contain(tag.Groups["name"].Value, because);
            foreach (var attribute in Attributes().Matches(tag.Groups["rest"].Value).Where(a => a.Groups["name"].Success)) OurAttributes.Should().Contain(attribute.Groups["name"].Value, because);
            Attributes().Replace(tag.Groups["rest"].Value, "").Trim().Should().BeOneOf(["", "defer", "open"], because);
        }
        page.Where(c => (c < ' ' && c is not ('\n' or '\t')) || c is '\u007f' or '\u202e' or '\u2066' or '\u2067' or '\u200b' or '\ufeff' or '\u2028' or (>= '\u0080' and <= '\u009f')).Should().BeEmpty(because);
        // Every < begins a tag that was looked at.
        Tags().Replace(page, "").Should().NotContain("<", because);
        page.Should().NotContain("href=\"javascript").And.NotContain("<script>");
    }

    private static readonly string[] Ours =
        ["!DOCTYPE", "html", "head", "meta", "title", "link", "script", "noscript", "body", "header", "main", "nav", "section", "article", "a", "b", "span", "p", "h1", "h2", "h3", "h4", "div",
         "ul", "ol", "li", "bdi", "code", "time", "pre", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"];
    private static readonly string[] OurAttributes =
        ["lang", "charset", "name", "content", "rel", "href", "src", "data-seconds", "http-equiv", "class", "id", "role", "aria-labelledby", "aria-label", "title", "datetime", "scope", "tabindex"];

    [GeneratedRegex("</?(?<name>[!A-Za-z][A-Za-z0-9]*)(?<rest>(?:[^<>\"]|\"[^\"<>]*\")*)>")]
    private static partial Regex Tags();

    [GeneratedRegex("\\s+(?<name>[a-z-]+)=\"[^\"<>]*\"|\\s+html$")]
    private static partial Regex Attributes();
}
