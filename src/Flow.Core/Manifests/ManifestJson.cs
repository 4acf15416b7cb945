using System.Text.Json;

namespace Flow.Manifests;

/// <summary>The JSON of a manifest as a tree with places. Forgives comments, trailing commas and names that come twice; each is told.</summary>
internal sealed partial class ManifestJson(byte[] utf8, ManifestFindings findings)
{
    /// <summary>Deepest nesting; what app.json says needs eight.</summary>
    public const int MaxDepth = 32;

    /// <summary>Most values, all together.</summary>
    public const int MaxValues = 10_000;

    private const string CommaTooMany = "this is no JSON: a comma too many: an entry is expected before it.";

    private readonly Stack<Level> open = [];
    private ManifestValue? root;
    private JsonTokenType previous = JsonTokenType.None;
    private int previousEnd, tokenEnd, values, comments, firstComment;

    /// <summary>Null: it is no JSON object, and the findings say so.</summary>
    public ManifestValue? Read()
    {
        // Deeper than we read, so that the reader's own limit is never the one that speaks.
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Allow, MaxDepth = MaxDepth * 2 });
        try
        {
            while (reader.Read())
            {
                if (!Take(ref reader)) return null;
                previousEnd = (int)reader.BytesConsumed;
                if (reader.TokenType != JsonTokenType.Comment) tokenEnd = previousEnd;
            }
        }
        catch (JsonException broken)
        {
            Explain(broken);
            return null;
        }
        if (comments > 0) findings.Warn(firstComment, "$", $"JSON has no comments; {(comments == 1 ? "this one is" : $"this one and {comments - 1} more are")} skipped; other tools refuse them.");
        // Comments alone are no file.
        if (root is null && !findings.Wrong) findings.Error(utf8.Length, "$", "the file is empty; write { } at least.");
        if (root is { IsObject: false }) findings.Error(root, $"the file must hold an object, not {root.What}: write {{ ... }} around it.");
        return findings.Wrong ? null : root;
    }

    private bool Take(ref Utf8JsonReader reader)
    {
        var at = (int)reader.TokenStartIndex;
        if (reader.TokenType == JsonTokenType.Comment)
        {
            if (comments++ == 0) firstComment = at;
            LookForComma(at);
            return true;
        }
        if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
        {
            LookForComma(at);
            if (open.Peek().Commas > 1) return Fail(open.Peek().Comma!.Value, CommaTooMany);
            var closed = open.Pop();
            if (closed.Comma is { } comma) findings.Warn(comma, closed.Owner.Path, $"a comma stands behind the last entry (column {findings.Place(comma).Column}): skipped; other tools refuse it.");
            previous = reader.TokenType;
            return true;
        }
        if (open.TryPeek(out var level) && !Separated(level, at)) return false;
        previous = reader.TokenType;
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            level!.NameAt = at;
            level.Name = Text(ref reader, at);
            return level.Name is not null;
        }
        return Value(ref reader, at, level);
    }

    /// <summary>The reader forgets about commas where comments stand.</summary>
    private bool Separated(Level level, int at)
    {
        LookForComma(at);
        var (first, commas) = (level.Owner.Items.Count == 0, level.Commas);
        if (level.Name is null && commas > (first ? 0 : 1)) return Fail(level.Comma!.Value, CommaTooMany);
        if (level.Name is null && !first && commas == 0)
        {
            var (line, column) = findings.Place(tokenEnd);
            return Fail(at, $"this is no JSON: a comma is missing behind line {line}, column {column}.");
        }
        (level.Comma, level.Commas) = (null, 0);
        return true;
    }

    private bool Value(ref Utf8JsonReader reader, int at, Level? level)
    {
        if (++values > MaxValues) return Fail(at, $"this is value {MaxValues + 1}: an app.json has far fewer.");
        var text = reader.TokenType switch
        {
            JsonTokenType.String => Text(ref reader, at),
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            _ => "",
        };
        if (text is null) return false;
        var value = new ManifestValue(level?.Owner, level?.Name, level?.Owner.Items.Count ?? 0, reader.TokenType, level?.Name is null ? at : level.NameAt, at) { Text = text };
        if (level is null) root = value;
        else level.Add(value, findings);
        if (!value.IsObject && !value.IsArray) return true;
        if (open.Count == MaxDepth) return Fail(at, $"it is nested deeper than {MaxDepth}: an app.json is far flatter.");
        open.Push(new(value));
        return true;
    }

    private string? Text(ref Utf8JsonReader reader, int at)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // \ud800 alone.
            Fail(at, "this text holds half a character (a lone \\uD800 to \\uDFFF): write both halves, or the character itself.");
            return null;
        }
    }

    private bool Fail(int at, string message)
    {
        findings.Error(at, open.TryPeek(out var level) ? level.Owner.Path : "$", message);
        return false;
    }

    // Between two tokens there are only white space, commas and colons.
    private void LookForComma(int until)
    {
        var between = utf8.AsSpan(previousEnd..until);
        if (!open.TryPeek(out var level) || between.LastIndexOf((byte)',') is not (>= 0 and var comma)) return;
        level.Comma = previousEnd + comma;
        level.Commas += between.Count((byte)',');
    }

    private sealed class Level(ManifestValue owner)
    {
        private readonly Dictionary<string, int> byName = new(StringComparer.Ordinal);

        public ManifestValue Owner => owner;
        public string? Name { get; set; }
        public int NameAt { get; set; }
        /// <summary>Since the last entry: where the last stands, and how many there are.</summary>
        public int? Comma { get; set; }
        public int Commas { get; set; }

        public void Add(ManifestValue value, ManifestFindings findings)
        {
            if (value.Name is { } name && !byName.TryAdd(name, owner.Items.Count))
            {
                findings.Warn(value, $"'{HostileText.Shown(name)}' stands here a second time; the last one counts.");
                owner.Items[byName[name]] = value;
            }
            else owner.Items.Add(value);
            Name = null;
        }
    }
}
