namespace Flow.Reliability.Tests.Models.Artifacts;

/// <summary>A set of contents: when each was put last, and which have been damaged since.</summary>
internal sealed class ArtifactModel
{
    private readonly SortedDictionary<int, int> put = [];
    private readonly HashSet<int> damaged = [];
    private int now;

    public Dictionary<int, string> Answers { get; } = [];

    public void Do(ArtifactCall call) => Answers[call.Id] = Answer(call);

    private string Answer(ArtifactCall call)
    {
        switch (call)
        {
            case Puts puts:
                put[puts.Content] = now;
                damaged.Remove(puts.Content);
                return "taken over";
            case OpensArtifact opens: return !put.ContainsKey(opens.Content) ? "artifact-missing" : damaged.Contains(opens.Content) ? "artifact-corrupt" : "good";
            case DeletesArtifact deletes:
                Forget(deletes.Content);
                return "";
            case Damages damages:
                if (put.ContainsKey(damages.Content)) damaged.Add(damages.Content);
                return "";
            case DiesInDelete dies:
                Forget(dies.Content);
                return "";
            case ListsArtifacts: return string.Join(' ', put.Select(p => $"{p.Key}:{now - p.Value}h"));
            case PrunesArtifacts prunes:
                var old = put.Where(p => p.Key != prunes.Keep && now - p.Value > prunes.Hours).Select(p => p.Key).ToList();
                old.ForEach(Forget);
                return $"{old.Count}";
            case HoursPass passes:
                now += passes.Hours;
                return "";
            default: return "";
        }
    }

    private void Forget(int content)
    {
        put.Remove(content);
        damaged.Remove(content);
    }
}
