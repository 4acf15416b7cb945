using Flow.Manifests;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

public sealed class The_sections_of_an_app_json
{
    [Fact]
    public void Describe_the_app_for_people()
    {
        var file = Read("""
            { "$schema": "https://example.com/app.schema.json", "name": "Shop\u202e\u001b[2J", "description": " Sells\n things ", "website": "https://shop.example.com", "repository": "r", "logo": "l",
              "keywords": ["a", "b"], "image": "heroku/ruby" }
            """);

        file.Should().BeEquivalentTo(new { Name = "Shop[2J", Description = "Sells things", Website = "https://shop.example.com", Repository = "r", Logo = "l", Keywords = new[] { "a", "b" }, Image = "heroku/ruby" });
        file.Warnings.Should().BeEmpty();
        file.For(Stage.Review).Should().BeEquivalentTo(AppManifest.Empty);
    }

    [Fact]
    public void Are_cut_and_counted_when_they_are_only_for_people()
    {
        var file = Read($$"""{ "name": "{{new string('x', 299)}}😀", "keywords": "shop", "logo": 7, "website": null }""");
        file.Name.Should().Be(new string('x', 299));
        file.Keywords.Should().Equal("shop");
        file.Logo.Should().Be("7");
        file.Warnings.Should().HaveCount(4);
        var packaged = Read("""{ "repository": { "type": "git", "url": "https://example.com/shop" } }""");
        packaged.Repository.Should().Be("https://example.com/shop");
        packaged.Warnings.Should().ContainSingle().Which.Path.Should().Be("$.repository");
        Refused($$"""{ "keywords": [{{string.Join(',', Enumerable.Repeat("\"k\"", 51))}}] }""").Should().Contain("$.keywords[50]: is one too many: keep at most 50");
        Refused("""{ "name": {}, "keywords": 1 }""").Should().Contain("$.name: must be a text").And.Contain("$.keywords: must be a list");
    }

    [Fact]
    public void Scale_processes()
    {
        var processes = Clean("""{ "formation": { "web": { "quantity": 2, "size": "standard-1x" }, "worker": { "size": "Free" }, "clock_2": { "quantity": 0 }, "idle": {} } }""").Processes;
        processes.Should().Equal(new Dictionary<string, ProcessDeclaration> { ["web"] = new(2, "standard-1x"), ["worker"] = new(Size: "Free"), ["clock_2"] = new(0) });
    }

    [Theory]
    [InlineData("""{ "web": { "quantity": "3" } }""", 3, "$.formation.web.quantity is a text*")]
    [InlineData("""{ "web": 3 }""", 3, "$.formation.web is a number: taken for its quantity*")]
    [InlineData("""[{ "process": "web", "quantity": 3 }]""", 3, "$.formation is a list*read all the same*")]
    [InlineData("""{ "web": { "quantity": 3, "max_parallel": 1 } }""", 3, "$.formation.web.max_parallel is not known*")]
    [InlineData("""{ "web": { "quantity": 3, "size": "" } }""", 3, "$.formation.web.size *left out*")]
    [InlineData("""{ "web": { "quantity": 3, "size": "a b" } }""", 3, "$.formation.web.size *left out*")]
    [InlineData("""{ "web": { "quantity": 3 }, "worker": null }""", 3, "$.formation.worker is null*")]
    [InlineData("""{ "web": { "quantity": 3, "size": null } }""", 3, "$.formation.web.size is null*")]
    [InlineData("""{ "web": { "quantity": 3 }, "worker": { "quantity": "" } }""", 3, "$.formation.worker.quantity is empty*")]
    public void Forgive_how_a_quantity_is_written(string formation, int quantity, string warning)
    {
        var (manifest, told) = Odd($$"""{ "formation": {{formation}} }""");
        manifest.Processes.Should().Equal(new Dictionary<string, ProcessDeclaration> { ["web"] = new(quantity) });
        told.Should().ContainSingle().Which.Should().Match("1 " + warning);
    }

    [Fact]
    public void Read_whole_numbers_however_they_are_written() => Clean("""{ "formation": { "web": { "quantity": 2.0 }, "worker": { "quantity": 1e1 } } }""").Processes["worker"].Quantity.Should().Be(10);

    [Theory]
    [InlineData("""{ "web": { "quantity": -1 } }""", "$.formation.web.quantity: must be a whole number from 0 to 100*")]
    [InlineData("""{ "web": { "quantity": 101 } }""", "$.formation.web.quantity: must be a whole number*")]
    [InlineData("""{ "web": { "quantity": 1.5 } }""", "$.formation.web.quantity: must be a whole number*")]
    [InlineData("""{ "web": { "quantity": 1e999 } }""", "$.formation.web.quantity: must be a whole number*")]
    [InlineData("""{ "web": { "quantity": true } }""", "$.formation.web.quantity: must be a whole number*")]
    [InlineData("""{ "web": "many" }""", "$.formation.web: must be a whole number*")]
    [InlineData("""{ "web": [] }""", "$.formation.web: must be an object*")]
    [InlineData("""{ "web server": {} }""", "$.formation['web server']: *a process type has 1 to 63*")]
    [InlineData("""[{ "quantity": 1 }]""", "$.formation[0]: names no process type*")]
    [InlineData("3", "$.formation: must be an object*not a number*")]
    public void Refuse_impossible_formations(string formation, string message) => Refused($$"""{ "formation": {{formation}} }""").Should().Match($"app.json has an error: line 1, column *, {message}");

    [Fact]
    public void Are_bounded_in_processes()
    {
        var most = string.Join(',', Enumerable.Range(0, 64).Select(i => $$"""
            "t{{i}}": { "quantity": 1 }
            """));
        Clean($$"""{ "formation": { {{most}} } }""").Processes.Should().HaveCount(64);
        Refused($$"""{ "formation": { {{most}} }, "flow": { "processes": { "x": {} , "y": { "limits": { "cpu": 1 } } } } }""").Should().Contain("there are 65 process types: keep at most 64");
    }

    [Fact]
    public void Ask_for_add_ons()
    {
        var addOns = Clean("""
            { "addons": ["heroku-redis", "heroku-postgresql:hobby-dev", { "plan": "mongolab:sandbox", "as": "MONGO" }, { "plan": "heroku-postgresql", "options": { "version": "16" } }] }
            """).AddOns;

        addOns.Take(3).Should().Equal(new AddOnDeclaration("heroku-redis"), new AddOnDeclaration("heroku-postgresql", "hobby-dev"), new AddOnDeclaration("mongolab", "sandbox", "MONGO"));
        addOns[3].Options.Should().Equal(new Dictionary<string, string> { ["version"] = "16" });
    }

    [Theory]
    [InlineData("\"heroku-redis\"", "$.addons is a text where a list belongs*")]
    [InlineData("{ \"plan\": \"heroku-redis\" }", "$.addons is an object where a list belongs*")]
    [InlineData("[\"heroku-redis\", null]", "$.addons[[]1] is empty: left out*")]
    [InlineData("[\"heroku-redis\", \"\"]", "$.addons[[]1] is empty: left out*")]
    [InlineData("[{ \"plan\": \"heroku-redis\", \"as\": \"\" }]", "$.addons[[]0].as is empty*")]
    [InlineData("[{ \"plan\": \"heroku-redis\", \"name\": \"x\" }]", "$.addons[[]0].name is not known*")]
    public void Forgive_how_an_add_on_is_written(string addOns, string warning)
    {
        var (manifest, told) = Odd($$"""{ "addons": {{addOns}} }""");
        manifest.AddOns.Should().Equal(new AddOnDeclaration("heroku-redis"));
        told.Should().ContainSingle();
        told[0].Should().StartWith("1 " + warning.Replace("[[]", "[", StringComparison.Ordinal).TrimEnd('*'));
    }

    [Fact]
    public void Turn_the_name_of_an_add_on_into_the_beginning_of_config_vars()
    {
        var (manifest, told) = Odd("""{ "addons": [{ "plan": "x", "as": "main-db", "options": { "size": 5, "ha": true, "none": null } }] }""");
        manifest.AddOns[0].As.Should().Be("MAIN_DB");
        manifest.AddOns[0].Options.Should().Equal(new Dictionary<string, string> { ["size"] = "5", ["ha"] = "true" });
        told.Should().HaveCount(4).And.Contain("1 $.addons[0].as it begins the names of config vars: taken for MAIN_DB.");
    }

    [Theory]
    [InlineData("3", "$.addons: must be a list*")]
    [InlineData("""{ "heroku-redis": {} }""", "$.addons: must be a list*not an object*")]
    [InlineData("[3]", "$.addons[0]: must be an object*")]
    [InlineData("""["a b"]""", "$.addons[0]: 'a b' is no add-on*")]
    [InlineData("""["a:b:c"]""", "$.addons[0]: 'a:b:c' is no add-on*")]
    [InlineData("""["-x"]""", "$.addons[0]: '-x' is no add-on*")]
    [InlineData("""[{}]""", "$.addons[0]: has no plan*")]
    [InlineData("""[{ "plan": "" }]""", "$.addons[0].plan: is empty*")]
    [InlineData("""[{ "plan": "x", "as": "1A" }]""", "$.addons[0].as: '1A' is no name*")]
    [InlineData("""[{ "plan": "x", "as": "FLOW" }]""", "$.addons[0].as: 'FLOW' is no name*")]
    [InlineData("""[{ "plan": "x", "as": "A" }, { "plan": "y", "as": "a" }]""", "$.addons[1]: 'A' is the name of another add-on*")]
    [InlineData("""[{ "plan": "x", "options": { "a": { "b": 1 } } }]""", "$.addons[0].options.a: must be a text*")]
    [InlineData("""[{ "plan": "x", "options": { "a b": "1" } }]""", "$.addons[0].options['a b']: an option's name*")]
    [InlineData("""[{ "plan": "x", "options": { "a": "\u0000" } }]""", "$.addons[0].options.a: holds a control character*")]
    public void Refuse_impossible_add_ons(string addOns, string message)
    {
        var refused = Refused($$"""{ "addons": {{addOns}} }""");
        refused.Should().StartWith("app.json has an error: line 1, column ").And.Contain(message.TrimEnd('*').Split('*')[0]);
    }

    [Fact]
    public void Are_bounded_in_add_ons_options_and_buildpacks()
    {
        Clean($$"""{ "addons": [{{List(32, "x")}}], "buildpacks": [{{List(16, "x")}}] }""").AddOns.Should().HaveCount(32);
        Refused($$"""{ "addons": [{{List(33, "x")}}] }""").Should().Contain("$.addons[32]: is one too many: keep at most 32");
        Refused($$"""{ "buildpacks": [{{List(17, "x")}}] }""").Should().Contain("$.buildpacks[16]: is one too many: keep at most 16");
        Refused($$"""{ "addons": [{ "plan": "x", "options": { {{string.Join(',', Enumerable.Range(0, 33).Select(i => $"\"o{i}\": \"\""))}} } }] }""").Should().Contain("$.addons[0].options.o32: is one too many: keep at most 32");
        Refused($$"""{ "addons": [{ "plan": "x", "options": { "o": "{{new string('x', 1_001)}}" } }] }""").Should().Contain("longer than 1000 characters");

        static string List(int count, string text) => string.Join(',', Enumerable.Repeat($"\"{text}\"", count));
    }

    [Fact]
    public void Name_buildpacks_in_order() =>
        Clean("""{ "buildpacks": [{ "url": "heroku/nodejs" }, "https://github.com/heroku/heroku-buildpack-apt", { "url": "urn:cnb:x" }] }""").Buildpacks.Should().Equal("heroku/nodejs", "https://github.com/heroku/heroku-buildpack-apt", "urn:cnb:x");

    [Theory]
    [InlineData("[{}]", "$.buildpacks[0]: has no url")]
    [InlineData("[[]]", "$.buildpacks[0]: must be an object")]
    [InlineData("""["--upload-pack=x"]""", "$.buildpacks[0]: is no name or URL")]
    [InlineData("""["a b"]""", "$.buildpacks[0]: is no name or URL")]
    public void Refuse_impossible_buildpacks(string buildpacks, string message) => Refused($$"""{ "buildpacks": {{buildpacks}} }""").Should().Contain(message);

    [Fact]
    public void Name_the_stack()
    {
        Clean("""{ "stack": "heroku-24" }""").Stack.Should().Be("heroku-24");
        Odd("""{ "stack": "" }""").Manifest.Stack.Should().BeNull();
        Refused("""{ "stack": "heroku 24" }""").Should().Contain("$.stack: 'heroku 24' cannot be: a stack is a word");
        Refused("""{ "stack": ["heroku-24"] }""").Should().Contain("$.stack: must be a text");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/admin/?next=%2Fadmin")]
    [InlineData("https://shop.example.com/welcome?x#y")]
    [InlineData("http://localhost:5000")]
    public void Say_where_people_go(string url) => Clean($$"""{ "success_url": "{{url}}" }""").SuccessUrl.Should().Be(url);

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("JavaScript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("//evil.example.com")]
    [InlineData("/\\\\evil.example.com")]
    [InlineData("/a b")]
    [InlineData("welcome")]
    [InlineData("https://user:pw@example.com")]
    [InlineData("https://")]
    [InlineData("\\u0009javascript:alert(1)")]
    [InlineData("/\\u0009/evil.example.com")]
    [InlineData("")]
    public void Leave_out_places_that_nobody_should_go_to(string url)
    {
        var (manifest, told) = Odd($$"""{ "success_url": "{{url}}" }""");
        manifest.SuccessUrl.Should().BeNull();
        told.Should().ContainSingle().Which.Should().Match("1 $.success_url *left out.");
    }

    [Fact]
    public void Hold_scripts()
    {
        var scripts = Clean("""{ "scripts": { "postdeploy": " rake seed\nrake x ", "pr-predestroy": "rake bye", "test-setup": "rake db", "test": { "command": "rake test" } } }""").Scripts;
        scripts.Should().Be(new ManifestScripts { PostDeploy = "rake seed\nrake x", PrPredestroy = "rake bye", TestSetup = "rake db", Test = "rake test" });
    }

    [Theory]
    [InlineData("""{ "postdeploy": "" }""", "$.scripts.postdeploy is empty: nothing runs.")]
    [InlineData("""{ "postdeploy": null }""", "$.scripts.postdeploy is null*")]
    [InlineData("""{ "dokku": { "predeploy": "x" } }""", "$.scripts.dokku is not read*flow.scripts.deploy*")]
    [InlineData("""{ "predeploy": "x" }""", "$.scripts.predeploy is no script that anything runs*")]
    public void Say_what_does_not_run(string scripts, string warning)
    {
        var (manifest, told) = Odd($$"""{ "scripts": {{scripts}} }""");
        manifest.Scripts.Should().Be(new ManifestScripts());
        told.Should().ContainSingle().Which.Should().Match("1 " + warning);
    }

    [Fact]
    public void Run_a_command_without_its_own_size_and_config()
    {
        var (manifest, told) = Odd("""{ "scripts": { "postdeploy": { "command": "rake", "size": "performance-l", "env": {} } } }""");
        manifest.Scripts.PostDeploy.Should().Be("rake");
        told.Should().HaveCount(2).And.OnlyContain(w => w.Contains("is not read", StringComparison.Ordinal));
        Refused("""{ "scripts": { "postdeploy": {} } }""").Should().Contain("$.scripts.postdeploy: has no command");
        Refused("""{ "scripts": { "postdeploy": ["a"] } }""").Should().Contain("$.scripts.postdeploy: must be a text");
    }

    [Fact]
    public void Bound_scripts_and_keep_control_characters_out()
    {
        Clean($$"""{ "scripts": { "test": "{{new string('x', 4096)}}" } }""").Scripts.Test.Should().HaveLength(4096);
        Refused($$"""{ "scripts": { "test": "{{new string('é', 2049)}}" } }""").Should().Contain("$.scripts.test: is longer than 4 KiB");
        Refused("""{ "scripts": { "test": "a\u0000b", "test-setup": "\u0007" } }""").Should().Contain("(U+0000)").And.Contain("(U+0007)");
    }

    [Theory]
    [InlineData("""{ "healthchecks": {} }""", "$.healthchecks is not read: write flow.processes.TYPE.health.")]
    [InlineData("""{ "cron": [] }""", "$.cron is not read*")]
    [InlineData("""{ "postdeploy": "x" }""", "$.postdeploy is not read here: it belongs under scripts.")]
    [InlineData("""{ "add-ons": [] }""", "$.add-ons is not read: write addons.")]
    [InlineData("""{ "version": 1 }""", "$.version is not known, and not read.")]
    [InlineData("""{ "env": [] }""", "$.env is an empty list where an object belongs*")]
    [InlineData("""{ "addons": {} }""", "$.addons is an empty object where a list belongs*")]
    [InlineData("""{ "buildpacks": "" }""", "$.buildpacks is an empty text where a list belongs*")]
    [InlineData("""{ "formation": null }""", "$.formation is null*")]
    public void Tell_what_is_not_read(string json, string warning)
    {
        var (manifest, told) = Odd(json);
        manifest.Should().BeEquivalentTo(AppManifest.Empty);
        told.Should().ContainSingle().Which.Should().Match("1 " + warning);
    }
}
