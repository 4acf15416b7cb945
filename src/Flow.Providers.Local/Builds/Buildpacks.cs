using System.Text.RegularExpressions;
using Flow.Providers.Local.Files;

namespace Flow.Providers.Local.Builds;

/// <summary>What <c>app.json</c> says of buildpacks and stacks, against what the language packs stand in for. Pure; everything in it is hostile text.</summary>
internal static partial class Buildpacks
{
    private const int MostShown = 5;

    /// <summary>
    /// The one name of a buildpack, however it is written: <c>heroku/dotnet</c> for itself, <c>urn:cnb:registry:heroku/dotnet@1.0</c> and the registry's archive,
    /// <c>heroku/heroku-buildpack-dotnet</c> for any URL of that repository at GitHub. What is none of these stays as it is, and matches nothing.
    /// </summary>
    public static string NameOf(string written)
    {
        var text = written.Trim().ToLowerInvariant();
        foreach (var form in (Regex[])[Registry(), Archive(), Image(), GitHub()])
            if (form.Match(text) is { Success: true } match) return match.Groups["name"].Value;
        return text;
    }

    /// <summary>See <see cref="Flow.Builds.IBuildpackBuilder.ProblemOf"/>.</summary>
    public static string? ProblemOf(string builder, IReadOnlyList<ILanguagePack> languages, IReadOnlyList<string> buildpacks, string? stack)
    {
        var unknown = buildpacks.Select((written, index) => (written, index)).Where(b => !languages.Any(l => l.Buildpacks.Contains(NameOf(b.written)))).ToList();
        List<string> problems = [];
        if (unknown.Count > 0)
        {
            var entries = string.Join(", ", unknown.Take(MostShown).Select(b => $"buildpacks[{b.index}] '{HostileText.Shown(b.written)}'"));
            var known = string.Join(", ", languages.Select(l => l.Buildpacks.Count > 0 ? $"{l.Name} ({l.Buildpacks[0]})" : l.Name));
            problems.Add($"app.json asks for {entries}{(unknown.Count > MostShown ? $" and {unknown.Count - MostShown} more" : "")}. The builder '{builder}' runs no buildpacks; it builds by itself: {known}. Remove {(unknown.Count == 1 ? "the entry" : "these entries")}, or give the pipeline a builder that runs buildpacks.");
        }
        if (stack is not null && !OfThisMachine().IsMatch(stack.Trim()))
            problems.Add($"app.json asks for the stack '{HostileText.Shown(stack)}'. The builder '{builder}' builds for this machine and makes no images: remove \"stack\", name one for buildpacks such as heroku-24, or give the pipeline a builder that makes images.");
        return problems.Count == 0 ? null : string.Join(' ', problems);
    }

    private const string Name = "(?<name>[a-z0-9._-]{1,100}/[a-z0-9._-]{1,100}?)";

    [GeneratedRegex($@"\A(urn:cnb:(registry|builder):)?{Name}(@[a-z0-9._+-]{{1,100}})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Registry();

    [GeneratedRegex($@"\Ahttps?://(buildpack-registry|codon-buildpacks)\.s3\.amazonaws\.com/buildpacks/{Name}\.tgz\z", RegexOptions.CultureInvariant)]
    private static partial Regex Archive();

    [GeneratedRegex($@"\A(docker://)?docker\.io/{Name}([:@][a-z0-9._:-]{{1,100}})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Image();

    // What follows # is a branch or a tag of the buildpack.
    [GeneratedRegex($@"\A((https?|git|ssh)://(git@)?(www\.)?github\.com/|git@github\.com:){Name}(\.git)?/?(#\S{{1,200}})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex GitHub();

    // Stacks of buildpacks say which system image the code expects. Built here, it runs here.
    [GeneratedRegex(@"\A(heroku-[0-9]{2}|cnb)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OfThisMachine();
}
