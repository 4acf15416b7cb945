namespace Flow.Providers.Local.Artifacts;

/// <summary>Opens artifacts by digest.</summary>
internal interface IArtifactFiles
{
    /// <summary>Directory that holds the artifact's files; never written to. Permanent <c>artifact-missing</c> when there is none.</summary>
    ValueTask<string> OpenAsync(ArtifactDigest digest, CancellationToken cancellationToken);
}
