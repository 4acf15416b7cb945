namespace Flow.Manifests;

/// <summary>
/// Globs over relative paths with <c>/</c>: <c>*</c> and <c>?</c> stay within a name, <c>**</c> as a whole name is any number of folders, a last name without wildcards also means what is
/// below it, and <c>!</c> first takes out again: the last glob that matches decides. Each glob is a small automaton of 128 states at most, so a path costs one step a character and glob.
/// </summary>
internal sealed class PathGlobs
{
    /// <summary>Most globs.</summary>
    public const int Max = 64;

    /// <summary>Longest glob, in characters; its states fit one word.</summary>
    public const int LongestGlob = 120;

    private readonly Glob[] globs;
    private readonly bool otherwise;

    /// <exception cref="ArgumentException">One of them has a problem.</exception>
    public PathGlobs(IReadOnlyList<string> globs)
    {
        if (globs.Count > Max || globs.FirstOrDefault(g => Problem(g) is not null) is not null) throw new ArgumentException("Globs are checked before.", nameof(globs));
        this.globs = [.. globs.Select(g => new Glob(g))];
        otherwise = this.globs.All(g => g.Excludes);
    }

    /// <summary>This file matters. No globs: all do.</summary>
    public bool Matches(string path)
    {
        for (var i = globs.Length - 1; i >= 0; i--)
        {
            if (globs[i].Matches(path)) return !globs[i].Excludes;
        }
        return otherwise;
    }

    /// <summary>What is wrong with it, as the end of a sentence; null: nothing.</summary>
    public static string? Problem(string glob)
    {
        var path = glob.StartsWith('!') ? glob[1..] : glob;
        if (path.Length == 0) return "is empty";
        if (glob.Length > LongestGlob) return $"is longer than {LongestGlob} characters";
        if (path[0] == '/') return "begins with '/'";
        if (path.Any(c => char.IsControl(c) || c == '\\')) return "holds a control character or a backslash: folders are divided by '/'";
        var names = path.TrimEnd('/').Split('/');
        if (names.Any(n => n is "" or "." or "..")) return "holds an empty name, '.' or '..'";
        return names.FirstOrDefault(n => n.Contains("**", StringComparison.Ordinal) && n != "**") is null ? null : "holds '**' beside other characters: it stands for whole folders, alone between '/'";
    }

    private sealed class Glob
    {
        // Bit i: the first i tokens are consumed. A token eats one character; a state may also stay where it is.
        private readonly Dictionary<char, UInt128> eats = [];
        private readonly UInt128 eatsAnyInName, eatsAny, staysInName, staysAnywhere, skippable, start, end;

        public Glob(string text)
        {
            Excludes = text.StartsWith('!');
            var path = Excludes ? text[1..] : text;
            var names = path.TrimEnd('/').Split('/').ToList();
            // "src/" and "src" are also everything below.
            var folder = path.EndsWith('/');
            var whole = !folder && names[^1].AsSpan().IndexOfAny('*', '?') < 0;
            if (folder && names[^1] != "**") names.Add("**");

            var at = 0;
            for (var i = 0; i < names.Count; i++)
            {
                var last = i == names.Count - 1;
                if (names[i] == "**")
                {
                    if (i > 0 && names[i - 1] == "**" && !last) continue;
                    staysAnywhere |= Bit(at);
                    if (last)
                    {
                        // Something must be below: the folder itself is no file.
                        staysAnywhere |= Bit(at + 1);
                        eatsAny |= Bit(at);
                        at++;
                    }
                    else
                    {
                        skippable |= Bit(at);
                        Eat('/', at++);
                    }
                    continue;
                }
                foreach (var c in names[i])
                {
                    if (c == '*') staysInName |= Bit(at);
                    else if (c == '?') eatsAnyInName |= Bit(at++);
                    else Eat(c, at++);
                }
                if (!last) Eat('/', at++);
            }
            end = Bit(at);
            if (whole)
            {
                Eat('/', at++);
                staysAnywhere |= Bit(at);
                end |= Bit(at);
            }
            start = Skip(1);
        }

        public bool Excludes { get; }

        public bool Matches(string path)
        {
            var states = start;
            foreach (var c in path)
            {
                var stays = states & (c == '/' ? staysAnywhere : staysInName | staysAnywhere);
                var eaten = states & (eats.GetValueOrDefault(c) | eatsAny | (c == '/' ? 0 : eatsAnyInName));
                states = stays | Skip(eaten << 1);
                if (states == 0) return false;
            }
            return (states & end) != 0;
        }

        private void Eat(char c, int at) => eats[c] = eats.GetValueOrDefault(c) | Bit(at);

        // A folder wildcard may stand for no folder at all, but only where a name begins: when it is entered.
        private UInt128 Skip(UInt128 entered) => entered | ((entered & skippable) << 1);

        private static UInt128 Bit(int at) => UInt128.One << at;
    }
}
