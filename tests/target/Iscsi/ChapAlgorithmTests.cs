using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>CHAP responses, against values computed elsewhere, and the choice of algorithm.</summary>
public sealed class ChapAlgorithmTests
{
    [TestCase(5, "74f1ceaabb3ab8973c02f6879b62d5c1")]
    [TestCase(6, "5989475df69c10d8ab5a7ee54d4895feeea5f4a0")]
    [TestCase(7, "b2064d37029c2110a4ad6da5c8e1baea901a1c59ca9d9bc76e762936945c45dd")]
    [TestCase(8, "bb59fd41eeeafacb3cadbedd2d9544554c07e9ae5976c9ecd2ce201d6618bf84")]
    public void Responses_are_digests_over_identifier_secret_and_challenge(int algorithm, string expected)
    {
        if (algorithm == 8 && !System.Security.Cryptography.SHA3_256.IsSupported)
            Assert.Ignore("the platform has no SHA-3");
        var challenge = Enumerable.Range(0, 16).Select(i => (byte)i).ToArray();
        var response = ChapAlgorithm.Respond(algorithm, 0x5C, "initiatorsecret12", challenge);
        Assert.That(Convert.ToHexStringLower(response), Is.EqualTo(expected));
        Assert.That(response, Has.Length.EqualTo(ChapAlgorithm.ResponseLength(algorithm)));
    }

    [TestCase("5", 5)]
    [TestCase("5,6,7", 7)]
    [TestCase("7,6,5", 7)]
    [TestCase("6,5", 6)]
    [TestCase("99,5", 5)]
    [TestCase("0x7,5", 7)]
    [TestCase("99", 0)]
    [TestCase("", 0)]
    [TestCase("MD5", 0)]
    public void The_strongest_common_algorithm_is_taken(string list, int expected) =>
        Assert.That(ChapAlgorithm.ChooseStrongest(list), Is.EqualTo(expected));

    [Test]
    public void Sha3_is_taken_where_the_platform_has_it() => Assert.That(
        ChapAlgorithm.ChooseStrongest("5,8"),
        Is.EqualTo(System.Security.Cryptography.SHA3_256.IsSupported ? 8 : 5));
}
