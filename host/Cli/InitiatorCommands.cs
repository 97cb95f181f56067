using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss initiator ...</c></summary>
internal static class InitiatorCommands
{
    public static Verb Create() => new Verb("initiator", "Say which initiators may log in, and with which CHAP users").With(
        CreateRule(), Set(), Remove(), List());

    private static Verb CreateRule()
    {
        var iqn = Iqn();
        var chap = new ChapOptions();
        return new Verb(
            "create",
            "Let an initiator log in",
            "uss initiator create iqn.1993-08.org.debian:01:4f0cf54bb7b                    # without CHAP",
            "uss initiator create iqn.1993-08.org.debian:01:4f0cf54bb7b --chap-user db --generate",
            "uss initiator create iqn.1991-05.com.microsoft:win --chap-user win --chap-secret - < secret.txt",
            "uss initiator create '*' --chap-user all --generate                            # any initiator, with CHAP")
            .With(iqn).With(chap.All).Does(async (parsed, cancel) =>
            {
                var secrets = chap.Resolve(parsed);
                using var api = new ApiClient(GlobalOptions.DataOf(parsed));
                var body = new CreateInitiator { Iqn = parsed.GetRequiredValue(iqn), Chap = secrets.Chap, Mutual = secrets.Mutual };
                var rule = await api.PostAsync<CreateInitiator, InitiatorView>("initiators", body, cancel);
                Print(parsed, rule, "created", secrets);
            });
    }

    private static Verb Set()
    {
        var iqn = Iqn();
        var chap = new ChapOptions();
        var noChap = new Option<bool>("--no-chap") { Description = "Ask for no CHAP any more" };
        var noMutual = new Option<bool>("--no-mutual") { Description = "Prove nothing to the initiator any more" };
        return new Verb(
            "set",
            "Change an initiator's CHAP users and secrets; applies to its next login",
            "uss initiator set iqn.1993-08.org.debian:01:4f0cf54bb7b --chap-user db --generate",
            "uss initiator set iqn.1993-08.org.debian:01:4f0cf54bb7b --no-chap").With(iqn).With(chap.All).With(noChap, noMutual).Does(
            async (parsed, cancel) =>
            {
                var secrets = chap.Resolve(parsed);
                var body = new ChangeInitiator
                {
                    Chap = secrets.Chap,
                    Mutual = secrets.Mutual,
                    RemoveChap = parsed.GetValue(noChap),
                    RemoveMutual = parsed.GetValue(noMutual),
                };
                if (body is { Chap: null, Mutual: null, RemoveChap: false, RemoveMutual: false })
                    throw CommandFailure.Usage("There is nothing to change.", "Give --chap-user, --mutual-user, --no-chap or --no-mutual.");
                using var api = new ApiClient(GlobalOptions.DataOf(parsed));
                var rule = await api.PatchAsync<ChangeInitiator, InitiatorView>(PathOf(parsed.GetRequiredValue(iqn)), body, cancel);
                Print(parsed, rule, "changed", secrets);
            });
    }

    private static Verb Remove()
    {
        var iqn = Iqn();
        return new Verb(
            "rm",
            "Take a rule away",
            "uss initiator rm iqn.1993-08.org.debian:01:4f0cf54bb7b",
            "uss initiator rm '*' --confirm '*'").With(iqn, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var name = parsed.GetRequiredValue(iqn);
            var rules = await api.ListAsync<InitiatorView>("initiators", cancel);

            // Names of initiators are the same in upper and lower case (RFC 7143, 4.2.7.2).
            var found = rules.FirstOrDefault(rule => string.Equals(rule.Iqn, name, StringComparison.OrdinalIgnoreCase));
            var confirmed = found is null
                ? name
                : Confirmation.Obtain(parsed, "initiator", name, $"Initiator {name} will not be able to log in by this rule again.");
            var rule = await api.DeleteAsync<InitiatorView>($"{PathOf(name)}?confirm={Uri.EscapeDataString(confirmed)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(rule, $"removed the rule for initiator {rule.Iqn}");
        });
    }

    private static Verb List() => new Verb("ls", "List initiator rules; secrets are never shown", "uss initiator ls").Does(
        async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            GlobalOptions.PrinterOf(parsed).List(
                await api.ListAsync<InitiatorView>("initiators", cancel),
                ("initiator", rule => rule.Iqn),
                ("chap user", rule => rule.ChapUser ?? "-"),
                ("mutual user", rule => rule.MutualUser ?? "-"),
                ("created", rule => $"{rule.Created:u}"));
        });

    private static Argument<string> Iqn() => new("IQN") { Description = "The initiator's iSCSI name, or '*' for any" };

    private static string PathOf(string iqn) => "initiators/" + Uri.EscapeDataString(iqn);

    private static void Print(ParseResult parsed, InitiatorView rule, string done, ChapSecrets secrets)
    {
        var printer = GlobalOptions.PrinterOf(parsed);
        var chap = rule.ChapUser is null ? "no CHAP" : "CHAP user " + rule.ChapUser;
        printer.Done(rule, $"{done} the rule for initiator {rule.Iqn}: {chap}");
        // Shown once, on the stream for people, so that a program that reads the JSON never stores it by accident.
        if (secrets.ChapWasGenerated)
            Console.Error.WriteLine($"CHAP secret of {secrets.Chap!.User}, shown only now: {secrets.Chap.Secret}");
        if (secrets.MutualWasGenerated)
            Console.Error.WriteLine($"mutual CHAP secret of {secrets.Mutual!.User}, shown only now: {secrets.Mutual.Secret}");
    }
}
