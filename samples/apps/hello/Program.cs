// A small app of the kind that Flow deploys: configured by its environment, its data in the database it was given.
using System.Security.Cryptography;
using System.Text;

var broken = (string fault) => File.Exists(Path.Combine(AppContext.BaseDirectory, "BROKEN_" + fault));
var database = new Visits(Environment.GetEnvironmentVariable("DATABASE_PATH"));

switch (args)
{
    // The release phase: runs once per release, before any traffic.
    case ["migrate"] when broken("RELEASE"):
        Console.Error.WriteLine("migrate: BROKEN_RELEASE is there: this release must not go live.");
        return 1;
    case ["migrate"]:
        Console.WriteLine(database.Migrate());
        return 0;
    // postdeploy: once in the life of a review app.
    case ["seed"]:
        Console.WriteLine(database.Seed());
        return 0;
    // pr-predestroy: the last word before everything goes.
    case ["farewell"]:
        Console.WriteLine($"farewell: {Variable("FLOW_APP_NAME")} had {database.Number()} visits");
        return 0;
}

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "5000"}");
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
var app = builder.Build();

if (broken("HEALTH"))
{
    app.MapFallback(() => Results.Text("BROKEN_HEALTH is there: this release never becomes healthy.\n", statusCode: StatusCodes.Status500InternalServerError));
}
else
{
    string[] given = ["FLOW_APP_NAME", "FLOW_BRANCH", "FLOW_PR_NUMBER", "FLOW_PIPELINE", "FLOW_STAGE", "FLOW_URL"];
    app.MapGet("/health", () => Results.Text("healthy\n"));
    app.MapGet("/", () => new Answer(
        Variable("FLOW_APP_NAME"), Variable("FLOW_STAGE"), Variable("FLOW_RELEASE"), Variable("FLOW_COMMIT"),
        Variable("GREETING") ?? "Hello", Variable("CONTACT"), Fingerprint(Variable("SECRET")), database.Count(), database.Seedings(), database.Name,
        given.ToDictionary(name => name, Variable), [.. Names().Where(name => name.StartsWith("HEROKU_", StringComparison.Ordinal)).Order()]));
}

app.Run();
return 0;

static string? Variable(string name) => Environment.GetEnvironmentVariable(name);

static IEnumerable<string> Names() => Environment.GetEnvironmentVariables().Keys.Cast<string>();

// Tells whether it is the same one, and nothing of it.
static string? Fingerprint(string? secret) => secret is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..8];

internal sealed record Answer(
    string? App, string? Stage, string? Release, string? Commit, string Greeting, string? Contact, string? Secret, long? Visits, long? Seeded, string? Database,
    IReadOnlyDictionary<string, string?> Flow, IReadOnlyList<string> Heroku);
