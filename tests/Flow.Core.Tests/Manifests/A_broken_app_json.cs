using System.Diagnostics;
using Flow.Manifests;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

public sealed class A_broken_app_json
{
    [Theory]
    [InlineData("", 1, 1, "the file is empty")]
    [InlineData(" \n\n", 3, 1, "the file is empty")]
    [InlineData("// nothing yet\n/* and here */", 2, 15, "the file is empty")]
    [InlineData("////}", 1, 6, "the file is empty")]
    [InlineData("name: shop", 1, 1, "'{' is expected, 'name' stands here")]
    [InlineData("{\n  \"name\": \"shop\"\n  \"stack\": \"x\"\n}", 3, 3, "',' or '}' is expected before \"stack\": a comma is missing behind line 2, column 17")]
    [InlineData("{\n  \"addons\": [\n    \"a\"\n    \"b\"\n  ]\n}", 4, 5, "',' or ']' is expected before \"b\": a comma is missing behind line 3, column 8")]
    [InlineData("{ \"a\" \"b\" }", 1, 7, "':' and a value are expected after the name \"a\"")]
    [InlineData("{ \"a\": }", 1, 8, "the value of 'a' is missing")]
    [InlineData("{ \"a\": , \"b\": 1 }", 1, 8, "the value of 'a' is missing")]
    [InlineData("{ \"a\": 1,, \"b\": 1 }", 1, 10, "a comma too many")]
    [InlineData("{ , \"b\": 1 }", 1, 3, "a comma too many")]
    [InlineData("{ \"a\": [1 }", 1, 11, "'}' does not close the list of line 1, column 8")]
    [InlineData("{ \"a\": 1 ]", 1, 10, "']' does not close the object of line 1, column 1: '}' is expected")]
    [InlineData("{ \"a\": [12\n", 2, 1, "the file ends, but the list of line 1, column 8 is not closed")]
    [InlineData("{ \"a\": 1", 1, 9, "the file ends, but the object of line 1, column 1 is not closed: '}' is missing")]
    [InlineData("{ \"a\": [1, ", 1, 12, "the file ends, but the list of line 1, column 8 is not closed: ']' is missing")]
    [InlineData("{} {}", 1, 4, "the file goes on after its closing bracket with '{'")]
    [InlineData("{ 'a': 1 }", 1, 3, "a name in double quotes is expected, 'a' stands here")]
    [InlineData("{ a: 1 }", 1, 3, "a name in double quotes is expected, 'a' stands here")]
    [InlineData("{ \"a\": 'b' }", 1, 8, "a value is expected, 'b' stands here; a text stands in double quotes")]
    [InlineData("{ \"a\": True }", 1, 8, "a value is expected, 'True' stands here")]
    [InlineData("{ \"a\": undefined }", 1, 8, "a value is expected, 'undefined' stands here")]
    [InlineData("{ \"a\": 01 }", 1, 8, "'01' is no number")]
    [InlineData("{ \"a\": .5 }", 1, 8, "is no number")]
    [InlineData("{ \"a\": \"b\n\" }", 1, 8, "the text that begins here is not closed on its line")]
    [InlineData("{ \"a\": \"b", 1, 8, "the text that begins here is never closed")]
    [InlineData("{ \"a\": \"\\x\" }", 1, 9, "'\\x' means nothing: write \\\\ for a backslash")]
    [InlineData("{ \"a\": \"\\u12g4\" }", 1, 9, "\\u needs four hexadecimal digits")]
    [InlineData("{ \"a\": \"b\tc\" }", 1, 10, "a control character (U+0009) stands in a text: write \\u0009")]
    [InlineData("{ \"a\": 1 /* never", 1, 10, "a comment that begins here is not finished")]
    [InlineData("{ \"a\": \"\\ud800\" }", 1, 8, "half a character")]
    [InlineData("{ \"\\udc00\": 1 }", 1, 3, "half a character")]
    [InlineData("{ \"ключ\": 1 \"b\": 2 }", 1, 13, "a comma is missing behind line 1, column 12")]
    [InlineData("{ \"a\": 1 /* x */ \"b\": 2 }", 1, 18, "a comma is missing behind line 1, column 9")]
    [InlineData("{ \"a\": [1 /* x */ 2] }", 1, 19, "a comma is missing behind line 1, column 10")]
    [InlineData("{ \"a\": [1 /* x */ , /* y */ , 2] }", 1, 29, "a comma too many")]
    [InlineData("{ \"a\": [1, /* x */ ,] }", 1, 20, "a comma too many")]
    [InlineData("{ /* x */ , \"a\": 1 }", 1, 11, "a comma too many")]
    [InlineData("{ \"a\": 1, /* x */ \"b\" 2 }", 1, 23, "':' and a value are expected after the name \"b\"")]
    [InlineData("{ \"a\": 1, /* x */ , \"b\": 2 }", 1, 19, "a comma too many")]
    [InlineData("[]", 1, 1, "the file must hold an object, not a list")]
    [InlineData("null", 1, 1, "the file must hold an object, not null")]
    [InlineData("\uFEFF[]", 1, 1, "the file must hold an object")]
    public void Is_told_as_a_person_would(string json, int line, int column, string message)
    {
        Refused(json).Should().StartWith($"app.json has an error: line {line}, column {column}, $").And.Contain(message);
    }

    [Fact]
    public void Has_the_path_of_where_it_broke() => Refused("{ \"env\": { \"A\": { \"value\": \"x\" \"required\": true } } }").Should().Contain("line 1, column 32, $.env.A: this is no JSON");

    [Fact]
    public void Is_forgiven_comments_trailing_commas_and_a_byte_order_mark()
    {
        var (manifest, told) = Odd("\uFEFF{\r\n  // the shop\r\n  \"env\": {\r\n    \"A\": \"x\", /* last */\r\n  },\r\n  \"addons\": [ \"db\" /* one */ , ],\r\n}\r\n");
        manifest.Env.Should().ContainKey("A");
        manifest.AddOns.Should().ContainSingle();
        told.Should().Equal(
            "2 $ JSON has no comments; this one and 2 more are skipped; other tools refuse them.",
            "4 $.env a comma stands behind the last entry (column 13): skipped; other tools refuse it.",
            "6 $.addons a comma stands behind the last entry (column 30): skipped; other tools refuse it.",
            "6 $ a comma stands behind the last entry (column 33): skipped; other tools refuse it.");
        Odd("{ \"env\" : /* a */ { \"A\" : // b\n \"x\" } }").Manifest.Env.Should().ContainKey("A");
        Odd("{ \"env\": { \"A\": \"x,y\" }, \"addons\": [] }").Warnings.Should().BeEmpty("commas inside and between are none behind the last");
    }

    [Fact]
    public void Takes_the_last_of_two_with_one_name()
    {
        var (manifest, told) = Odd("{\n  \"stack\": \"a\",\n  \"env\": { \"A\": \"1\", \"A\": \"2\" },\n  \"stack\": \"b\"\n}");
        manifest.Stack.Should().Be("b");
        manifest.Env["A"].Value.Should().Be("2");
        told.Should().Equal("3 $.env.A 'A' stands here a second time; the last one counts.", "4 $.stack 'stack' stands here a second time; the last one counts.");
    }

    [Fact]
    public void Has_all_its_errors_told_at_once()
    {
        Refused("{\n  \"env\": { \"A\": [] },\n  \"stack\": {},\n  \"addons\": 1\n}").Should().Be(
            "app.json has 3 errors:\nline 2, column 17, $.env.A: must be a text, or an object with description, value, required, generator, not a list.\n"
            + "line 3, column 12, $.stack: must be a text in double quotes, not an object.\nline 4, column 13, $.addons: must be a list [ ... ], not a number.");
    }

    [Fact]
    public void Has_many_errors_counted()
    {
        var told = Refused($$"""{ "env": { {{string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"{i}-\": 1"))}} } }""");
        told.Should().StartWith("app.json has 500 errors:").And.MatchRegex(@"\nand \d+ more\.$");
        told.Split('\n').Length.Should().BeInRange(12, 22);
    }

    [Fact]
    public void Has_many_warnings_counted()
    {
        var file = Read($$"""{ {{string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"x{i}\": 1"))}} }""");
        file.Warnings.Should().HaveCount(100);
        file.Warnings[^1].Message.Should().StartWith("There are 401 more");
    }

    [Fact]
    public void Shows_nothing_that_acts_on_a_terminal() => Refused("{ \"env\": { \"\\u001b[2J\\u202e\": 1 } }").Should().NotContain("\u202e").And.NotContain("\u001b");

    [Fact]
    public void Is_bounded_in_bytes()
    {
        Read("{}" + new string(' ', AppJson.MaxBytes - 2)).Warnings.Should().BeEmpty();
        Refused("{}" + new string(' ', AppJson.MaxBytes - 1)).Should().Contain("larger than 256 KiB");
        Refused("{}//" + new string('é', AppJson.MaxBytes / 2)).Should().Contain("larger than 256 KiB");
    }

    [Fact]
    public void Is_bounded_in_depth()
    {
        Read(Nested(31)).Warnings.Should().ContainSingle();
        Refused(Nested(32)).Should().Contain("nested deeper than 32");

        static string Nested(int lists) => $$"""{ "x": {{new string('[', lists)}}{{new string(']', lists)}} }""";
    }

    public static TheoryData<string> Hostile => [.. Documents.Keys];

    private static readonly Dictionary<string, string> Documents = new()
    {
        { "nested lists", "{\"x\":" + new string('[', 250_000) },
        { "nested objects", string.Concat(Enumerable.Repeat("{\"a\":", 50_000)) },
        { "one name, always", "{" + string.Join(',', Enumerable.Repeat("\"env\":{}", 28_000)) + "}" },
        { "one name in env", "{\"env\":{" + string.Join(',', Enumerable.Repeat("\"A\":\"\"", 36_000)) + "}}" },
        { "many names in env", "{\"env\":{" + string.Join(',', Enumerable.Range(0, 9_000).Select(i => $"\"-{i}\":\"\"")) + "}}" },
        { "many unknown keys", "{" + string.Join(',', Enumerable.Range(0, 9_000).Select(i => $"\"x{i}\":[]")) + "}" },
        { "empty lists", "{\"x\":[" + string.Join(',', Enumerable.Repeat("[]", 80_000)) + "]}" },
        { "a huge number", "{\"formation\":{\"web\":{\"quantity\":" + new string('9', 200_000) + "}}}" },
        { "a huge exponent", "{\"formation\":{\"web\":{\"quantity\":1e" + new string('9', 200_000) + "}}}" },
        { "a long name", "{\"" + new string('x', 250_000) + "\":1}" },
        { "a long name that is wrong", "{\"env\":{\"" + new string('-', 250_000) + "\":1}}" },
        { "a long path", "{\"flow\":{\"root\":\"" + string.Concat(Enumerable.Repeat("a/", 100_000)) + "\"}}" },
        { "a long description", "{\"description\":\"" + new string('\u202e', 80_000) + "\"}" },
        { "a long text that never ends", "{\"a\":\"" + new string('x', 250_000) },
        { "comments", "{" + string.Concat(Enumerable.Repeat("/**/", 60_000)) + "}" },
        { "trailing commas", "{\"x\":[" + string.Concat(Enumerable.Repeat("[1,],", 4_000)) + "]}" },
        { "lone halves", "{\"env\":{" + string.Join(',', Enumerable.Repeat("\"A\":\"\ud800\"", 9_000)) + "}}" },
        { "white space", new string('\n', 250_000) },
    };

    [Theory, MemberData(nameof(Hostile))]
    public void Costs_little_whatever_it_holds(string what)
    {
        var json = Documents[what];
        _ = Try("{}");
        var (before, since) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        var told = Try(json);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16 * 1024 * 1024, what);
        // Milliseconds in fact: what is not linear takes minutes.
        Stopwatch.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(5), what);
        told?.Length.Should().BeLessThanOrEqualTo(3_000, what);
    }

    private static string? Try(string json)
    {
        try
        {
            _ = AppJson.Parse(json);
            return null;
        }
        catch (FlowException refused)
        {
            return refused.Message;
        }
    }
}
