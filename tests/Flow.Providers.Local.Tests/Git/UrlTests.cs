using Flow.Providers.Local.Git;

namespace Flow.Providers.Local.Tests.Git;

public sealed class Checking_a_repository_url
{
    [Theory]
    [InlineData("https://example.com/acme/shop.git", "https")]
    [InlineData("http://example.com:8080/shop", "http")]
    [InlineData("ssh://git@example.com/shop.git", "ssh")]
    [InlineData("git@example.com:acme/shop.git", "ssh")]
    [InlineData("git://example.com/shop", "git")]
    [InlineData("/srv/git/shop.git", "file")]
    [InlineData("../shop", "file")]
    [InlineData("file:///srv/git/shop.git", "file")]
    public void Accepts_what_git_reads_over_its_own_protocol_alone(string url, string protocol)
    {
        var parsed = GitUrl.Parse(url);

        parsed.IsLocal.Should().Be(protocol == "file");
        parsed.Protocols.Should().Be(protocol);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--upload-pack=touch canary")]
    [InlineData("ext::sh -c touch% canary")]
    [InlineData("fd::7")]
    [InlineData("ftp://example.com/shop")]
    [InlineData("ssh://-oProxyCommand=touch/shop")]
    [InlineData("https://example.com/a\nb")]
    public void Refuses_what_git_could_misread(string url) =>
        FluentActions.Invoking(() => GitUrl.Parse(url)).Should().Throw<FlowException>().Which.Code.Should().Be("source-url-invalid");

    [Theory]
    [InlineData("https://ada:s3cret@example.com/shop")]
    [InlineData("https://s3cret@example.com/shop")]
    [InlineData("ssh://git:s3cret@example.com/shop")]
    [InlineData("ftp://ada:s3cret@example.com/shop")]
    public void Never_repeats_credentials(string url)
    {
        var refused = FluentActions.Invoking(() => GitUrl.Parse(url)).Should().Throw<FlowException>().Which;

        refused.Code.Should().Be("source-url-invalid");
        refused.Message.Should().NotContain("s3cret").And.Contain("example.com/shop");
    }
}
