using System.Diagnostics;
using System.Globalization;

namespace Flow.Reliability.Tests.Kills;

/// <summary>A kill leaves what the operating system has; a power failure only what the disk has. So it matters what comes first.</summary>
public sealed class An_answer : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("flow-syncs-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData(SyncedCommits.OneByOne)]
    [InlineData(SyncedCommits.Together)]
    public async Task Comes_after_the_disk_has_it(string how)
    {
        var (answers, early, syncs) = await RunAsync(how);
        TestContext.Current.TestOutputHelper?.WriteLine($"{how}: {answers} answers, {early} before the sync, {syncs} syncs of the write-ahead log");
        early.Should().Be(0);
        if (how == SyncedCommits.OneByOne) syncs.Should().BeGreaterThanOrEqualTo(answers);
        else syncs.Should().BeLessThan(answers, "commits that come together share a sync");
    }

    [Fact]
    public async Task That_comes_too_early_is_seen()
    {
        var (answers, early, _) = await RunAsync(SyncedCommits.WithoutSync);
        early.Should().BeGreaterThan(answers / 2);
    }

    private async Task<(int Answers, int Early, int Syncs)> RunAsync(string how)
    {
        using var child = Process.Start(ThisProgram.Again(SyncedCommits.Name, Path.Combine(directory, "flow.db"), how))!;
        var errors = child.StandardError.ReadToEndAsync();
        var said = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        child.ExitCode.Should().Be(0, await errors);
        return said.Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray() is [var answers, var early, var syncs] ? (answers, early, syncs) : throw new InvalidOperationException(said);
    }
}
