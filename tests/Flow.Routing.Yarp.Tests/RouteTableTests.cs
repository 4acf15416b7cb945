using Flow.Routing.Yarp.Tests.Worlds;
using static Flow.Routing.Yarp.Tests.Worlds.Routes;

namespace Flow.Routing.Yarp.Tests;

public sealed class A_route_table
{
    private static readonly Uri One = new("http://127.0.0.1:1001/"), Two = new("http://127.0.0.1:1002/");

    [Fact]
    public void Takes_a_newer_release_and_counts_up()
    {
        var table = RouteTable.Empty.Set(Of("shop.1.1", One)).Set(Of("shop.1.2", Two));
        table.Number.Should().Be(2);
        table.Routes[Shop].Targets.Should().Equal(Two);
    }

    [Fact]
    public void Goes_back_to_a_lower_release_when_a_failed_switch_is_undone()
    {
        var table = RouteTable.Empty.Set(Of("shop.1.7", One)).Set(Of("shop.1.8", Two)).Set(Of("shop.1.7", One));
        table.Routes[Shop].Deployment.Number.Should().Be(7);
    }

    [Fact]
    public void Ignores_an_older_generation()
    {
        var table = RouteTable.Empty.Set(Of("shop.2.1", One));
        table.Set(Of("shop.1.9", Two)).Should().BeSameAs(table);
        table.Remove(Shop, 1).Should().BeSameAs(table);
        table.Set(Of("shop.3.1", Two)).Routes[Shop].Targets.Should().Equal(Two);
    }

    [Fact]
    public void Ignores_an_older_generation_after_the_removal_of_a_newer_one()
    {
        var table = RouteTable.Empty.Set(Of("shop.2.1", One)).Remove(Shop, 2);
        table.Routes.Should().BeEmpty();
        table.Set(Of("shop.1.9", Two)).Should().BeSameAs(table);
        table.Set(Of("shop.3.1", Two)).Removed.Should().BeEmpty();
    }

    [Fact]
    public void Ignores_an_earlier_turn_of_the_same_generation_and_what_was_removed()
    {
        var table = RouteTable.Empty.Set(Of("shop.1.7", One) with { Turn = 4 }).Set(Of("shop.1.6", Two) with { Turn = 5 });
        table.Routes[Shop].Deployment.Number.Should().Be(6, "a switch that was undone leads back");
        table.Set(Of("shop.1.7", One) with { Turn = 4 }).Should().BeSameAs(table, "whoever lost the run comes too late");
        table.Set(Of("shop.1.8", One) with { Turn = 6 }).Routes[Shop].Deployment.Number.Should().Be(8);
        var removed = table.Remove(Shop, 1);
        removed.Set(Of("shop.1.9", One) with { Turn = 9 }).Should().BeSameAs(removed);
    }

    [Fact]
    public void Stays_the_same_when_nothing_changes()
    {
        var table = RouteTable.Empty.Set(Of("shop.1.1", One));
        table.Set(Of("shop.1.1", new Uri("http://127.0.0.1:1001"))).Should().BeSameAs(table);
        var removed = table.Remove(Shop, 1);
        removed.Remove(Shop, 1).Should().BeSameAs(removed);
        var restored = table.Restore([Of("shop.1.1", One)]);
        restored.Should().BeSameAs(table);
    }

    [Fact]
    public void Is_replaced_as_a_whole_by_a_restore()
    {
        var table = RouteTable.Empty.Set(Of("shop.5.1", One)).Set(Of("blog.1.1", Two)).Remove(AppName.Parse("blog"), 1);
        var restored = table.Restore([Of("shop.1.1", Two)]);
        restored.Routes.Keys.Should().Equal(Shop);
        restored.Removed.Should().BeEmpty();
        restored.Number.Should().Be(table.Number + 1);
        RouteTable.Empty.Restore([]).Number.Should().Be(1, "an empty table is not the same as none");
    }

    [Fact]
    public void Remembers_a_bounded_number_of_removed_apps()
    {
        var table = RouteTable.Empty;
        for (var i = 0; i < RouteTable.RemovedKept + 50; i++) table = table.Remove(AppName.Parse($"app-{i}"), 1);
        table.Removed.Should().HaveCount(RouteTable.RemovedKept);
        table.Removed[^1].App.ToString().Should().Be($"app-{RouteTable.RemovedKept + 49}");
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("http://user:word@127.0.0.1/")]
    [InlineData("http://127.0.0.1/?a=b")]
    [InlineData("http://127.0.0.1/#top")]
    [InlineData("relative")]
    public void Refuses_a_target_that_is_no_plain_address(string target) =>
        FluentActions.Invoking(() => RouteTable.Empty.Set(Of("shop.1.1", new Uri(target, UriKind.RelativeOrAbsolute)))).Should().Throw<ArgumentException>();

    [Fact]
    public void Refuses_two_routes_of_one_app() =>
        FluentActions.Invoking(() => RouteTable.Empty.Restore([Of("shop.1.1", One), Of("shop.1.2", Two)])).Should().Throw<ArgumentException>();
}
