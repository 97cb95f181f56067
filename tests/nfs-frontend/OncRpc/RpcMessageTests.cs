using FsCheck;
using FsCheck.Fluent;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>Headers of calls and replies, and credentials (RFC 5531, 9 and Appendix A).</summary>
public sealed class RpcMessageTests
{
    [Test]
    public void A_call_stands_as_the_standard_has_it()
    {
        var message = Call(new RpcCall { Xid = 0x01020304, Program = 100003, Version = 3, Procedure = 6, Flavor = AuthFlavor.Sys }, [1, 2, 3, 4]);
        Assert.That(
            Convert.ToHexString(message),
            Is.EqualTo("01020304" + "00000000" + "00000002" + "000186A3" + "00000003" + "00000006"
                + "00000001" + "00000004" + "01020304" + "00000000" + "00000000"));
        Assert.That(RpcCall.TryParse(message, out var call));
        Assert.That((call.Xid, call.Program, call.Version, call.Procedure), Is.EqualTo((0x01020304u, 100003u, 3u, 6u)));
        Assert.That(call.Credential.In(message).ToArray(), Is.EqualTo([1, 2, 3, 4]));
        Assert.That(call.ArgumentsOffset, Is.EqualTo(message.Length));
        Assert.That(call.Refusal, Is.EqualTo(AuthStatus.Ok));
    }

    [Test]
    public void No_bytes_make_a_parser_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            AuthSys.TryParse(bytes, out var user);
            byte[] likely = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, .. bytes];
            return (!RpcCall.TryParse(bytes, out var call) || call.ArgumentsOffset <= bytes.Length)
                && (!RpcCall.TryParse(likely, out call) || call.ArgumentsOffset <= likely.Length)
                && user.Groups.Length <= AuthSys.MaximumGroups;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_reply_is_no_call()
    {
        var message = Call(new RpcCall { Xid = 1 }, []);
        message[7] = 1;
        Assert.That(RpcCall.TryParse(message, out _), Is.False);
    }

    [TestCase(400, AuthStatus.Ok)]
    [TestCase(401, AuthStatus.BadCredential)]
    public void A_credential_has_at_most_400_bytes(int bytes, AuthStatus refusal)
    {
        var message = Call(new RpcCall { Xid = 1, Program = 100003 }, new byte[bytes]);
        Assert.That(RpcCall.TryParse(message, out var call));
        Assert.That(call.Refusal, Is.EqualTo(refusal));
    }

    [Test]
    public void A_verifier_that_is_cut_off_is_named()
    {
        var message = Call(new RpcCall { Xid = 1, Program = 100003 }, [1, 2, 3, 4]);
        Assert.That(RpcCall.TryParse(message.AsSpan(0, message.Length - 4), out var call));
        Assert.That(call.Refusal, Is.EqualTo(AuthStatus.BadVerifier));
    }

    [TestCase(255, 16, 0, true)]
    [TestCase(0, 0, 0, true)]
    [TestCase(256, 0, 0, false)]
    [TestCase(4, 17, 0, false)]
    [TestCase(4, 2, 4, false)]
    public void A_user_has_a_machine_and_at_most_16_groups(int nameBytes, int groups, int more, bool isOk)
    {
        var body = User(1000, 100, Enumerable.Range(1, groups).Select(group => (uint)group), nameBytes, more);
        Assert.That(AuthSys.TryParse(body, out var user), Is.EqualTo(isOk));
        if (!isOk)
            return;
        Assert.That((user.UserId, user.GroupId), Is.EqualTo((1000u, 100u)));
        Assert.That(user.Groups.ToArray(), Is.EqualTo(Enumerable.Range(1, groups)));
    }

    [TestCase(0x7FFFFFFF, true)]
    [TestCase(0, false)]
    [TestCase(1_048_576, true)]
    public void A_mark_tells_length_and_end(int length, bool isLast)
    {
        var bytes = new byte[RecordMark.Size];
        new RecordMark(length, isLast).Write(bytes);
        Assert.That(RecordMark.Read(bytes), Is.EqualTo(new RecordMark(length, isLast)));
        Assert.That(bytes[0] >= 0x80, Is.EqualTo(isLast));
    }

    /// <summary>A call without arguments.</summary>
    internal static byte[] Call(in RpcCall call, ReadOnlySpan<byte> credential)
    {
        var message = new byte[RpcCall.MaximumSize + 8];
        var writer = new XdrWriter(message);
        RpcCall.Write(ref writer, call, credential);
        return message[..writer.Position];
    }

    /// <summary>The body of an AUTH_SYS credential, with bytes behind its end if a test wants that.</summary>
    internal static byte[] User(uint user, uint group, IEnumerable<uint> groups, int nameBytes = 4, int more = 0)
    {
        var body = new byte[512];
        var writer = new XdrWriter(body);
        writer.UInt32(7);
        writer.Opaque(new byte[nameBytes]);
        writer.UInt32(user);
        writer.UInt32(group);
        var list = groups.ToList();
        writer.UInt32((uint)list.Count);
        foreach (var further in list)
            writer.UInt32(further);
        writer.Fixed(new byte[more]);
        return body[..writer.Position];
    }
}
