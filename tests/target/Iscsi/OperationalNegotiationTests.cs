using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Each operational key against the table of RFC 7143, chapter 13.</summary>
public sealed class OperationalNegotiationTests
{
    [TestCase("HeaderDigest", "CRC32C,None", "CRC32C")]
    [TestCase("HeaderDigest", "None,CRC32C", "None")]
    [TestCase("HeaderDigest", "X-md5,CRC32C", "CRC32C")]
    [TestCase("DataDigest", "X-md5", "Reject")]
    [TestCase("DataDigest", "crc32c", "Reject")]
    [TestCase("MaxConnections", "8", "1")]
    [TestCase("MaxConnections", "0", "Reject")]
    [TestCase("MaxConnections", "65536", "Reject")]
    [TestCase("InitialR2T", "Yes", "Yes")]
    [TestCase("InitialR2T", "No", "No")]
    [TestCase("InitialR2T", "no", "Reject")]
    [TestCase("ImmediateData", "Yes", "Yes")]
    [TestCase("ImmediateData", "No", "No")]
    [TestCase("ImmediateData", "1", "Reject")]
    [TestCase("MaxBurstLength", "16776192", "16776192")]
    [TestCase("MaxBurstLength", "16777215", "16776192")]
    [TestCase("MaxBurstLength", "511", "Reject")]
    [TestCase("MaxBurstLength", "0x10000", "65536")]
    [TestCase("MaxBurstLength", "16777216", "Reject")]
    [TestCase("FirstBurstLength", "262144", "262144")]
    [TestCase("FirstBurstLength", "1048576", "262144")]
    [TestCase("FirstBurstLength", "0", "Reject")]
    [TestCase("MaxOutstandingR2T", "1", "1")]
    [TestCase("MaxOutstandingR2T", "64", "8")]
    [TestCase("MaxOutstandingR2T", "0", "Reject")]
    [TestCase("DataPDUInOrder", "No", "Yes")]
    [TestCase("DataSequenceInOrder", "No", "Yes")]
    [TestCase("DataSequenceInOrder", "Maybe", "Reject")]
    [TestCase("ErrorRecoveryLevel", "2", "0")]
    [TestCase("ErrorRecoveryLevel", "3", "Reject")]
    [TestCase("DefaultTime2Wait", "2", "2")]
    [TestCase("DefaultTime2Wait", "3601", "Reject")]
    [TestCase("DefaultTime2Retain", "20", "0")]
    [TestCase("TaskReporting", "FastAbort,ResponseFence,RFC3720", "RFC3720")]
    [TestCase("TaskReporting", "FastAbort", "Reject")]
    [TestCase("iSCSIProtocolLevel", "2", "1")]
    [TestCase("IFMarker", "No", "No")]
    [TestCase("OFMarker", "Yes", "No")]
    [TestCase("IFMarkInt", "2048~8192", "Reject")]
    [TestCase("X-com.example.key", "1", "NotUnderstood")]
    [TestCase("RDMAExtensions", "Yes", "NotUnderstood")]
    public void Normal_sessions(string key, string value, string expected)
    {
        var outcome = new OperationalNegotiation(new OperationalParameters(), new IscsiTargetOptions(), isDiscovery: false)
            .Handle(key, value, out var answer);
        Assert.That(outcome, Is.EqualTo(OperationalNegotiation.Outcome.Answer));
        Assert.That(answer, Is.EqualTo(expected));
    }

    [TestCase("MaxConnections", "1", "Irrelevant")]
    [TestCase("InitialR2T", "No", "Irrelevant")]
    [TestCase("MaxBurstLength", "65536", "Irrelevant")]
    [TestCase("HeaderDigest", "CRC32C", "CRC32C")]
    [TestCase("DefaultTime2Wait", "0", "0")]
    public void Discovery_sessions(string key, string value, string expected)
    {
        new OperationalNegotiation(new OperationalParameters(), new IscsiTargetOptions(), isDiscovery: true).Handle(key, value,
            out var answer);
        Assert.That(answer, Is.EqualTo(expected));
    }

    [TestCase("512", true)]
    [TestCase("16777215", true)]
    [TestCase("511", false)]
    [TestCase("16777216", false)]
    [TestCase("many", false)]
    public void Segment_length_is_declared(string value, bool isLegal)
    {
        var parameters = new OperationalParameters();
        var outcome = new OperationalNegotiation(parameters, new IscsiTargetOptions(), isDiscovery: false)
            .Handle("MaxRecvDataSegmentLength", value, out var answer);
        Assert.That(outcome, Is.EqualTo(isLegal ? OperationalNegotiation.Outcome.Silent : OperationalNegotiation.Outcome.Failed));
        Assert.That(answer, Is.Empty);
        Assert.That(parameters.InitiatorMaxRecvDataSegmentLength, Is.EqualTo(isLegal ? int.Parse(value) : 8192));
    }

    [Test]
    public void First_burst_never_exceeds_a_burst()
    {
        var parameters = new OperationalParameters();
        var negotiation = new OperationalNegotiation(parameters, new IscsiTargetOptions(), isDiscovery: false);
        negotiation.Handle("MaxBurstLength", "8192", out _);
        negotiation.Handle("FirstBurstLength", "65536", out var answer);
        Assert.That(answer, Is.EqualTo("8192"));
        Assert.That(parameters.UnsolicitedLimit, Is.EqualTo(8192));
    }

    [Test]
    public void First_burst_means_nothing_without_unsolicited_data()
    {
        var negotiation = new OperationalNegotiation(new OperationalParameters(), new IscsiTargetOptions(), isDiscovery: false);
        negotiation.Handle("InitialR2T", "Yes", out _);
        negotiation.Handle("ImmediateData", "No", out _);
        negotiation.Handle("FirstBurstLength", "65536", out var answer);
        Assert.That(answer, Is.EqualTo("Irrelevant"));
    }
}
