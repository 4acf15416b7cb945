using Flow.Manifests;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

public sealed class The_env_of_an_app_json
{
    [Fact]
    public void Holds_values_and_declarations()
    {
        var env = Clean("""
            { "env": {
              "PLAIN": "a b",
              "lower_case": "x",
              "FULL": { "description": "Who gets mail.", "value": "me", "required": true, "sync": true },
              "SECRET_KEY": { "generator": "secret" },
              "OPTIONAL": { "required": false },
              "ASKED_FOR": { "description": "  A\tkey\n of the service " },
              "PEM": "-----BEGIN\nabc\r\n-----END\t"
            } }
            """).Env;

        env.Should().Equal(new Dictionary<string, EnvDeclaration>
        {
            ["PLAIN"] = new("a b", Required: true),
            ["lower_case"] = new("x", Required: true),
            ["FULL"] = new("me", Required: true, Sync: true, Description: "Who gets mail."),
            ["SECRET_KEY"] = new(Required: true, Generated: true),
            ["OPTIONAL"] = new(Required: false),
            ["ASKED_FOR"] = new(Required: true, Description: "A key of the service"),
            ["PEM"] = new("-----BEGIN\nabc\r\n-----END\t", Required: true),
        });
    }

    [Theory]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("8080", "8080")]
    [InlineData("1.50", "1.50")]
    [InlineData("1e999", "1e999")]
    public void Takes_numbers_and_flags_as_they_are_written(string written, string value)
    {
        var (plain, told) = Odd($$"""{ "env": { "A": {{written}} } }""");
        plain.Env["A"].Value.Should().Be(value);
        told.Should().ContainSingle().Which.Should().Match("1 $.env.A is *where a text belongs*");

        var (inside, toldInside) = Odd($$"""{ "env": { "A": { "value": {{written}} } } }""");
        inside.Env["A"].Value.Should().Be(value);
        toldInside.Should().ContainSingle().Which.Should().StartWith("1 $.env.A.value is ");
    }

    [Theory]
    [InlineData("""{ "required": "true", "value": "x" }""", true, "$.env.A.required*taken for true*")]
    [InlineData("""{ "required": "False" }""", false, "$.env.A.required*taken for false*")]
    [InlineData("""{ "required": "" }""", true, "$.env.A.required is empty*")]
    [InlineData("""{ "required": null }""", true, "$.env.A.required is null*")]
    public void Forgives_a_required_that_is_a_text(string declared, bool required, string warning)
    {
        var (manifest, told) = Odd($$"""{ "env": { "A": {{declared}} } }""");
        manifest.Env["A"].Required.Should().Be(required);
        told.Should().ContainSingle().Which.Should().Match("1 " + warning);
    }

    [Theory]
    [InlineData("""{ "value": "", "required": true }""", null, false, "*required and has an empty value*")]
    [InlineData("""{ "value": "", "generator": "secret" }""", null, true, "*the generator counts*")]
    [InlineData("""{ "value": "", "required": false }""", "", false, "*empty value: the app gets it so*")]
    [InlineData("""{ "value": "x", "generator": "secret" }""", "x", false, "*the value counts*")]
    [InlineData("""{ "value": null }""", null, false, "*A.value is null*")]
    [InlineData("""{ "generator": "" }""", null, false, "*A.generator is empty*")]
    public void Decides_between_value_and_generator(string declared, string? value, bool generated, string warning)
    {
        var (manifest, told) = Odd($$"""{ "env": { "A": {{declared}} } }""");
        manifest.Env["A"].Value.Should().Be(value);
        manifest.Env["A"].Generated.Should().Be(generated);
        told.Should().ContainSingle().Which.Should().Match(warning);
    }

    [Theory]
    [InlineData("PORT")]
    [InlineData("DYNO")]
    [InlineData("HEROKU_APP_NAME")]
    [InlineData("HEROKU_PARENT_APP_NAME")]
    [InlineData("HEROKU_PR_NUMBER")]
    [InlineData("HEROKU_SLUG_COMMIT")]
    public void Leaves_out_what_the_platform_sets(string name)
    {
        var (manifest, told) = Odd($$"""{ "env": { "{{name}}": { "required": true } } }""");
        manifest.Env.Should().BeEmpty();
        told.Should().ContainSingle().Which.Should().Be($"1 $.env.{name} is set by the platform for every app: left out.");
    }

    [Theory]
    [InlineData("HEROKU_API_KEY")]
    [InlineData("HEROKU")]
    [InlineData("_A")]
    public void Keeps_names_that_are_the_users_own(string name) => Clean($$"""{ "env": { "{{name}}": "x" } }""").Env.Should().ContainKey(name);

    [Theory]
    [InlineData("A-B")]
    [InlineData("1A")]
    [InlineData("A B")]
    [InlineData("A=B")]
    [InlineData("")]
    [InlineData("É")]
    [InlineData("FLOW_APP_NAME")]
    [InlineData("__A")]
    public void Refuses_names_that_no_config_var_has(string name) =>
        Refused($$"""{ "env": { "{{name}}": "x" } }""").Should().Match("app.json has an error: line 1, column 12, $.env*is no name for a config var*");

    [Fact]
    public void Refuses_names_that_are_too_long()
    {
        Clean($$"""{ "env": { "{{new string('A', 100)}}": "x" } }""").Env.Should().HaveCount(1);
        Refused($$"""{ "env": { "{{new string('A', 101)}}": "x" } }""").Should().Contain("at most 100");
    }

    [Theory]
    [InlineData("[]", "$.env.A: must be a text, or an object*not a list*")]
    [InlineData("""{ "value": [1] }""", "$.env.A.value: must be a text*not a list*")]
    [InlineData("""{ "value": {} }""", "$.env.A.value: must be a text*not an object*")]
    [InlineData("""{ "required": "yes" }""", "$.env.A.required: must be true or false*")]
    [InlineData("""{ "required": 1 }""", "$.env.A.required: must be true or false*a number*")]
    [InlineData("""{ "sync": [] }""", "$.env.A.sync: must be true or false*")]
    [InlineData("""{ "generator": "uuid" }""", "$.env.A.generator: 'uuid' is no generator: there is 'secret' only*")]
    [InlineData("""{ "description": {} }""", "$.env.A.description: must be a text*")]
    [InlineData("\"a\\u0000b\"", "$.env.A: holds a control character (U+0000)*")]
    [InlineData("\"a\\u001bb\"", "$.env.A: holds a control character (U+001B)*")]
    [InlineData("\"a\\u009bb\"", "$.env.A: holds a control character (U+009B)*")]
    public void Refuses_what_has_no_meaning(string declared, string message) => Refused($$"""{ "env": { "A": {{declared}} } }""").Should().Match($"app.json has an error: line 1, column *, {message}");

    [Fact]
    public void Never_shows_a_value_in_a_message() => Refused("""{ "env": { "A": "hunter2\u0000", "B": { "value": ["hunter2"] }, "C-D": "hunter2" } }""").Should().NotContain("hunter2");

    [Fact]
    public void Tells_keys_that_it_does_not_know()
    {
        Odd("""{ "env": { "A": { "default": "x", "Value": "y" } } }""").Warnings.Should().Equal(
            "1 $.env.A.default is not known, and not read: the value of a new app is 'value'.", "1 $.env.A.Value is not known, and not read.");
    }

    [Fact]
    public void Cuts_long_descriptions()
    {
        var (manifest, told) = Odd($$"""{ "env": { "A": { "description": "{{new string('é', 301)}}" } } }""");
        manifest.Env["A"].Description.Should().HaveLength(300);
        told.Should().ContainSingle().Which.Should().Contain("longer than 300");
    }

    [Fact]
    public void Declares_nothing_by_null()
    {
        var (manifest, told) = Odd("""{ "env": { "A": null } }""");
        manifest.Env.Should().BeEmpty();
        told.Should().ContainSingle().Which.Should().Contain("as if it were not declared");
    }

    [Fact]
    public void Is_bounded_in_number_and_size()
    {
        var most = string.Join(',', Enumerable.Range(0, 256).Select(i => $"\"A{i}\":\"\""));
        Read($$"""{ "env": { {{most}} } }""").For(Stage.Review).Env.Should().HaveCount(256);
        Refused($$"""{ "env": { {{most}}, "B": "" } }""").Should().Match("*there are 257 config vars: keep at most 256*");
        // Together with the base it is too many, although each alone is not.
        Refused($$"""{ "env": { {{most}} }, "environments": { "review": { "env": { "B": "" } } } }""").Should().Match("*$.environments.review: there are 257 config vars*");

        Clean($$"""{ "env": { "A": "{{new string('x', (32 * 1024) - 1)}}" } }""").Env.Should().HaveCount(1);
        Refused($$"""{ "env": { "A": "{{new string('x', 32 * 1024)}}" } }""").Should().Contain("larger than 32 KiB");
        Refused($$"""{ "env": { "A": "{{new string('é', 16 * 1024)}}" } }""").Should().Contain("larger than 32 KiB");
    }
}
