using System.Text;
using Flow.Providers.Local.Builds.DotNet;
using Flow.Providers.Local.Git;
using Flow.Providers.Local.Tests.Files;
using Flow.Providers.Local.Tests.Git;
using Flow.Sources;

namespace Flow.Reliability.Tests.Hostile;

/// <summary>Real repositories, read by the real git: every payload as a ref, a subject, an author, a path, a URL and a setting of the remote.</summary>
public sealed class Hostile_repositories : IDisposable
{
    private readonly TemporaryDirectory temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task May_name_their_branches_and_tags_as_they_like()
    {
        var repository = await GitRepository.CreateAsync(temporary);
        var head = await repository.HeadAsync();
        // As a server would hand them out that checks nothing: straight into the file of packed refs, where git takes what it can read.
        var names = Corpus.For(temporary.Root).Concat(Corpus.Bare()).Where(n => n.Length is > 0 and < 200 && !n.Contains('\n') && !n.Contains('\0') && GitPaths.IsSafe(n)).Distinct().ToArray();
        var refs = names.SelectMany(n => new[] { $"refs/heads/{n}", $"refs/tags/{n}", $"refs/pull/{n}/head" }).Append("refs/heads/main").Order(StringComparer.Ordinal).Distinct();
        File.Delete(Path.Combine(repository.Url, ".git/refs/heads/main"));
        await File.WriteAllTextAsync(Path.Combine(repository.Url, ".git/packed-refs"), "# pack-refs with: peeled fully-peeled sorted \n" + string.Concat(refs.Select(r => $"{head} {r}\n")), Token);
        using var provider = Provider.Create(temporary["data"]);

        var listing = await provider.ListAsync(new() { Url = repository.Url, ProposalBranches = ["*"] }, Token);

        listing.Branches.Count.Should().BeGreaterThan(50, "git itself takes most of them");
        listing.Proposals.Should().OnlyHaveUniqueItems(p => p.Key).And.OnlyContain(p => p.Key.Length <= 30 && !p.Title.Any(char.IsControl));
        foreach (var name in listing.Branches.Keys) name.Should().NotStartWith("-");
        (await provider.FetchAsync(new() { Url = repository.Url }, head, Token)).Subject.Should().Be("First commit");
        Corpus.IsUntouched(temporary.Root);
        TestContext.Current.TestOutputHelper?.WriteLine($"{names.Length * 3} refs, of which git handed out {listing.Branches.Count} branches");
    }

    [Fact]
    public void May_say_any_ref_on_the_wire()
    {
        var sha = new string('a', 40);
        foreach (var payload in Corpus.For(temporary.Root))
        {
            var read = () => GitRefs.Read(new() { Url = "/srv/x", ProposalBranches = ["*"] }, "/srv/x", $"{sha}\trefs/heads/main\n{sha}\trefs/heads/{payload}\n{sha}\trefs/pull/{payload}/head\n{sha}\t{payload}\n{payload}\trefs/heads/x\n");
            var listing = read.Should().NotThrow(payload).Subject;
            listing.Branches.Keys.Should().OnlyContain(b => b[0] != '-' && !b.Any(char.IsControl));
        }
    }

    [Fact]
    public async Task May_say_what_they_like_in_subjects_and_authors()
    {
        var repository = await GitRepository.CreateAsync(temporary);
        var tree = (await repository.GitAsync("rev-parse", "HEAD^{tree}")).Trim();
        List<CommitSha> commits = [];
        var payloads = Corpus.For(temporary.Root);
        foreach (var payload in payloads)
        {
            var commit = Encoding.UTF8.GetBytes($"tree {tree}\nauthor {payload} <a@example.com> 1700000000 +0000\ncommitter {payload} <c@example.com> 1700000000 +0000\n\n{payload}\n\n{payload}\n");
            commits.Add(CommitSha.Parse(await repository.HashAsync("commit", commit)));
        }
        await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        using var provider = Provider.Create(temporary["data"]);
        var read = 0;
        foreach (var commit in commits)
        {
            ISourceTree source;
            try
            {
                source = await provider.FetchAsync(new() { Url = repository.Url }, commit, Token);
            }
            catch (FlowException refused)
            {
                // A commit that git itself cannot read.
                refused.Code.Should().BeOneOf("mirror-unreadable", "revision-missing", "source-unreachable");
                refused.Message.Any(c => char.IsControl(c)).Should().BeFalse();
                continue;
            }
            source.Subject.Length.Should().BeLessThanOrEqualTo(200);
            source.Author.Length.Should().BeLessThanOrEqualTo(100);
            source.Subject.Should().NotContain("\n");
            read++;
        }
        read.Should().BeGreaterThan(payloads.Length * 9 / 10);
        Corpus.IsUntouched(temporary.Root);
        TestContext.Current.TestOutputHelper?.WriteLine($"{payloads.Length} subjects and as many authors, {read} commits read");
    }

    [Fact]
    public async Task May_name_their_files_as_they_like()
    {
        var repository = await GitRepository.CreateAsync(temporary);
        await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        var blob = await repository.BlobAsync("touch " + Corpus.Canary);
        string[] names = [.. Corpus.Bare().Concat(Corpus.For(temporary.Root)).Concat(Corpus.Bare().Select(p => p + ".csproj")).Where(n => !n.Contains('\0') && n.Length > 0).Distinct()];
        string[] safe = [.. names.Where(n => !n.Contains('/') && GitPaths.IsSafe(n) && Encoding.UTF8.GetByteCount(n) <= 255)];
        using var provider = Provider.Create(temporary["data"]);

        var all = await provider.FetchAsync(new() { Url = repository.Url }, await repository.CommitTreeAsync([.. safe.OrderBy(n => Encoding.UTF8.GetBytes(n), ByBytes).Select(n => ("100755", n, blob))]), Token);
        var files = await all.ListFilesAsync(10_000, Token);
        files.Should().BeEquivalentTo(safe);
        DotNetTarget.Find(files).Detection.Reason.Any(char.IsControl).Should().BeFalse();
        await all.ExportAsync(temporary.Create("export"), Token);
        Directory.GetFileSystemEntries(temporary["export"]).Should().HaveCount(safe.Length);
        foreach (var name in safe.Where(n => !n.Contains('\n'))) (await all.ReadTextAsync(name, 1000, Token)).Should().NotBeNull(name);

        string[] rest = [.. names.Except(safe)];
        foreach (var name in rest)
        {
            // git checks less than a file system, and a crafted tree is checked by nobody before us.
            var tree = await provider.FetchAsync(new() { Url = repository.Url }, await repository.CommitTreeAsync(("100644", name, blob)), Token);
            var target = temporary.Create($"export-{Guid.NewGuid():N}");
            try
            {
                await tree.ExportAsync(target, Token);
                Path.GetFullPath(Directory.GetFiles(target, "*", SearchOption.AllDirectories).Single()).Should().StartWith(target + "/");
            }
            catch (FlowException refused)
            {
                refused.Code.Should().BeOneOf("tree-invalid", "tree-unsafe", "export-failed", "mirror-unreadable");
                refused.Message.Any(char.IsControl).Should().BeFalse();
            }
        }
        Directory.Delete(temporary["export"], recursive: true);
        foreach (var left in Directory.GetDirectories(temporary.Root, "export-*")) Directory.Delete(left, recursive: true);
        Corpus.IsUntouched(temporary.Root);
        TestContext.Current.TestOutputHelper?.WriteLine($"{names.Length} file names, {safe.Length} exported together, {rest.Length} one by one");
    }

    [Fact]
    public async Task Can_be_anywhere_but_in_an_option_or_a_helper()
    {
        using var provider = Provider.Create(temporary["data"], o => o.ListTimeout = TimeSpan.FromSeconds(20));
        var asked = 0;
        foreach (var payload in Corpus.For(temporary.Root))
        {
            foreach (var url in (string[])[payload, $"https://x:{payload}@example.invalid/", $"ssh://{payload}/x", $"ext::{payload}"])
            {
                try
                {
                    // Only what stays on this machine is really asked for.
                    if (!GitUrl.Parse(url).IsLocal) continue;
                    asked++;
                    await provider.ListAsync(new() { Url = url }, Token);
                    throw new InvalidOperationException($"There is no repository at {url}.");
                }
                catch (FlowException refused)
                {
                    refused.Message.Any(char.IsControl).Should().BeFalse(url);
                }
            }
            var root = () => GitPaths.NormalizeRoot(payload);
            try { root(); } catch (FlowException refused) { refused.Message.Any(char.IsControl).Should().BeFalse(); }
        }
        Corpus.IsUntouched(temporary.Root);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Corpus.Count * 4} URLs, git was asked about {asked}");
    }

    [Fact]
    public async Task Run_nothing_by_their_own_configuration_hooks_and_attributes()
    {
        var touch = $"touch {temporary[Corpus.Canary]}";
        var repository = await GitRepository.CreateAsync(temporary, (".gitattributes", "* filter=x diff=x merge=x\n"), (".gitmodules", $"[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c {touch}\n\tupdate = !{touch}\n"), ("x.txt", "text"));
        var configuration = $"""

            [core]
                fsmonitor = "{touch}"
                sshCommand = "{touch}"
                pager = "{touch}"
                editor = "{touch}"
                askPass = "{touch}"
                alternateRefsCommand = "{touch}"
                gitProxy = "{touch}"
                hooksPath = {temporary["hooks"]}
            [uploadpack]
                packObjectsHook = "{touch};"
            [filter "x"]
                smudge = "{touch}"
                clean = "{touch}"
                process = "{touch}"
            [diff "x"]
                command = "{touch}"
                textconv = "{touch}"
            [diff]
                external = "{touch}"
            [credential]
                helper = "!{touch}"
            [gpg]
                program = "{touch}"
            [log]
                showSignature = true
            [protocol]
                allow = always
            [protocol "ext"]
                allow = always
            [url "ext::sh -c {touch}"]
                insteadOf = {repository.Url}
            [alias]
                upload-pack = "!{touch}"
                log = "!{touch}"
            [include]
                path = {temporary["included"]}
            """;
        temporary.Write("included", $"[uploadpack]\n\tpackObjectsHook = {touch};\n");
        var head = await repository.HeadAsync();
        await File.AppendAllTextAsync(Path.Combine(repository.Url, ".git/config"), configuration, Token);
        foreach (var hook in (string[])["post-checkout", "pre-receive", "update", "post-update", "reference-transaction", "pre-auto-gc", "post-index-change", "fsmonitor-watchman", "proc-receive"])
        {
            foreach (var folder in (string[])["hooks", "origin/.git/hooks"])
            {
                temporary.Write($"{folder}/{hook}", $"#!/bin/sh\n{touch}\n");
                Corpus.MakeExecutable(temporary[$"{folder}/{hook}"]);
            }
        }
        using var provider = Provider.Create(temporary["data"]);

        (await provider.ListAsync(new() { Url = repository.Url }, Token)).Branches.Should().ContainKey("main");
        var tree = await provider.FetchAsync(new() { Url = repository.Url }, head, Token);
        await tree.ExportAsync(temporary.Create("export"), Token);

        (await File.ReadAllTextAsync(temporary["export/x.txt"], Token)).Should().Be("text");
        Corpus.IsUntouched(temporary.Root);
    }

    private static readonly IComparer<byte[]> ByBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));
}
