// A PaaS on one machine: an ordinary ASP.NET host that embeds Flow. Pipelines stand in appsettings.json.
using Flow.AspNetCore;
using Flow.DependencyInjection;
using Flow.Providers.Local;
using Flow.Providers.Local.Supervision;
using Flow.Routing.Yarp;
using Flow.Runs;
using Flow.Samples.Paas;
using Flow.Storage.Sqlite;

// Apps, builds and the router run under this very binary as processes of their own, so that they outlive the host.
if (FlowSupervisor.TryRun(args, out var exitCode) || FlowRouter.TryRun(args, out exitCode)) return exitCode;

var builder = WebApplication.CreateBuilder(args);
var data = Path.GetFullPath(builder.Configuration["Flow:Local:DataDirectory"] ?? "flow-data");
Directory.CreateDirectory(data);

builder.Services.AddFlow(builder.Configuration.GetSection("Flow"))
    .UseSqlite(Path.Combine(data, "flow.db"))
    .UseDataProtection(Path.Combine(data, "keys"))
    .UseYarpRouterProcess(o => o.Process.Directory = Path.Combine(data, "router"))
    .AddGit()
    .AddLocalBuilder()
    .AddLocalRuntime()
    .AddSqliteAddOn()
    .AddStatusPage()
    .AddRunStep<SmokeTest>("smoke-test", after: true, anchor: WellKnownSteps.Deploy);
builder.Services.AddHealthChecks().AddFlow();

var app = builder.Build();
app.MapFlowHealth();
var board = app.MapFlowStatus("/flow");
// Elsewhere a host says who may: board.RequireAuthorization(), and authorization on operations of its own.
if (app.Environment.IsDevelopment())
{
    board.AllowAnonymous();
    app.MapOperations("/ops");
    app.MapGet("/", () => Results.Redirect("flow/"));
}
await app.RunAsync();
return 0;
