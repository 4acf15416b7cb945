using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace CustomAddOn;

/// <summary>
/// The third service: key-value stores over TCP, a line for each command. <c>AUTH user password</c>, then <c>GET key</c> and <c>SET key value</c>. Its administration (<see cref="CreateStore"/>
/// and the rest) would be an HTTP API in real life; every call of it is atomic, as a service's usually are.
/// </summary>
public sealed class KeyValueServer : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Store> stores = new(StringComparer.Ordinal);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public KeyValueServer()
    {
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Stores and passwords that exist.</summary>
    public int Count
    {
        get { lock (gate) return stores.Values.Sum(s => 1 + s.Passwords.Count); }
    }

    /// <summary>A store as its administrator sees it.</summary>
    /// <param name="Labels">The administrator's own notes.</param>
    public sealed record Description(string Name, IReadOnlyDictionary<string, string> Labels, string? NewestPassword);

    public Description? Find(string name)
    {
        lock (gate) return stores.TryGetValue(name, out var store) ? Describe(name, store) : null;
    }

    /// <summary>False: there is one of that name.</summary>
    public bool CreateStore(string name, int maxKeys, IReadOnlyDictionary<string, string> labels, bool withPassword)
    {
        lock (gate)
        {
            if (stores.ContainsKey(name)) return false;
            stores[name] = new(maxKeys, labels);
            if (withPassword) stores[name].Passwords.Add((NewPassword(), null));
            return true;
        }
    }

    /// <summary>Another name, other labels, and one new password, all at once. False: the old name is not there with these labels, or the new one is.</summary>
    public bool HandOver(string name, IReadOnlyDictionary<string, string> expected, string newName, IReadOnlyDictionary<string, string> labels)
    {
        lock (gate)
        {
            if (stores.ContainsKey(newName) || !stores.TryGetValue(name, out var store) || expected.Any(e => store.Labels.GetValueOrDefault(e.Key) != e.Value)) return false;
            stores.Remove(name);
            stores[newName] = store with { Labels = labels, Passwords = [(NewPassword(), null)] };
            return true;
        }
    }

    /// <summary>A new password; the others end after a while. False: there is no such store.</summary>
    public bool AddPassword(string name, TimeSpan othersFor)
    {
        lock (gate)
        {
            if (!stores.TryGetValue(name, out var store)) return false;
            var end = Environment.TickCount64 + (long)othersFor.TotalMilliseconds;
            var others = store.Passwords.Select(p => (p.Text, Ends: Math.Min(p.Ends ?? end, end))).Where(p => p.Ends > Environment.TickCount64).Select(p => (p.Text, (long?)p.Ends));
            stores[name] = store with { Passwords = [.. others, (NewPassword(), null)] };
            return true;
        }
    }

    public void DropStore(string name)
    {
        lock (gate) stores.Remove(name);
    }

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    private static Description Describe(string name, Store store) => new(name, store.Labels, store.Passwords.Count == 0 ? null : store.Passwords[^1].Text);

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
                await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
                string? user = null, password = null;
                while (await reader.ReadLineAsync(stop.Token) is { } line)
                {
                    var words = line.Split(' ', 3);
                    if (words is ["AUTH", var name, var said]) (user, password) = (name, said);
                    await writer.WriteLineAsync(Answer(user, password, words));
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException) { }
        }
    }

    private string Answer(string? user, string? password, string[] words)
    {
        lock (gate)
        {
            // At every command, so that a password that ended ends open sessions as well.
            if (user is null || !stores.TryGetValue(user, out var store) || !store.Passwords.Any(p => p.Text == password && (p.Ends is null || p.Ends > Environment.TickCount64))) return "DENIED";
            switch (words)
            {
                case ["AUTH", ..]: return "OK";
                case ["GET", var key]: return store.Values.TryGetValue(key, out var value) ? $"VALUE {value}" : "NONE";
                case ["SET", var key, var text] when store.Values.ContainsKey(key) || store.Values.Count < store.MaxKeys:
                    store.Values[key] = text;
                    return "OK";
                case ["SET", ..]: return "FULL";
                default: return "WHAT";
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        stop.Dispose();
    }

    private sealed record Store(int MaxKeys, IReadOnlyDictionary<string, string> Labels)
    {
        public Dictionary<string, string> Values { get; init; } = new(StringComparer.Ordinal);
        public List<(string Text, long? Ends)> Passwords { get; init; } = [];
    }
}
