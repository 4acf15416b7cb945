using Flow.Builds;
using Flow.DependencyInjection;
using Flow.Providers.Local;
using Flow.Providers.Local.Git;
using Flow.Providers.Local.Supervision;
using Flow.Providers.Local.Tests.Builds;
using Flow.Providers.Local.Tests.Files;
using Flow.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local.Tests.DependencyInjection;

public sealed class Registering_source_and_builder
{
    [Fact]
    public async Task Makes_them_named_providers_that_read_their_configuration()
    {
        using var temporary = new TemporaryDirectory();
        var builder = new Builder();
        builder.Services.AddLogging();
        builder.Services.AddSingleton<ISupervisor, InProcessSupervisor>();
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(new Settings(new()
        {
            ["Flow:Local:DataDirectory"] = temporary.Root, ["Flow:Local:SupervisorCommand:0"] = "supervise", ["Flow:Local:InheritedVariables:0"] = "NUGET_TOKEN", ["Flow:Git:MaxFiles"] = "7",
        })).Build());

        builder.AddGit().AddGit("Other").AddLocalBuilder();
        await using var services = builder.Services.BuildServiceProvider();

        services.GetServices<ProviderDescriptor>().Should().Equal(new(typeof(ISourceProvider), "git"), new(typeof(ISourceProvider), "other"), new ProviderDescriptor(typeof(IBuilder), "local"));
        services.GetRequiredKeyedService<ISourceProvider>("other").Should().BeOfType<GitSourceProvider>();
        services.GetRequiredKeyedService<IBuilder>("local").Should().BeAssignableTo<IArtifactRetention>().Which.Should().BeAssignableTo<IBuilder>().Which.Version.Should().Contain("dotnet-1");
        services.GetRequiredService<IOptions<LocalOptions>>().Value.Should().Match<LocalOptions>(o => o.DataDirectory == temporary.Root && o.SupervisorCommand.Count == 1 && o.InheritedVariables.Single() == "NUGET_TOKEN");
        services.GetRequiredService<IOptions<GitOptions>>().Value.MaxFiles.Should().Be(7);
    }

    [Fact]
    public async Task Makes_the_data_directory_private_also_when_somebody_else_made_it()
    {
        using var temporary = new TemporaryDirectory();
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var root = Directory.CreateDirectory(Path.Combine(temporary.Root, "data"), owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute).FullName;
        var options = new LocalOptions { DataDirectory = root };
        options.SupervisorCommand.Add("supervise");
        new LocalOptionsValidator().Validate(null, options).Succeeded.Should().BeTrue();
        var directories = new LocalDirectories(options);
        await using (var log = await new Flow.Logs.FileLogStore(directories.Logs).OpenAsync(Flow.Logs.LogId.Parse("app/shop.1.1/web.1"), TestContext.Current.CancellationToken))
            await log.AppendAsync("secret\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Flow.Providers.Local.Files.DataDirectory.Create(options, "builds");

        File.GetUnixFileMode(root).Should().Be(owner);
        Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories).Should().HaveCountGreaterThan(4).And.OnlyContain(d => File.GetUnixFileMode(d) == owner);
    }

    [Fact]
    public void Names_every_option_that_makes_no_sense()
    {
        var builder = new Builder();
        builder.AddGit().Services.Configure<GitOptions>(o => (o.MaxBytes, o.ListTimeout) = (0, TimeSpan.Zero));
        using var services = builder.Services.BuildServiceProvider();

        FluentActions.Invoking(() => services.GetRequiredService<IOptions<GitOptions>>().Value).Should().Throw<OptionsValidationException>()
            .Which.Failures.Should().HaveCount(2).And.Contain(f => f.Contains("Flow:Git:MaxBytes")).And.Contain(f => f.Contains("Flow:Git:ListTimeout"));
    }

    private sealed class Builder : IFlowBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();
    }

    private sealed class Settings(Dictionary<string, string?> values) : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder)
        {
            Data = values;
            return this;
        }
    }
}
