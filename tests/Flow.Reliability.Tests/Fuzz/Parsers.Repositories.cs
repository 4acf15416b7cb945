using Flow.Manifests;
using Flow.Providers.Local.Files;
using Flow.Providers.Local.Git;
using Flow.Sources;

namespace Flow.Reliability.Tests.Fuzz;

internal static partial class Parsers
{
    private static readonly SourceRepository Repository = new() { Url = "/srv/shop.git", DefaultBranch = "main", ProposalBranches = ["review/*", "*"] };

    private static IEnumerable<FuzzedParser> OfRepositories =>
    [
        new("Procfile", ["web: ./bin/app --port $PORT\nworker: dotnet Worker.dll\n", "\uFEFF# all\r\nrelease : ./migrate\r\n\r\nweb:\tx", ""], text =>
        {
            foreach (var (type, command) in Procfile.Parse(text))
            {
                Must(type.Length is > 0 and <= 63 && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), "a process type");
                Must(command.Length is > 0 and <= Procfile.MaxLineBytes && !command.Any(c => char.IsControl(c) && c != '\t'), "a command of one line");
            }
        }),
        new("repository URL", ["https://example.com/acme/shop.git", "git@github.com:acme/shop.git", "ssh://git@example.com:22/x", "file:///srv/x%20y.git", "/srv/shop.git", "../shop"], text =>
        {
            var url = GitUrl.Parse(text);
            Must(url.Value.Length > 0 && url.Value[0] != '-' && !url.Value.Any(char.IsControl), "nothing that git or a terminal takes for something else");
            Must(url.Protocols is "file" or "http" or "https" or "ssh" or "git", "a protocol of ours");
            Must(url.Hash("sha1").Length == 32, "a directory name");
        }),
        new("repository URL in a message", ["https://user:secret@example.com/x", "git@github.com:acme"], text => Must(GitUrl.WithoutCredentials(text).Length <= 200, "its length")),
        new("refs of a remote", [$"{Sha}\trefs/heads/main\n{Sha}\trefs/heads/review/login\n{Sha}\trefs/pull/7/head\n", $"{Sha}\trefs/heads/main\n"], text =>
        {
            var listing = GitRefs.Read(Repository, Repository.Url, text);
            Must(listing.Branches.Count <= GitRefs.Max && listing.Branches.ContainsKey("main"), "a complete listing");
            Must(listing.Branches.Keys.All(b => b[0] != '-' && !b.Any(char.IsControl)), "branches that can be handed to git");
            Must(listing.Proposals.Select(p => p.Key).Distinct().Count() == listing.Proposals.Count, "a key for each proposal");
            foreach (var proposal in listing.Proposals)
            {
                Must(AppName.TryParse("x" + proposal.Key, null, out _) && proposal.Key.Length <= 30, "a label");
                Must(proposal.Title.Length <= 200 && !proposal.Title.Any(char.IsControl), "a title");
                Must(proposal.Branch is null or { Length: > 0 and <= 200 } && proposal.Number is null or > 0, "what an app may be told of it");
            }
        }) { PerByte = 120 },
        new("globs of the files that matter", ["services/api/**\n!**/*.md\nlib", "!docs/**", "a/\n[x]?/**"], text =>
        {
            var lists = GitPathspecs.Of(Repository with { Paths = text.Split('\n') });
            Must(lists.Count > 0 && lists.All(l => l.Count > 0), "nothing that git takes for everything");
            Must(lists.SelectMany(l => l).All(s => (s.StartsWith(":(glob)", StringComparison.Ordinal) || s.StartsWith(":(exclude,glob)", StringComparison.Ordinal)) && !s.Any(char.IsControl)), "globs only");
        }) { PerByte = 400 },
        new("branch as a proposal", ["login-page", "feature/Login Page", "pr-7", "x-0123abcd"], text =>
        {
            var key = ProposalKey.For(text);
            Must(key.Length is > 0 and <= 30 && AppName.TryParse("x" + key, null, out _), "a label");
            Must(text == key || ProposalKey.For(key) != key || !key.StartsWith("pr-", StringComparison.Ordinal) || key.Length > 12, "nobody else's place");
        }),
        new("files of a tree", [$"100644 blob {Sha}      12\tsrc/Program.cs\0", $"120000 blob {Sha}       7\tlink\0" + $"160000 commit {Sha}       -\tsub\0"], bytes =>
        {
            Feed(GitOutput.Records(16 * 1024, record =>
            {
                var entry = GitEntry.Parse(record.Span, "/srv/shop.git");
                Must(GitPaths.IsSafe(entry.Path) && entry.Size >= 0, "a path inside");
            }), bytes);
        }),
        new("commit of a repository", [$"{Sha}\01700000000\0Ada\0Subject", $"{Sha}\0-1\0\0"], bytes =>
        {
            if (GitCommit.Parse(bytes) is not { } commit) return;
            Must(commit.Author.Length <= 100 && commit.Subject.Length <= 200 && commit.Committed.Year is >= 1980 and <= 2100, "bounded");
        }),
        new("what stands at a path", [$"{Sha} blob 12\n", "x missing\n"], bytes => _ = GitFound.Parse(bytes)),
        new("objects of an export", [$"{Sha} blob 5\nhello\n{Sha} blob 4\nfile\n"], bytes => Export(bytes)) { Cases = 500, PerByte = 64, Fixed = 512 * 1024 },
        new("complaint of git", ["fatal: repository 'x' not found\n", "remote: hi\nfatal: unable to access 'https://u:p@h/': returned error: 403", "error: cannot lock ref 'refs/flow/x'"], text =>
        {
            var trouble = GitTrouble.Remote(GitUrl.Parse("https://example.com/x"), text);
            Must(trouble.Message.Length < 1_000, "a short message");
            Must(!GitTrouble.Detail(text).Any(char.IsControl) && GitTrouble.Detail(text).Length <= 200, "nothing for a terminal");
            _ = GitTrouble.IsAboutMirror(text) || GitTrouble.IsAboutRevision(text);
        }) { PerByte = 120 },
        new("root folder", ["src/shop", "/src/", ".", ""], text =>
        {
            if (GitPaths.NormalizeRoot(text) is { } root) Must(!root.Split('/').Any(p => p is "" or "." or ".." or ".git") && root[0] != '/', "inside");
        }),
        new("links of a tree", ["a=b\nc=../x\nd/e=../f", "a/b=..\nl=a/b/../etc", "a=a"], text =>
        {
            var links = text.Split('\n').Select(l => l.Split('=', 2)).Where(l => l.Length == 2).GroupBy(l => l[0]).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);
            foreach (var path in links.Keys.Where(GitPaths.IsSafe).Take(20))
            {
                if (Links.StayInside(links, path)) Must(links[path] is { Length: > 0 } target && target[0] != '/', "no absolute target");
            }
        }) { PerByte = 400 },
    ];

    private static void Export(byte[] bytes)
    {
        using var scratch = new Scratch();
        var export = new GitExport(scratch.Path, [new("100644", Sha, 5, "dir/file"), new("120000", Sha, 4, "dir/link")], DateTime.UnixEpoch);
        export.WriteAsync(new MemoryStream(bytes), default).GetAwaiter().GetResult();
        export.WriteLinks();
        Must(File.ReadAllBytes(Path.Combine(scratch.Path, "dir/file")).Length == 5, "the whole file");
    }

    private static void Feed(Func<Stream, CancellationToken, Task> reader, byte[] bytes) => reader(new MemoryStream(bytes), default).GetAwaiter().GetResult();
}
