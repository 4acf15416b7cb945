using Flow.AddOns;

namespace Flow.Testing.AddOns;

/// <summary>What the cases do, in short words.</summary>
internal sealed class AddOnDriver
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10), Patience = TimeSpan.FromMinutes(1);

    private AddOnDriver(AddOnHarness harness, IAddOnProvisioner provider, CancellationToken token) => (Harness, Provider, Token) = (harness, provider, token);

    public static async Task<AddOnDriver> StartAsync(AddOnHarness harness, CancellationToken token)
    {
        var driver = new AddOnDriver(harness, await harness.CreateAsync(token), token);
        Expect.Equal(0, await driver.CountAsync(), "The harness begins with nothing.");
        return driver;
    }

    public AddOnHarness Harness { get; }
    public IAddOnProvisioner Provider { get; }
    public CancellationToken Token { get; }

    /// <summary>All that was said where a person or a log may see it.</summary>
    public List<string> Said { get; } = [];

    public static AddOnRequest Request(string id) =>
        new() { Id = id, Purpose = AddOnPurpose.Review, Owner = new(PipelineName.Parse("shop"), AppName.Parse("shop-pr-7"), "7"), ExpectedLifetime = TimeSpan.FromDays(1) };

    public static AddOnRequest Warm(string id) => Request(id) with { Owner = null };

    public async Task<int> CountAsync() => await Harness.CountAsync(Token);

    public async Task<AddOnInstance> MakeAsync(AddOnRequest request, IAddOnProvisioner? by = null)
    {
        var status = await FollowAsync(async () => await (by ?? Provider).ProvisionAsync(request, Token));
        Expect.That(status.Value is not null, $"'{request.Id}' can be provisioned, but: {status.Failure}");
        Expect.Equal(request.Id, status.Value.Id, "The answer is about the instance that was asked for.");
        return status.Value;
    }

    /// <summary>Asks again until it is done or has failed for good, as the engine does.</summary>
    public async Task<WorkStatus<AddOnInstance>> FollowAsync(Func<Task<WorkStatus<AddOnInstance>>> ask)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (true)
        {
            var status = await ask();
            Said.Add($"{status}");
            if (status.Value is not null || status.Failure is { Transient: false }) return status;
            var pause = status.AskAgainIn ?? TimeSpan.FromMilliseconds(100);
            Expect.That(pause > TimeSpan.Zero && pause <= LongestPause, $"Work that goes on is asked for again within {LongestPause}, not after {pause}.");
            try { await Task.Delay(pause < TimeSpan.FromMilliseconds(100) ? pause : TimeSpan.FromMilliseconds(100), patience.Token); }
            catch (OperationCanceledException) when (!Token.IsCancellationRequested) { throw new ConformanceException($"Nothing came of it within {Patience}: {status}"); }
        }
    }

    public async Task<AddOnBinding> BindAsync(string id, IAddOnProvisioner? by = null)
    {
        var binding = await (by ?? Provider).BindAsync(id, Token);
        Said.Add($"{binding}");
        return binding;
    }

    public async Task DropAsync(string id) => await Provider.DeprovisionAsync(id, Token);

    public async Task<FlowException> MissingAsync(string id, string requirement)
    {
        try { await Provider.BindAsync(id, Token); }
        catch (FlowException e)
        {
            Said.Add(e.ToString());
            Expect.Equal("addon-missing", e.Code, requirement);
            Expect.That(!e.Transient, $"{requirement} That is permanent.");
            return e;
        }
        throw new ConformanceException($"{requirement} It was bound.");
    }

    /// <summary>For good, in words.</summary>
    public async Task<Failure> RefusedAsync(Func<Task<WorkStatus<AddOnInstance>>> ask, string requirement)
    {
        var status = await FollowAsync(ask);
        Expect.That(status.Failure is not null, $"{requirement} It was not: {status.Value}");
        Expect.That(status.Failure.Code.Length > 0 && status.Failure.Code.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'), $"A failure's code is kebab-case, not '{status.Failure.Code}'.");
        Expect.That(status.Failure.Message.Length is > 10 and <= 1_000 && !status.Failure.Message.Any(c => char.IsControl(c) && c != '\n'), $"A refusal says why, in a sentence or two and without control characters: '{status.Failure.Message}'.");
        return status.Failure;
    }

    public Task<Failure> RefusedAsync(AddOnRequest request, string requirement) => RefusedAsync(async () => await Provider.ProvisionAsync(request, Token), requirement);

    public async Task WriteAsync(AddOnBinding binding, string text) => await Harness.WriteAsync(binding, text, Token);

    public async Task ReadsAsync(AddOnBinding binding, string? expected, string requirement) => Expect.Equal(expected, await Harness.ReadAsync(binding, Token), requirement);

    public async Task NoLongerWorksAsync(AddOnBinding binding, string requirement)
    {
        try { await Harness.ReadAsync(binding, Token); }
        catch (Exception e) when (e is not (ConformanceException or NotSupportedException)) { return; }
        throw new ConformanceException(requirement);
    }

    public static bool Same(AddOnBinding a, AddOnBinding b) =>
        a.Variables.Count == b.Variables.Count && a.Variables.All(v => b.Variables.TryGetValue(v.Key, out var value) && value == v.Value) && a.SecretNames.SetEquals(b.SecretNames);

    public IAddOnPooling Pooling => Provider as IAddOnPooling ?? throw new ConformanceException("The provider has no pooling: leave out the cases whose Needs is 'pooling'.");

    public IAddOnRotation Rotation => Provider as IAddOnRotation ?? throw new ConformanceException("The provider has no rotation: leave out the cases whose Needs is 'rotation'.");

    public Task<WorkStatus<AddOnInstance>> ClaimAsync(string warm, AddOnRequest request, IAddOnProvisioner? by = null) =>
        FollowAsync(async () => await (by as IAddOnPooling ?? Pooling).ClaimAsync(warm, request, Token));
}
