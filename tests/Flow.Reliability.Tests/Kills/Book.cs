using System.Collections.Concurrent;

namespace Flow.Reliability.Tests.Kills;

internal sealed record Request(string Key, string Verb, AppName App, string Argument)
{
    public override string ToString() => $"{Key} {Verb} {App} {Argument}".TrimEnd();
}

/// <summary>What was asked of a host through all its lives, and what it has answered: an answer that was read counts, a request without one is open.</summary>
internal sealed class Book
{
    private readonly ConcurrentDictionary<string, string> answers = new();
    private readonly ConcurrentQueue<string> problems = new();
    private readonly List<Request> requests = [];
    private readonly HashSet<string> givenUp = [];

    public IReadOnlyList<Request> Requests => requests;
    public IReadOnlyCollection<string> Problems => problems;
    public int Answered => answers.Count;
    public string? AnswerOf(Request request) => answers.GetValueOrDefault(request.Key);

    /// <summary>Requests that will be asked again: neither answered nor given up.</summary>
    public IEnumerable<Request> Open => requests.Where(r => !answers.ContainsKey(r.Key) && !givenUp.Contains(r.Key));

    public Request Write(string verb, AppName app, string argument)
    {
        var request = new Request($"r{requests.Count + 1}", verb, app, argument.Replace("KEY", $"r{requests.Count + 1}", StringComparison.Ordinal));
        requests.Add(request);
        return request;
    }

    /// <summary>Nobody asks again: then it may have happened, once, or not.</summary>
    public void GiveUp(Request request) => givenUp.Add(request.Key);

    /// <summary>The same key, the same answer: in every life of the host.</summary>
    public void Hear(string key, string answer)
    {
        if (key[0] != 'r') return;
        if (answer.StartsWith(Conversation.Error, StringComparison.Ordinal)) problems.Enqueue($"{key} was answered: {answer}");
        else if (answers.GetOrAdd(key, answer) is var first && first != answer) problems.Enqueue($"{key} was answered '{first}', and later '{answer}'");
    }
}
