using Serilog;
using Uss.Runtime;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>Initiator rules given on the command line of <c>uss serve</c>. Rules that exist stay as they are.</summary>
internal static class GivenRules
{
    public static async Task<Fault?> ApplyAsync(ServeOptions options, ManagementServices services, ILogger log)
    {
        var chap = ReadChap(options);
        if (!chap.IsOk)
            return chap.Fault;
        var iqns = options.Initiators.Count > 0 || chap.Value.Pair is null ? options.Initiators : [Names.AnyInitiator];
        foreach (var iqn in iqns)
        {
            var created = await services.Initiators.CreateAsync(new CreateInitiator { Iqn = iqn, Chap = chap.Value.Pair });
            if (created.IsOk)
                log.Information("initiator rule for {Iqn}: CHAP user {User}", iqn, chap.Value.Pair?.User ?? "none");
            else if (created.Fault.Code != "initiator-exists")
                return created.Fault;
        }

        return null;
    }

    private static Result<GivenChap> ReadChap(ServeOptions options)
    {
        if (options.ChapUser is null && options.ChapSecretFile is null)
            return new GivenChap(null);
        if (options.ChapUser is null || options.ChapSecretFile is null)
            return new Fault("bad-chap", "--chap-user and --chap-secret-file go together.", "Give both.");
        try
        {
            var secret = File.ReadLines(options.ChapSecretFile).FirstOrDefault() ?? "";
            return new GivenChap(new ChapPair(options.ChapUser, secret));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Fault(
                "bad-chap", $"The CHAP secret cannot be read from {options.ChapSecretFile}: {exception.Message}", "Check the path.");
        }
    }

    private sealed record GivenChap(ChapPair? Pair);
}
