using System.Diagnostics;
using System.Text;
using Flow.Apps;
using Flow.Logs;
using Flow.Providers.Local;
using Flow.Providers.Local.Builds.DotNet;
using Flow.Providers.Local.Runtime;
using Flow.Providers.Local.Supervision;
using Flow.Providers.Local.Tests.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Flow.Reliability.Tests.Hostile;

/// <summary>Real commands under the real supervisor: every payload as a variable's name and value, an argument, a line of output, a program and an id.</summary>
public sealed class Hostile_commands : IAsyncLifetime
{
    private readonly TemporaryDirectory temporary = new();
    private readonly ProcessSupervisor supervisor;
    private readonly string[] payloads;

    public Hostile_commands()
    {
        var options = new LocalOptions { DataDirectory = temporary["data"] };
        options.SupervisorCommand.Add(Environment.ProcessPath!);
        supervisor = new(Options.Create(options), NullLogger<ProcessSupervisor>.Instance);
        payloads = [.. Corpus.For(temporary.Root)];
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var id in await supervisor.ListAsync("", default)) await supervisor.StopAsync(id, TimeSpan.Zero, default);
        temporary.Dispose();
    }

    [Fact]
    public async Task Get_every_variable_as_it_is_and_never_one_that_is_none()
    {
        var number = 0;
        var variables = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" };
        var refused = 0;
        foreach (var payload in payloads)
        {
            var one = new Dictionary<string, string> { [payload] = payload };
            if (DeploymentRules.CheckEnvironment(one) is { } failure)
            {
                failure.Message.Any(char.IsControl).Should().BeFalse();
                refused++;
                var start = async () => await supervisor.StartAsync(Command("refused", ["/usr/bin/env"], one), Token);
                await start.Should().ThrowAsync<ArgumentException>(payload);
            }
            else
            {
                variables[payload] = payload;
            }
            if (!payload.Contains('\0')) variables[$"V{number++}"] = payload;
            ConfigNames.IsGood(payload).Should().Be(payload is "CON" or "NUL" or "PRN" or "COM1" or "HEAD", payload);
            ConfigNames.Problem(payload).Any(char.IsControl).Should().BeFalse();
        }

        var output = await OutputAsync("variables", ["/usr/bin/env", "-0"], variables);

        foreach (var (name, value) in variables) output.Should().Contain($"{name}={value}\0");
        Corpus.IsUntouched(temporary.Root);
        TestContext.Current.TestOutputHelper?.WriteLine($"{payloads.Length} names ({refused} refused) and {number} values reached a real process");
    }

    [Fact]
    public async Task Get_every_argument_as_it_is_and_print_it_into_the_log()
    {
        string[] arguments = [.. payloads.Where(p => !p.Contains('\0'))];

        var output = await OutputAsync("arguments", ["/usr/bin/printf", "%s\n\n", .. arguments], new() { ["PATH"] = "/usr/bin:/bin" });

        output.Should().Be(string.Concat(arguments.Select(a => a + "\n\n")));
        foreach (var payload in payloads.Where(p => p.Contains('\0')))
        {
            var start = async () => await supervisor.StartAsync(Command("nul", ["/usr/bin/printf", payload], []), Token);
            await start.Should().ThrowAsync<ArgumentException>();
        }
        Corpus.IsUntouched(temporary.Root);
    }

    [Fact]
    public async Task Are_the_programs_that_were_meant_whatever_their_names()
    {
        var ran = 0;
        foreach (var name in Corpus.Bare().Concat(payloads).Distinct())
        {
            if (DotNetExecutable.Parse([$"assembly={name}", "selfContained=true"]) is not { } executable) continue;
            var folder = temporary.Create($"app{ran}/bin");
            try
            {
                await File.WriteAllTextAsync(Path.Combine(folder, name), "#!/bin/sh\nprintf 'meant'", Token);
            }
            catch (IOException)
            {
                continue;
            }
            Corpus.MakeExecutable(Path.Combine(folder, name));
            using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", executable.Command(temporary[$"app{ran}"], "bin")]) { WorkingDirectory = temporary[$"app{ran}"], RedirectStandardOutput = true })!;
            (await shell.StandardOutput.ReadToEndAsync(Token)).Should().Be("meant", name);
            ran++;
            File.Delete(Path.Combine(folder, name));
        }
        ran.Should().BeGreaterThan(100);
        Corpus.IsUntouched(temporary.Root);
        TestContext.Current.TestOutputHelper?.WriteLine($"{ran} programs were started by a real shell");
    }

    [Fact]
    public async Task Have_no_ids_that_lead_anywhere()
    {
        foreach (var payload in payloads.Concat(Corpus.Bare()))
        {
            try
            {
                (await supervisor.InspectAsync(payload, Token)).Should().BeNull();
                payload.Should().MatchRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9_.-]*\z", "only the name of one directory is an id");
            }
            catch (ArgumentException refused)
            {
                refused.Message.Any(char.IsControl).Should().BeFalse();
            }
            if (LogId.TryParse(payload, null, out var log)) Path.GetFullPath(temporary[log.ToString()]).Should().Be(temporary[log.ToString()], "it leads down only").And.StartWith(temporary.Root + "/");
        }
        Corpus.IsUntouched(temporary.Root);
    }

    private SupervisedCommand Command(string id, string[] arguments, Dictionary<string, string> variables) => new()
    {
        Id = id, Arguments = arguments, WorkingDirectory = temporary.Root, Environment = variables, Log = LogId.Parse($"test/{id}"), Timeout = TimeSpan.FromSeconds(60),
    };

    private async Task<string> OutputAsync(string id, string[] arguments, Dictionary<string, string> variables)
    {
        await supervisor.StartAsync(Command(id, arguments, variables), Token);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        var all = new MemoryStream();
        await foreach (var chunk in new FileLogStore(temporary["data/logs"]).TailAsync(LogId.Parse($"test/{id}"), 0, deadline.Token)) all.Write(chunk.Bytes.Span);
        (await supervisor.InspectAsync(id, Token))!.ExitCode.Should().Be(0);
        return Encoding.UTF8.GetString(all.ToArray());
    }
}
