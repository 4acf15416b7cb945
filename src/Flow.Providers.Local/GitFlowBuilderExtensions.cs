using Flow.DependencyInjection;
using Flow.Providers.Local.Git;
using Flow.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Flow.Providers.Local;

/// <summary>Registers git repositories as a source of code.</summary>
public static class GitFlowBuilderExtensions
{
    /// <summary>
    /// Any repository that the <c>git</c> command line reaches (https, ssh, git, a path) as a source provider. Branches are heads, <c>refs/pull/N/head</c> are
    /// proposals of unknown origin (untrusted unless the repository says otherwise), and branches that match the pipeline's patterns are trusted proposals.
    /// Mirrors are kept below <see cref="LocalOptions.DataDirectory"/>; bounds are <see cref="GitOptions"/>.
    /// </summary>
    /// <param name="builder">What <c>AddFlow</c> returned.</param>
    /// <param name="name">By which pipelines refer to it.</param>
    public static IFlowBuilder AddGit(this IFlowBuilder builder, string name = "git")
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLocalOptions<LocalOptions>("Flow:Local").AddLocalOptions<GitOptions>("Flow:Git");
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GitOptions>, GitOptionsValidator>());
        return builder.AddProvider<ISourceProvider, GitSourceProvider>(name);
    }
}
