using Flow.Manifests;
using static Flow.Core.Tests.Manifests.Manifest;

namespace Flow.Core.Tests.Manifests;

/// <summary>What real repositories write. Each odd and each broken one is named, with what a person is told.</summary>
public sealed class Real_app_json_files
{
    public static TheoryData<string> Newest => [.. CorpusFiles.In("app-json")];

    private static readonly Dictionary<string, string[]> OddNewest = new()
    {
        ["cmckni3__tiny-blog"] = ["10 $.generator is not known*"],
        ["danger__peril"] = ["7 $.version is not known*", "18 $.env.PRIVATE_GITHUB_SIGNING_KEY.description is longer than 300*"],
        ["imgproxy__imgproxy"] = ["10 $.env.IMGPROXY_KEY has an empty value*", "15 $.env.IMGPROXY_SALT has an empty value*"],
        ["luissilva1044894__FlaskPyrezAPI"] = ["12 $.env.DEBUG.required is a text*", "15 $.env.PYREZ_AUTH_ID *none*", "17 *PYREZ_AUTH_ID.required*", "20 $.env.PYREZ_DEV_ID *none*", "22 *PYREZ_DEV_ID.required*"],
        ["mitodl__bootcamp-ecommerce"] = ["322 $.env.NEW_RELIC_APP_NAME.default is not known*"],
        ["pictuga__morss"] = ["5 $.env.DEBUG.value is a number*", "8 $.env.GUNICORN_CMD_ARGS has an empty value*", "17 $.env.CACHE_SIZE.value is a number*"],
        ["thoughtbot__constable"] = ["20 $.env.HEROKU_APP_NAME is set by the platform*"],
        ["twilio-labs__sample-autopilot-voice-ivr"] = ["10 $.env.TWILIO_ACCOUNT_SID has an empty value*", "14 $.env.TWILIO_AUTH_TOKEN has an empty value*"],
    };

    /// <summary>Older ones with a trait: env vars, add-ons, and all warnings as patterns.</summary>
    public static TheoryData<string, int, int, string[]> Variants => new()
    {
        { "benpickles__screamshot@e6c0d105", 4, 0, [] },
        { "bullet-train-co__bullet_train@2c89d708", 7, 7, ["59 $.env.JEMALLOC_ENABLED.value is true*taken*"] },
        { "colyseus__colyseus-examples@3d0b5a00", 1, 0, ["10 $.env.NPM_CONFIG_PRODUCTION.value is false*taken*"] },
        { "colyseus__colyseus-examples@e6e0adf3", 1, 0, ["8 $.env.NPM_CONFIG_PRODUCTION is false*taken*"] },
        { "heroku__go-getting-started@271a3b8a", 1, 0, [] },
        { "heroku__go-getting-started@b8df4da0", 0, 0, ["11 $.mount_dir is not known*"] },
        { "heroku__heroku-buildpack-ruby@678caa0a", 0, 0, ["7 $.environments.test.env.HATCHET_RETRIES is a number*", "8 *IS_RUNNING_ON_CI is true*", "9 *HATCHET_APP_LIMIT is a number*"] },
        {
            "luissilva1044894__FlaskPyrezAPI@2cbfe50b", 4, 3,
            ["12 $.env.DEBUG.required is a text*true*", "15 $.env.PYREZ_AUTH_ID *empty value*none*", "17 *PYREZ_AUTH_ID.required*", "20 $.env.PYREZ_DEV_ID *empty value*none*", "22 *PYREZ_DEV_ID.required*"]
        },
        {
            "luissilva1044894__FlaskPyrezAPI@3df4ea72", 8, 5,
            ["17 *DEBUG.required*", "20 *DISCORD_BOT_TOKEN *none*", "22 *DISCORD_BOT_TOKEN.required*", "27 *FB_ACCESS_TOKEN.required*", "34 *PYREZ_AUTH_ID *none*", "36 *PYREZ_AUTH_ID.required*", "39 *PYREZ_DEV_ID *none*", "41 *PYREZ_DEV_ID.required*", "67 $.scripts.postdeploy is empty*"]
        },
        {
            "luissilva1044894__FlaskPyrezAPI@d5f98edb", 17, 7,
            [
                "44 *DEBUG.required*", "47 *DISCORD_BOT_TOKEN *none*", "49 *", "58 *OVERWATCH_WEBSITE.required*", "63 *", "68 *PALADINS_WEBSITE.required*", "71 *PALADINS_WEBSITE_API *none*", "73 *", "76 *PYREZ_AUTH_ID *none*", "78 *",
                "81 *PYREZ_DEV_ID *none*", "83 *", "88 *", "91 *REALM_ROYALE_WEBSITE_API *none*", "93 *", "102 *", "105 *SMITE_WEBSITE_API *none*", "107 *", "112 *", "115 *TWITCH_API_CLIENT_ID *none*", "117 *", "120 *TWITCH_API_OAUTH_TOKEN *none*", "122 *",
                "138 $.scripts.postdeploy is empty*",
            ]
        },
        { "requarks__wiki-heroku@0fe0171d", 1, 1, ["13 $.addons[0].as *MONGODB*", "24 $.env.HEROKU.value is true*"] },
        { "requarks__wiki-heroku@1b1fb8f6", 13, 1, ["13 $.addons[0].as *MONGODB*"] },
        { "requarks__wiki-heroku@c90a70e3", 0, 1, [] },
        { "stefansundin__github-activity@d26bb932", 4, 1, [] },
        { "theodo__falco@7d06b3bc", 5, 2, [] },
        { "theodo__falco@d05df818", 12, 2, ["25 $.env.EMAIL_USER has an empty value*", "30 $.env.EMAIL_PASSWORD *", "45 $.env.EMAIL_TO *", "53 $.env.REACT_APP_API_BASE_URL *"] },
        { "thoughtbot__constable@677d165a", 11, 2, [] },
    };

    /// <summary>Not JSON: the place and the mistake.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { "heroku__python-getting-started@180cbfb1", "*line 21, column 2, *the file ends, but the object of line 1, column 1 is not closed*'}' is missing*" },
        { "luissilva1044894__FlaskPyrezAPI@4362f74e", "*line 31, column 9, $.buildpacks: *',' or ']' is expected*a comma is missing behind line 30, column 87*" },
        { "luissilva1044894__FlaskPyrezAPI@c6b6af86", "*line 4, column 5, $.addons: *',' or ']' is expected*a comma is missing behind line 3, column 78*" },
        { "luissilva1044894__FlaskPyrezAPI@f23f8554", "*line 28, column 9, $.buildpacks: *',' or ']' is expected*a comma is missing behind line 27, column 87*" },
        { "propublica__django-collaborative@29786efc", "*line 11, column 1, *goes on after its closing bracket with '}'*" },
        { "propublica__django-collaborative@833cf880", "*line 9, column 3, $.addons: *':' and a value are expected after the name \"heroku-postgresql:hobby-basic\"*a list stands in [ ]*" },
    };

    /// <summary>Not JSON for others, but clear: a comma behind the last entry.</summary>
    public static TheoryData<string, int, string> Forgiven => new()
    {
        { "bullet-train-co__bullet_train@1d45aa1f", 9, "30 $.addons a comma stands behind the last entry (column 16)*" },
        { "bullet-train-co__bullet_train@b98a7726", 10, "9 $.buildpacks a comma stands behind the last entry (column 29)*" },
        { "bullet-train-co__bullet_train@f703b715", 10, "9 $.buildpacks a comma stands behind the last entry (column 29)*" },
        { "mitodl__bootcamp-ecommerce@f83cd133", 3, "87 $.env.BOOTCAMP_ECOMMERCE_BASE_URL a comma stands behind the last entry (column 23)*" },
    };

    private const string Dashes = "mitodl__bootcamp-ecommerce@395d469a";

    [Theory, MemberData(nameof(Newest))]
    public void Are_accepted(string file)
    {
        Told(Odd(CorpusFiles.Text(file)).Warnings, OddNewest.GetValueOrDefault(Path.GetFileNameWithoutExtension(file), []));
    }

    [Theory, MemberData(nameof(Variants))]
    public void Are_accepted_with_what_is_odd_told(string file, int vars, int addOns, string[] warnings)
    {
        var (manifest, told) = Odd(CorpusFiles.Text($"app-json-variants/{file}.json"));
        manifest.Env.Should().HaveCount(vars);
        manifest.AddOns.Should().HaveCount(addOns);
        Told(told, warnings);
    }

    [Fact]
    public void Are_refused_for_names_that_no_config_var_can_have()
    {
        var message = Refused(CorpusFiles.Text($"app-json-variants/{Dashes}.json"));
        message.Should().StartWith("app.json has 8 errors:\nline 33, column 9, $.env.BOOTCAMP-ECOMMERCE_ADMIN_EMAIL: is no name for a config var")
            .And.Contain("line 71, column 9, $.env.BOOTCAMP-ECOMMERCE_SECURE_SSL_REDIRECT");
        message.Split('\n').Should().HaveCount(9);
    }

    [Theory, MemberData(nameof(Broken))]
    public void Are_refused_where_they_are_broken(string file, string message) => Refused(CorpusFiles.Text($"app-json-broken/{file}.json")).Should().Match(message);

    [Theory, MemberData(nameof(Forgiven))]
    public void Are_forgiven_a_comma_too_many(string file, int addOns, string warning)
    {
        var (manifest, told) = Odd(CorpusFiles.Text($"app-json-broken/{file}.json"));
        manifest.AddOns.Should().HaveCount(addOns);
        told.Should().ContainSingle(w => w.Contains("a comma stands", StringComparison.Ordinal)).Which.Should().Match(warning);
    }

    [Fact]
    public void Are_all_named_here()
    {
        Newest.Should().HaveCount(30).And.Subject.Select(f => Path.GetFileNameWithoutExtension(f.Data)).Should().Contain(OddNewest.Keys);
        CorpusFiles.In("app-json-variants").Should().BeEquivalentTo(Variants.Select(v => v.Data.Item1).Append(Dashes).Select(f => $"app-json-variants/{f}.json"));
        CorpusFiles.In("app-json-broken").Should().BeEquivalentTo(Broken.Select(v => v.Data.Item1).Concat(Forgiven.Select(v => v.Data.Item1)).Select(f => $"app-json-broken/{f}.json"));
    }

    [Fact]
    public void Say_what_they_mean()
    {
        var orcasite = Read(CorpusFiles.Text("app-json/orcasound__orcasite.json"));
        orcasite.For(Stage.Production).Should().BeEquivalentTo(AppManifest.Empty with { Stack = "heroku-24" });
        var review = orcasite.For(Stage.Review);
        review.AddOns.Should().Equal(new AddOnDeclaration("heroku-postgresql", "essential-0"), new AddOnDeclaration("autoidle", "hobby-web"), new AddOnDeclaration("heroku-redis", "mini"));
        review.Processes.Should().Equal(new Dictionary<string, ProcessDeclaration> { ["web"] = new(1, "basic") });
        review.Scripts.PostDeploy.Should().Be("REDIS_URL=\"\" POOL_SIZE=2 mix run priv/repo/seeds.exs");

        var constable = Read(CorpusFiles.Text("app-json/thoughtbot__constable.json")).For(Stage.Review);
        constable.Env["CLIENT_SECRET"].Should().Be(new EnvDeclaration(Required: true));
        constable.Env["HONEYBADGER_ENV"].Should().Be(new EnvDeclaration("review", Required: true));
        constable.Env.Should().NotContainKey("HEROKU_APP_NAME");
    }

    private static void Told(IReadOnlyList<string> told, string[] patterns)
    {
        told.Should().HaveCount(patterns.Length);
        for (var i = 0; i < patterns.Length; i++) told[i].Should().Match(patterns[i]);
    }
}
