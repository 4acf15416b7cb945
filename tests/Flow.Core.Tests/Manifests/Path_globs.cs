using System.Diagnostics;
using Flow.Manifests;

namespace Flow.Core.Tests.Manifests;

public sealed class Path_globs
{
    [Theory]
    [InlineData("README.md", "README.md", true)]
    [InlineData("README.md", "docs/README.md", false)]
    [InlineData("README.md", "README.md.bak", false)]
    [InlineData("src", "src/a/b.cs", true)]
    [InlineData("src", "src", true)]
    [InlineData("src", "srcs/a", false)]
    [InlineData("src/", "src/a/b.cs", true)]
    [InlineData("src/", "src", false)]
    [InlineData("*", "a", true)]
    [InlineData("*", "a/b", false)]
    [InlineData("*.cs", "a.cs", true)]
    [InlineData("*.cs", ".cs", true)]
    [InlineData("*.cs", "a/b.cs", false)]
    [InlineData("src/*", "src/a", true)]
    [InlineData("src/*", "src/a/b", false)]
    [InlineData("a*b*c", "aXXbYYc", true)]
    [InlineData("a*b*c", "abbbc", true)]
    [InlineData("a*b*c", "aXXbYYcd", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("a?c", "ac", false)]
    [InlineData("**", "a", true)]
    [InlineData("**", "a/b/c", true)]
    [InlineData("**/*.md", "a.md", true)]
    [InlineData("**/*.md", "a/b/c.md", true)]
    [InlineData("**/*.md", "a/b/c.mdx", false)]
    [InlineData("**/a", "xa", false)]
    [InlineData("**/a", "x/a", true)]
    [InlineData("**/a", "x/a/b", true)]
    [InlineData("src/**", "src/a", true)]
    [InlineData("src/**", "src/a/b", true)]
    [InlineData("src/**", "src", false)]
    [InlineData("src/**", "src2/a", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/xb", false)]
    [InlineData("a/**/b", "ab", false)]
    [InlineData("a/**/**/b", "a/b", true)]
    [InlineData("**/**", "a", true)]
    [InlineData("a/**/b/**/c", "a/b/x/b/c", true)]
    [InlineData("a/**/b/**/c", "a/x/c", false)]
    [InlineData("[ab]", "a", false)]
    [InlineData("[ab]", "[ab]", true)]
    [InlineData("Src", "src/a", false)]
    [InlineData("naïve/😀*", "naïve/😀.txt", true)]
    public void Match_paths(string glob, string path, bool matches) => new PathGlobs([glob]).Matches(path).Should().Be(matches);

    [Fact]
    public void Match_everything_when_there_are_none() => new PathGlobs([]).Matches("a/b").Should().BeTrue();

    [Theory]
    [InlineData("src/a.cs", true)]
    [InlineData("src/a.md", false)]
    [InlineData("src/KEEP.md", true)]
    [InlineData("web/a.cs", false)]
    public void Let_the_last_one_decide(string path, bool matches) => new PathGlobs(["src", "!**/*.md", "**/KEEP.md"]).Matches(path).Should().Be(matches);

    [Fact]
    public void Begin_with_everything_when_they_only_take_out()
    {
        var globs = new PathGlobs(["!docs", "!*.md"]);
        globs.Matches("src/a").Should().BeTrue();
        globs.Matches("docs/a").Should().BeFalse();
        globs.Matches("README.md").Should().BeFalse();
        new PathGlobs(["!docs", "src"]).Matches("web/a").Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("!/a")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/..")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("a**")]
    [InlineData("***")]
    public void Have_their_problems_told(string glob)
    {
        PathGlobs.Problem(glob).Should().NotBeNull();
        FluentActions.Invoking(() => new PathGlobs([glob])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Are_bounded()
    {
        PathGlobs.Problem(new string('a', 120)).Should().BeNull();
        PathGlobs.Problem(new string('a', 121)).Should().Contain("longer than 120");
        FluentActions.Invoking(() => new PathGlobs([.. Enumerable.Repeat("a", 65)])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Match_at_their_longest()
    {
        var longest = new string('a', 120);
        new PathGlobs([longest]).Matches(longest).Should().BeTrue();
        new PathGlobs([longest]).Matches(longest + "/b").Should().BeTrue();
        new PathGlobs([longest[..119] + "/"]).Matches(longest[..119] + "/b").Should().BeTrue();
        new PathGlobs([longest]).Matches(longest + "a").Should().BeFalse();
    }

    [Fact]
    public void Agree_with_a_plain_reading_of_their_rules()
    {
        var chance = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var glob = string.Join('/', Enumerable.Range(0, chance.Next(1, 5)).Select(_ => chance.Next(4) == 0 ? "**" : Word("ab*?")));
            var path = string.Join('/', Enumerable.Range(0, chance.Next(1, 5)).Select(_ => Word("ab")));
            if (PathGlobs.Problem(glob) is null) new PathGlobs([glob]).Matches(path).Should().Be(Plainly(glob.Split('/'), path.Split('/')), $"{glob} and {path}");
        }

        string Word(string letters) => string.Concat(Enumerable.Range(0, chance.Next(1, 4)).Select(_ => letters[chance.Next(letters.Length)]));
    }

    [Fact]
    public void Cost_one_step_a_character_whatever_they_hold()
    {
        var globs = new PathGlobs([.. Enumerable.Range(0, PathGlobs.Max).Select(i => (i % 3) switch { 0 => string.Concat(Enumerable.Repeat("*a", 59)) + "b", 1 => string.Concat(Enumerable.Repeat("**/a/", 23)) + "b", _ => string.Concat(Enumerable.Repeat("?*", 59)) })]);
        string[] paths = [new('a', 4_096), string.Concat(Enumerable.Repeat("a/", 2_048)) + "c"];
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < 50; i++) foreach (var path in paths) globs.Matches(path);
        // A tenth of a second in fact: with backtracking it would not end.
        Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(20));
    }

    private static bool Plainly(string[] glob, string[] path)
    {
        if (glob.Length == 0) return path.Length == 0;
        if (glob[0] == "**") return glob.Length == 1 ? path.Length > 0 : Enumerable.Range(0, path.Length + 1).Any(skip => Plainly(glob[1..], path[skip..]));
        if (path.Length == 0 || !Name(glob[0], path[0])) return false;
        // A last name without wildcards is also what is below it.
        return (glob.Length == 1 && glob[0].IndexOfAny(['*', '?']) < 0) || Plainly(glob[1..], path[1..]);

        static bool Name(string pattern, string name)
        {
            if (pattern.Length == 0) return name.Length == 0;
            if (pattern[0] == '*') return Enumerable.Range(0, name.Length + 1).Any(skip => Name(pattern[1..], name[skip..]));
            return name.Length > 0 && (pattern[0] == '?' || pattern[0] == name[0]) && Name(pattern[1..], name[1..]);
        }
    }
}
