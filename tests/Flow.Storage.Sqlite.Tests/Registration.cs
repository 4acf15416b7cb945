using Flow.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Moq;

namespace Flow.Storage.Sqlite.Tests;

public sealed class Registration
{
    [Fact]
    public async Task Registers_one_store_and_closes_it_with_the_host()
    {
        using var database = new TemporaryDatabase();
        var services = Services(builder => builder.UseSqlite(database.Path));
        await using (var provider = services.BuildServiceProvider())
            provider.GetRequiredService<IFlowStore>().Should().BeSameAs(provider.GetRequiredService<IFlowStore>());
        await using var next = database.Open();
    }

    [Fact]
    public void Leaves_a_store_of_the_host_alone()
    {
        var own = Mock.Of<IFlowStore>();
        var services = new ServiceCollection().AddSingleton(own);
        Builder(services).UseSqlite("never-opened.db");
        services.BuildServiceProvider().GetRequiredService<IFlowStore>().Should().BeSameAs(own);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(":memory:")]
    [InlineData("file:flow.db?mode=memory")]
    [InlineData("/")]
    public void Refuses_what_is_no_file(string path)
    {
        var provider = Services(builder => builder.UseSqlite(path)).BuildServiceProvider();
        var resolve = () => provider.GetRequiredService<IFlowStore>();
        resolve.Should().Throw<OptionsValidationException>().WithMessage("*SqliteStoreOptions.Path*UseSqlite*");
    }

    private static ServiceCollection Services(Action<IFlowBuilder> use)
    {
        var services = new ServiceCollection();
        use(Builder(services));
        return services;
    }

    private static IFlowBuilder Builder(IServiceCollection services) => Mock.Of<IFlowBuilder>(builder => builder.Services == services);
}
