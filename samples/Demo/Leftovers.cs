using System.Text;

namespace Flow.Samples.Demo;

/// <summary>What is left on this machine of an app that was destroyed. The history of its runs is kept on purpose and does not count.</summary>
internal static class Leftovers
{
    public static async Task<IReadOnlyList<string>> OfAsync(string app, PaasProcess paas, CancellationToken cancellationToken)
    {
        List<string> left = [];
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                if (Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(process, "environ"), cancellationToken)).Split('\0').Contains($"FLOW_APP_NAME={app}")) left.Add($"process {process}");
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { }
        }
        var history = Path.Combine(paas.DataDirectory, "logs", "run");
        left.AddRange(Directory.EnumerateFileSystemEntries(paas.DataDirectory, $"*{app}*", SearchOption.AllDirectories).Where(p => !p.StartsWith(history, StringComparison.Ordinal)));
        using var http = paas.ClientOf(app);
        using var answer = await http.GetAsync(new Uri("/", UriKind.Relative), cancellationToken);
        if (answer.StatusCode != System.Net.HttpStatusCode.NotFound) left.Add($"a route that answers {(int)answer.StatusCode}");
        return left;
    }
}
