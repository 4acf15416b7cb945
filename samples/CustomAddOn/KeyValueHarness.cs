using System.Net.Sockets;
using System.Text;
using Flow.AddOns;
using Flow.Testing.AddOns;

namespace CustomAddOn;

/// <summary>Shows the kit how to make the provider, count what there is, and use a binding as an app would.</summary>
public sealed class KeyValueHarness : AddOnHarness
{
    private readonly KeyValueServer server = new();

    public override ValueTask<IAddOnProvisioner> CreateAsync(CancellationToken cancellationToken) => new(New());

    public override ValueTask<IAddOnProvisioner> ReopenAsync(CancellationToken cancellationToken) => new(New());

    public override ValueTask<int> CountAsync(CancellationToken cancellationToken) => new(server.Count);

    public override async ValueTask WriteAsync(AddOnBinding binding, string text, CancellationToken cancellationToken) => await AskAsync(binding, $"SET note {text}", cancellationToken);

    public override async ValueTask<string?> ReadAsync(AddOnBinding binding, CancellationToken cancellationToken) =>
        await AskAsync(binding, "GET note", cancellationToken) is var answer && answer.StartsWith("VALUE ", StringComparison.Ordinal) ? answer[6..] : null;

    public override ValueTask DisposeAsync() => server.DisposeAsync();

    // Old passwords end at once, so that no case waits for it.
    private KeyValueAddOn New() => new(server, TimeSpan.Zero);

    private static async Task<string> AskAsync(AddOnBinding binding, string command, CancellationToken cancellationToken)
    {
        var url = new Uri(binding.Variables["KEYVALUE_URL"]);
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, cancellationToken);
        await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        foreach (var line in new[] { $"AUTH {binding.Variables["KEYVALUE_USER"]} {binding.Variables["KEYVALUE_PASSWORD"]}", command })
        {
            await writer.WriteLineAsync(line);
            var answer = await reader.ReadLineAsync(cancellationToken);
            if (answer is null or "DENIED" or "FULL" or "WHAT") throw new InvalidOperationException($"The server said {answer}.");
            if (line == command) return answer;
        }
        throw new InvalidOperationException();
    }
}
