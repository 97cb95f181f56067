using Uss.Coordination;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Who may log in, with which CHAP users. Secrets go in and never come out.</summary>
/// <param name="records">The records.</param>
/// <param name="access">Applies changes to the target.</param>
/// <param name="time">Tells when a rule was created.</param>
public sealed class InitiatorService(IRecordStore records, AccessService access, TimeProvider time)
{
    private readonly RecordReader _reader = new(records);

    /// <summary>All rules, by name.</summary>
    public async Task<Result<IReadOnlyList<InitiatorView>>> ListAsync()
    {
        var rules = await _reader.InitiatorsAsync();
        return rules.IsOk ? Result<IReadOnlyList<InitiatorView>>.Ok([.. rules.Value.Select(rule => View(rule.Record))]) : rules.Fault;
    }

    /// <summary>Lets an initiator log in.</summary>
    public async Task<Result<InitiatorView>> CreateAsync(CreateInitiator request)
    {
        var iqn = Names.FoldIqn(request.Iqn);
        var record = new InitiatorRecord
        {
            Iqn = iqn,
            ChapUser = request.Chap?.User,
            ChapSecret = request.Chap?.Secret,
            MutualUser = request.Mutual?.User,
            MutualSecret = request.Mutual?.Secret,
            Created = time.GetUtcNow(),
        };
        if ((Names.CheckRuleIqn(iqn) ?? Check(record)) is { } bad)
            return bad;
        var key = InitiatorRecord.KeyOf(iqn);
        var created = await _reader.ChangeAsync<InitiatorRecord>(async () =>
        {
            var rules = await _reader.InitiatorsAsync();
            if (!rules.IsOk)
                return rules.Fault;
            if (rules.Value.Any(rule => rule.Key == key))
                return Faults.InitiatorExists(iqn);
            return new Decision<InitiatorRecord>(record, [new Condition(key, 0)], [Put(record)]);
        });
        return await AppliedAsync(created);
    }

    /// <summary>Changes a rule's CHAP users and secrets; applies to the next login.</summary>
    public Task<Result<InitiatorView>> ChangeAsync(string iqn, ChangeInitiator request) =>
        EditAsync(iqn, present =>
        {
            var changed = present;
            if (request.RemoveMutual || request.RemoveChap)
                changed = changed with { MutualUser = null, MutualSecret = null };
            if (request.RemoveChap)
                changed = changed with { ChapUser = null, ChapSecret = null };
            if (request.Chap is { } chap)
                changed = changed with { ChapUser = chap.User, ChapSecret = chap.Secret };
            if (request.Mutual is { } mutual)
                changed = changed with { MutualUser = mutual.User, MutualSecret = mutual.Secret };
            return Check(changed) is { } bad ? bad : changed;
        });

    /// <summary>Takes a rule away; the initiator cannot log in again unless another rule lets it.</summary>
    /// <param name="iqn">The initiator's name.</param>
    /// <param name="confirm">Must repeat the name.</param>
    public async Task<Result<InitiatorView>> RemoveAsync(string iqn, string? confirm)
    {
        iqn = Names.FoldIqn(iqn);
        var key = InitiatorRecord.KeyOf(iqn);
        var removed = await _reader.ChangeAsync<InitiatorRecord>(async () =>
        {
            var rules = await _reader.InitiatorsAsync();
            if (!rules.IsOk)
                return rules.Fault;
            var present = rules.Value.FirstOrDefault(rule => rule.Key == key);
            if (present is null)
                return Faults.InitiatorNotFound(iqn);
            if (confirm is null || Names.FoldIqn(confirm) != iqn)
                return Faults.ConfirmationRequired("initiator rule", iqn);
            return new Decision<InitiatorRecord>(present.Record, [new Condition(key, present.Revision)], [new Change(key, null)]);
        });
        return await AppliedAsync(removed);
    }

    private static Fault? Check(InitiatorRecord record)
    {
        if (record is { MutualUser: not null, ChapUser: null })
        {
            return Faults.Bad(
                "mutual", "Mutual CHAP needs CHAP in the other direction too (RFC 7143, 12.1.3).", "Give a CHAP user and secret as well.");
        }

        if (record.ChapSecret is not null && record.ChapSecret == record.MutualSecret)
        {
            return Faults.Bad(
                "mutual", "The two CHAP secrets are the same, which RFC 7143, 9.2.1 forbids.", "Use another secret for mutual CHAP.");
        }

        return CheckPair(record.ChapUser, record.ChapSecret) ?? CheckPair(record.MutualUser, record.MutualSecret);

        static Fault? CheckPair(string? user, string? secret) =>
            user is null || secret is null ? null : Names.CheckChapUser(user) ?? Names.CheckChapSecret(secret);
    }

    private static Change Put(InitiatorRecord record) => new(
        InitiatorRecord.KeyOf(record.Iqn), CoordinationJson.Write(record, RecordJson.Default.InitiatorRecord));

    private static InitiatorView View(InitiatorRecord record) => new()
    {
        Iqn = record.Iqn,
        ChapUser = record.ChapUser,
        MutualUser = record.MutualUser,
        Created = record.Created,
    };

    private async Task<Result<InitiatorView>> EditAsync(string iqn, Func<InitiatorRecord, Result<InitiatorRecord>> edit)
    {
        iqn = Names.FoldIqn(iqn);
        var key = InitiatorRecord.KeyOf(iqn);
        var edited = await _reader.ChangeAsync<InitiatorRecord>(async () =>
        {
            var rules = await _reader.InitiatorsAsync();
            if (!rules.IsOk)
                return rules.Fault;
            var present = rules.Value.FirstOrDefault(rule => rule.Key == key);
            if (present is null)
                return Faults.InitiatorNotFound(iqn);
            var changed = edit(present.Record);
            if (!changed.IsOk)
                return changed.Fault;
            return new Decision<InitiatorRecord>(changed.Value, [new Condition(key, present.Revision)], [Put(changed.Value)]);
        });
        return await AppliedAsync(edited);
    }

    private async Task<Result<InitiatorView>> AppliedAsync(Result<InitiatorRecord> changed)
    {
        if (!changed.IsOk)
            return changed.Fault;
        return await access.ApplyAsync() is { } fault ? fault : View(changed.Value);
    }
}
