using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using Flow.Logs;
using Microsoft.AspNetCore.Builder;

namespace Flow.AspNetCore.Tests.Status;

public sealed class A_log
{
    private static readonly LogId Id = LogId.Parse("run/shop-staging.1/build");

    [Fact]
    public async Task Is_read_chunk_by_chunk_without_loss()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow")).StartAsync();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(n => $"line {n} €\n")));
        var writer = await flow.Logs.OpenAsync(Id, default);
        await writer.AppendAsync(text, default);
        await writer.CompleteAsync(default);

        var read = new MemoryStream();
        for (var (offset, complete) = ("0", false); !complete;)
        {
            using var answer = await flow.Client.GetAsync($"/flow/logs/{Id}?offset={offset}");
            answer.Content.Headers.ContentType!.ToString().Should().Be("text/plain; charset=utf-8");
            answer.Headers.GetValues("Flow-Log-Offset").Should().Equal(offset);
            (await answer.Content.ReadAsByteArrayAsync()).Should().HaveCountLessThanOrEqualTo(256 * 1024).And.NotBeEmpty();
            await answer.Content.CopyToAsync(read);
            offset = answer.Headers.GetValues("Flow-Log-Next").Single();
            complete = answer.Headers.GetValues("Flow-Log-Complete").Single() == "true";
        }
        read.ToArray().AsSpan().SequenceEqual(text).Should().BeTrue();
        foreach (var bad in (string[])["logs/x?offset=-1", "logs/x?offset=zzz", "tail/x?offset=99999999999999999999"])
            (await flow.Client.GetAsync("/flow/" + bad)).StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Is_followed_live_resumed_at_its_offset_and_ends()
    {
        await using var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow")).StartAsync();
        var writer = await flow.Logs.OpenAsync(Id, default);
        byte[] euro = Encoding.UTF8.GetBytes("€");
        await writer.AppendAsync("one\n"u8.ToArray().Concat(euro[..1]).ToArray(), default);

        using var answer = await flow.Client.GetAsync($"/flow/tail/{Id}", HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
        await using var events = SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
        (await events.MoveNextAsync()).Should().BeTrue();
        events.Current.Should().Match<SseItem<string>>(e => e.Data == "one\n" && e.EventId == "4" && e.EventType == "message", "a letter that is not there yet is not cut");

        await writer.AppendAsync(euro.AsMemory(1), default);
        await events.MoveNextAsync();
        events.Current.Should().Match<SseItem<string>>(e => e.Data == "€" && e.EventId == "7");
        await writer.AppendAsync("end\n"u8.ToArray(), default);
        await writer.CompleteAsync(default);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/flow/tail/{Id}") { Headers = { { "Last-Event-ID", "4" } } };
        using var resumed = await flow.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        List<SseItem<string>> rest = [];
        await foreach (var item in SseParser.Create(await resumed.Content.ReadAsStreamAsync()).EnumerateAsync()) rest.Add(item);
        string.Concat(rest.Where(e => e.EventType == "message").Select(e => e.Data)).Should().Be("€end\n");
        rest[^1].Should().Match<SseItem<string>>(e => e.EventType == "end" && e.EventId == "11");
    }

    [Fact]
    public async Task That_is_followed_does_not_keep_the_host_from_stopping()
    {
        var flow = await new WebFlowHost(app => app.MapFlowStatus("/flow")).StartAsync();
        await using var writer = await flow.Logs.OpenAsync(Id, default);
        await writer.AppendAsync("one\n"u8.ToArray(), default);
        using var answer = await flow.Client.GetAsync($"/flow/tail/{Id}", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        (await body.ReadAsync(new byte[16])).Should().BePositive();

        var host = flow.Services.GetService(typeof(Microsoft.Extensions.Hosting.IHost)) as Microsoft.Extensions.Hosting.IHost;
        await host!.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        await flow.DisposeAsync();
    }
}
