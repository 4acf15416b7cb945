using System.Diagnostics;
using Flow.AddOns;
using Npgsql;

namespace Flow.Providers.PostgreSql.Instances;

internal sealed partial class PostgreSqlAddOnProvisioner
{
    /// <remarks>
    /// One transaction of renames and a new comment: it is handed over, or nothing has happened. Its password was made with it and told to nobody: the server's form of a password takes longer
    /// to compute than all the rest of a claim. Nobody can have been in a warm database, because it accepts no connections; one that does, or has somebody in it, was tampered with and is
    /// not given away.
    /// </remarks>
    public async ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Refusal(request) is { } refusal) return WorkStatus<AddOnInstance>.Failed(refusal);
        if (NamesOf(warmId) is not { } warm) return WorkStatus<AddOnInstance>.Failed(NoWarm(warmId));
        if (warmId == request.Id) return WorkStatus<AddOnInstance>.Failed(new("addon-unfit", "An instance cannot be claimed as itself."));
        if (request.Owner is null) return WorkStatus<AddOnInstance>.Failed(new("addon-unowned", "A claim says for whom the instance is."));
        try { return await server.WorkAsync((connection, token) => ClaimAsync(connection, warm, warmId, request, token), cancellationToken).ConfigureAwait(false); }
        catch (FlowException e) { return Failed(e); }
    }

    private async ValueTask<WorkStatus<AddOnInstance>> ClaimAsync(NpgsqlConnection connection, InstanceNames warm, string warmId, AddOnRequest request, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var names = InstanceNames.Of(options.NamePrefix, request.Id);
        var (source, target) = await LookAtBothAsync(connection, warm, names, cancellationToken).ConfigureAwait(false);
        if (target is not null)
            return target.Is(request.Id) && target.Ready && target.Record!.WarmId == warmId ? WorkStatus<AddOnInstance>.Done(new(request.Id, target.Record.Plan))
                : target.Is(request.Id) ? WorkStatus<AddOnInstance>.Failed(new("addon-taken", $"'{HostileText.Shown(request.Id)}' is there already, and was not claimed from '{HostileText.Shown(warmId)}'."))
                : WorkStatus<AddOnInstance>.Failed(ForeignRole(names, request.Id));
        if (source is null || !source.Is(warmId)) return WorkStatus<AddOnInstance>.Failed(NoWarm(warmId));
        if (Unfit(source, request) is { } why) return WorkStatus<AddOnInstance>.Failed(new("addon-unfit", $"The warm database '{HostileText.Shown(warmId)}' cannot be given away: {why}."));

        var record = (source.Record! with { Id = request.Id, Warm = false, WarmId = warmId }).For(request);
        await connection.TogetherAsync(
        [
            $"ALTER DATABASE {Text.Quoted(warm.Database)} RENAME TO {Text.Quoted(names.Database)}",
            $"ALTER ROLE {Text.Quoted(warm.Owner)} RENAME TO {Text.Quoted(names.Owner)}",
            $"ALTER ROLE {Text.Quoted(warm.Login(0))} RENAME TO {Text.Quoted(names.Login(0))}",
            $"ALTER ROLE {Text.Quoted(names.Login(0))} LOGIN",
            Acting(names, record), Opened(names, true), Recorded(names, record), "COMMIT",
        ], cancellationToken).ConfigureAwait(false);
        logger.Claimed(names.Database, HostileText.Shown(request.Id), HostileText.Shown(warmId), (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        return WorkStatus<AddOnInstance>.Done(new(request.Id, record.Plan));
    }

    /// <summary>Begins the transaction: both under their locks, always taken in the same order. One message to the server, and the claim is the second: a connection that is given back undoes what is not committed.</summary>
    private static async ValueTask<(Found? Warm, Found? Target)> LookAtBothAsync(NpgsqlConnection connection, InstanceNames warm, InstanceNames target, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("BEGIN") } };
        foreach (var key in new[] { warm.Lock, target.Lock }.Order()) batch.BatchCommands.Add(new("select pg_advisory_xact_lock($1)") { Parameters = { new() { Value = key } } });
        foreach (var names in new[] { warm, target }) batch.BatchCommands.Add(new(Found.Query) { Parameters = { new() { Value = names.Owner } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        // Locks give rows, too; BEGIN does not.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var first = await Found.AsyncFrom(reader, cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return (first, await Found.AsyncFrom(reader, cancellationToken).ConfigureAwait(false));
    }

    private string? Unfit(Found found, AddOnRequest request)
    {
        var record = found.Record!;
        if (!record.Warm) return "it is somebody's";
        if (!found.Ready) return "it is not complete";
        if (found.Open || found.Sessions > 0) return "somebody could have been in it";
        if (record.Plan != (request.Plan ?? plans.Offer.DefaultFor(request.Purpose).Name)) return $"its plan is '{HostileText.Shown(record.Plan)}'";
        return record.Seed == request.Seed ? null : record.Seed is null ? "it has no seed" : $"its seed is '{HostileText.Shown(record.Seed)}'";
    }

    private static Failure NoWarm(string? warmId) => new("addon-missing", $"There is no warm database '{HostileText.Shown(warmId)}'.");
}
