// A small app of the kind that Flow deploys: configured by its environment, its data in the database it was given.
var broken = (string fault) => File.Exists(Path.Combine(AppContext.BaseDirectory, "BROKEN_" + fault));
var database = new Visits(Environment.GetEnvironmentVariable("DATABASE_PATH"));

// The release phase: runs once per release, before any traffic.
if (args is ["migrate"])
{
    if (broken("RELEASE"))
    {
        Console.Error.WriteLine("migrate: BROKEN_RELEASE is there: this release must not go live.");
        return 1;
    }
    Console.WriteLine(database.Migrate());
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
    app.MapGet("/health", () => Results.Text("healthy\n"));
    app.MapGet("/", () => new Answer(
        Variable("FLOW_APP_NAME"), Variable("FLOW_STAGE"), Variable("FLOW_RELEASE"), Variable("FLOW_COMMIT"),
        Variable("GREETING") ?? "Hello", database.Count(), database.Name));
}

app.Run();
return 0;

static string? Variable(string name) => Environment.GetEnvironmentVariable(name);

internal sealed record Answer(string? App, string? Stage, string? Release, string? Commit, string Greeting, long? Visits, string? Database);
