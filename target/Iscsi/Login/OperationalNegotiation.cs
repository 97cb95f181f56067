namespace Uss.Target.Iscsi;

/// <summary>Answers one operational key after the other (RFC 7143, chapters 6.2 and 13).</summary>
/// <param name="parameters">Receives the outcome.</param>
/// <param name="limits">What this side offers at most.</param>
/// <param name="isDiscovery">Makes many keys irrelevant.</param>
internal sealed class OperationalNegotiation(OperationalParameters parameters, IscsiTargetOptions limits, bool isDiscovery)
{
    /// <summary>No common value or an illegal one (6.2).</summary>
    public const string Reject = "Reject";

    /// <summary>The key does not apply here (6.2).</summary>
    public const string Irrelevant = "Irrelevant";

    /// <summary>The key is unknown (6.2).</summary>
    public const string NotUnderstood = "NotUnderstood";

    /// <summary>Longest sequence accepted: the largest transfer, rounded down to a multiple of 512 below 2^24.</summary>
    public const int LargestBurst = 16776192;

    /// <summary>Most unsolicited data accepted per command.</summary>
    public const int LargestFirstBurst = 262144;

    /// <summary>Most outstanding R2Ts per task.</summary>
    public const int LargestMaxOutstandingR2T = 8;

    /// <summary>What became of a key.</summary>
    public enum Outcome
    {
        /// <summary>The answer is to be sent.</summary>
        Answer,

        /// <summary>A declaration, to be heard without an answer.</summary>
        Silent,

        /// <summary>A declaration with an illegal value: the negotiation has failed.</summary>
        Failed,
    }

    /// <summary>Handles a key of the operational stage.</summary>
    public Outcome Handle(string key, string value, out string answer)
    {
        answer = "";
        switch (key)
        {
            case "HeaderDigest":
                answer = ChooseDigest(value, out var headerDigest);
                parameters.HeaderDigest = headerDigest;
                return Outcome.Answer;
            case "DataDigest":
                answer = ChooseDigest(value, out var dataDigest);
                parameters.DataDigest = dataDigest;
                return Outcome.Answer;
            case "MaxRecvDataSegmentLength":
                if (!TextValues.TryParseNumber(value, out var length) || length is < 512 or > BasicHeader.MaximumDataSegment)
                    return Outcome.Failed;
                parameters.InitiatorMaxRecvDataSegmentLength = (int)length;
                return Outcome.Silent;
            case "DefaultTime2Wait":
                answer = Maximum(value, 0, 3600, 0, out var wait);
                parameters.DefaultTime2Wait = wait;
                return Outcome.Answer;
            case "DefaultTime2Retain":
                // Nothing is kept of a failed connection at error recovery level 0.
                answer = Minimum(value, 0, 3600, 0, out _);
                return Outcome.Answer;
            case "ErrorRecoveryLevel":
                answer = Minimum(value, 0, 2, 0, out _);
                return Outcome.Answer;
            case "iSCSIProtocolLevel":
                answer = Minimum(value, 0, 31, 1, out _);
                return Outcome.Answer;

            // Obsolete (13.25), but still sent by initiators of RFC 3720.
            case "IFMarker" or "OFMarker":
                answer = TextValues.TryParseBoolean(value, out _) ? "No" : Reject;
                return Outcome.Answer;
            case "IFMarkInt" or "OFMarkInt":
                answer = Reject;
                return Outcome.Answer;
            case "X#NodeArchitecture":
                return Outcome.Silent;
            case "MaxConnections" or "InitialR2T" or "ImmediateData" or "MaxBurstLength" or "FirstBurstLength"
                or "MaxOutstandingR2T" or "DataPDUInOrder" or "DataSequenceInOrder" or "TaskReporting":
                answer = isDiscovery ? Irrelevant : OfNormalSession(key, value);
                return Outcome.Answer;
            default:
                answer = NotUnderstood;
                return Outcome.Answer;
        }
    }

    private string OfNormalSession(string key, string value)
    {
        switch (key)
        {
            case "MaxConnections":
                return Minimum(value, 1, 65535, 1, out _);
            case "InitialR2T":
                if (!TextValues.TryParseBoolean(value, out var initialR2T))
                    return Reject;
                parameters.InitialR2T = initialR2T;
                return value;
            case "ImmediateData":
                if (!TextValues.TryParseBoolean(value, out var immediateData))
                    return Reject;
                parameters.ImmediateData = immediateData;
                return value;
            case "MaxBurstLength":
                var burst = Minimum(value, 512, BasicHeader.MaximumDataSegment, LargestBurst, out var maxBurst);
                if (burst != Reject)
                    parameters.MaxBurstLength = maxBurst;
                return burst;
            case "FirstBurstLength":
                if (parameters is { InitialR2T: true, ImmediateData: false })
                    return Irrelevant;
                var limit = Math.Min(LargestFirstBurst, parameters.MaxBurstLength);
                var first = Minimum(value, 512, BasicHeader.MaximumDataSegment, limit, out var firstBurst);
                if (first != Reject)
                    parameters.FirstBurstLength = firstBurst;
                return first;
            case "MaxOutstandingR2T":
                var outstanding = Minimum(value, 1, 65535, limits.MaxOutstandingR2T, out var maxOutstanding);
                if (outstanding != Reject)
                    parameters.MaxOutstandingR2T = maxOutstanding;
                return outstanding;
            case "DataPDUInOrder" or "DataSequenceInOrder":
                return TextValues.TryParseBoolean(value, out _) ? "Yes" : Reject;
            default:
                // TaskReporting (13.23): the semantics of RFC 3720.
                return value.Split(',').Contains("RFC3720") ? "RFC3720" : Reject;
        }
    }

    private static string ChooseDigest(string offered, out bool isCrc)
    {
        isCrc = false;
        foreach (var method in offered.Split(','))
        {
            isCrc = method == "CRC32C";
            if (isCrc || method == "None")
                return method;
        }

        return Reject;
    }

    private static string Minimum(string value, long least, long most, int ours, out int result)
    {
        result = ours;
        if (!TextValues.TryParseNumber(value, out var theirs) || theirs < least || theirs > most)
            return Reject;
        result = (int)Math.Min(theirs, ours);
        return TextValues.FormatNumber(result);
    }

    private static string Maximum(string value, long least, long most, int ours, out int result)
    {
        result = ours;
        if (!TextValues.TryParseNumber(value, out var theirs) || theirs < least || theirs > most)
            return Reject;
        result = (int)Math.Max(theirs, ours);
        return TextValues.FormatNumber(result);
    }
}
