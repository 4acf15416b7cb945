using System.Text;
using System.Text.Json;
using Flow.Builds;
using Flow.Engine;

namespace Flow.Core.Tests.Engine;

public sealed class An_unreadable_input
{
    private static readonly StreamKind<BuildState, BuildInput, BuildEvent> Builds = new(BuildDecider.Kind, new BuildDecider(), null);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"$\":\"from-the-future\"}")]
    [InlineData("{\"run\":\"shop-staging.1\"}")]
    public void Is_always_the_same_error_which_the_pump_rejects(string text)
    {
        var reading = () => Builds.ReadInput(Encoding.UTF8.GetBytes(text));
        reading.Should().Throw<JsonException>("anything else would stop the stream for ever");
    }
}
