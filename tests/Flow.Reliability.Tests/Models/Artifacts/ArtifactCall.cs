using CsCheck;

namespace Flow.Reliability.Tests.Models.Artifacts;

/// <summary>One call of the artifact store, or something that happens to its files; contents have numbers. Its id names its answer.</summary>
internal abstract record ArtifactCall(int Id);

internal sealed record Puts(int Id, int Content) : ArtifactCall(Id);
internal sealed record OpensArtifact(int Id, int Content) : ArtifactCall(Id);
internal sealed record DeletesArtifact(int Id, int Content) : ArtifactCall(Id);

/// <summary>Somebody writes into what must not be written into; the host need not notice by the file's size.</summary>
internal sealed record Damages(int Id, int Content) : ArtifactCall(Id);

/// <summary>A put ended with its process, so far: 0 nothing moved, 1 moved, 2 the manifest is a draft, 3 all but the last rename.</summary>
internal sealed record DiesInPut(int Id, int Content, int So) : ArtifactCall(Id);

/// <summary>A deletion ended with its process, after the rename.</summary>
internal sealed record DiesInDelete(int Id, int Content) : ArtifactCall(Id);
internal sealed record ListsArtifacts(int Id) : ArtifactCall(Id);

/// <summary>Keeps one, and what is younger.</summary>
internal sealed record PrunesArtifacts(int Id, int Keep, int Hours) : ArtifactCall(Id);
internal sealed record HoursPass(int Id, int Hours) : ArtifactCall(Id);
internal sealed record Restarts(int Id) : ArtifactCall(Id);

internal static class ArtifactCalls
{
    public const int Contents = 4;
    private static readonly Gen<int> Id = Gen.Int[0, 1 << 30];
    private static readonly Gen<int> Content = Gen.Int[0, Contents - 1];

    public static Gen<ArtifactCall> Put { get; } = Gen.Select(Id, Content, (id, c) => (ArtifactCall)new Puts(id, c));
    public static Gen<ArtifactCall> Open { get; } = Gen.Select(Id, Content, (id, c) => (ArtifactCall)new OpensArtifact(id, c));
    public static Gen<ArtifactCall> Delete { get; } = Gen.Select(Id, Content, (id, c) => (ArtifactCall)new DeletesArtifact(id, c));
    public static Gen<ArtifactCall> Trouble { get; } = Gen.OneOf(
        Gen.Select(Id, Content, (id, c) => (ArtifactCall)new Damages(id, c)), Gen.Select(Id, Content, Gen.Int[0, 3], (id, c, so) => (ArtifactCall)new DiesInPut(id, c, so)),
        Gen.Select(Id, Content, (id, c) => (ArtifactCall)new DiesInDelete(id, c)), Id.Select(id => (ArtifactCall)new Restarts(id)));
    public static Gen<ArtifactCall> Sweep { get; } = Gen.OneOf(
        Gen.Select(Id, Gen.Int[1, 10], (id, h) => (ArtifactCall)new HoursPass(id, h)), Gen.Select(Id, Content, Gen.Int[1, 12], (id, c, h) => (ArtifactCall)new PrunesArtifacts(id, c, h)), Id.Select(id => (ArtifactCall)new ListsArtifacts(id)));
}
