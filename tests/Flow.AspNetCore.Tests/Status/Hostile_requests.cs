using System.Net;
using Flow.Reliability.Tests.Hostile;
using Microsoft.AspNetCore.Builder;

namespace Flow.AspNetCore.Tests.Status;

/// <summary>Every payload in every place of a request, over a real connection.</summary>
public sealed class Hostile_requests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("flow-hostile-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Are_answered_and_never_repeated_as_markup()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow")).StartAsync();
        var asked = 0;
        foreach (var payload in Corpus.For(directory))
        {
            var text = Uri.EscapeDataString(payload);
            foreach (var path in (string[])[$"pipelines/{text}", $"apps/{text}", $"runs/{text}", $"runs/{text}.1", $"logs/{text}", $"tail/run/{text}%00", $"?after={text}", $"logs/run/x?offset={text}", $"tail/run/x?offset={text}"])
            {
                using var answer = await flow.Client.GetAsync("/flow/" + path);
                asked++;
                answer.StatusCode.Should().BeOneOf([HttpStatusCode.OK, HttpStatusCode.Redirect, HttpStatusCode.Found, HttpStatusCode.BadRequest, HttpStatusCode.NotFound], "of {0}", path);
                var body = await answer.Content.ReadAsStringAsync();
                body.Should().NotContain("<script>alert").And.NotContain("<img").And.NotContain("<svg").And.NotContain("\u001b", path);
                answer.Headers.Select(h => h.Key).Should().NotContain("Set-Cookie");
            }
        }
        Corpus.IsUntouched(directory);
        TestContext.Current.TestOutputHelper?.WriteLine($"{asked} requests");
    }

    [Fact]
    public void Are_found_out_when_one_is_run()
    {
        Corpus.For(directory).Should().Contain(p => p.Contains(Path.Combine(directory, Corpus.Canary), StringComparison.Ordinal), "payloads aim at what is looked for");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "deep", "down")).FullName, Corpus.Canary), "");

        var look = () => Corpus.IsUntouched(directory);

        look.Should().Throw<Exception>().WithMessage("*nothing hostile is ever run*");
    }
}
