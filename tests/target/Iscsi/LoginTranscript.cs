using System.Globalization;
using System.Text;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>
/// A login that a person can read, and its replay. Lines of a transcript:
/// <code>
/// # comment
/// rule NAME|* [chap USER:SECRET] [mutual USER:SECRET]     loopback open|closed
/// > STAGE [-> STAGE] [continued] [version N] [isid N]     a login request, then its keys
/// >   Key=Value        {respond SECRET}, {challenge} and {repeat TEXT COUNT} stand for what they say
/// &lt; STAGE [-> STAGE] [continued]                        the answer, then its keys
/// &lt; refused 0xCCDD reason
/// </code>
/// </summary>
internal sealed class LoginTranscript
{
    private readonly StringBuilder _actual = new();
    private readonly List<InitiatorRule> _rules = [];
    private readonly List<string> _keys = [];
    private string? _request;
    private bool _isLoopback;
    private LoginNegotiation? _login;
    private byte _entropy;
    private int _algorithm;
    private byte _identifier;
    private byte[] _challenge = [];

    /// <summary>Replays the requests of a transcript and gives it with the answers as they really are.</summary>
    public static string Replay(string text)
    {
        var transcript = new LoginTranscript();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith('<'))
                continue;
            if (!line.StartsWith(">  ", StringComparison.Ordinal))
                transcript.Finish();
            transcript._actual.Append(line).Append('\n');
            transcript.Take(line);
        }

        transcript.Finish();
        return transcript._actual.ToString().TrimEnd('\n') + "\n";
    }

    private void Take(string line)
    {
        if (line.StartsWith(">  ", StringComparison.Ordinal))
            _keys.Add(line[1..].Trim());
        else if (line.StartsWith('>'))
            _request = line[1..].Trim();
        else if (line.StartsWith("rule ", StringComparison.Ordinal))
            _rules.Add(Rule(line.Split(' ')));
        else if (line.StartsWith("loopback ", StringComparison.Ordinal))
            _isLoopback = line.EndsWith("open", StringComparison.Ordinal);
    }

    private static InitiatorRule Rule(string[] words)
    {
        ChapCredentials? Credentials(string kind)
        {
            var index = Array.IndexOf(words, kind);
            return index < 0 ? null : new ChapCredentials(words[index + 1].Split(':')[0], words[index + 1].Split(':')[1]);
        }

        return new InitiatorRule { Iqn = words[1], Chap = Credentials("chap"), MutualChap = Credentials("mutual") };
    }

    private void Finish()
    {
        if (_request is null)
            return;
        _login ??= new LoginNegotiation(new LoginPolicy(
            new TargetConfiguration { Iqn = "iqn.2026-11.local.uss:default", Initiators = _rules, OpenOnLoopback = true },
            new IscsiTargetOptions { Alias = "uss" },
            _isLoopback,
            Fill));
        var text = Encoding.UTF8.GetBytes(string.Concat(_keys.Select(key => Expand(key) + "\0")));
        var answer = _login.Handle(Request(_request.Split(' ')), text);
        _request = null;
        _keys.Clear();
        Write(answer);
    }

    private void Fill(Span<byte> destination)
    {
        foreach (ref var b in destination)
            b = _entropy++;
    }

    private static LoginRequest Request(string[] words)
    {
        var arrow = Array.IndexOf(words, "->");
        var version = Array.IndexOf(words, "version");
        var isid = Array.IndexOf(words, "isid");
        return new LoginRequest
        {
            CurrentStage = Stage(words[0]),
            IsTransit = arrow > 0,
            NextStage = arrow > 0 ? Stage(words[arrow + 1]) : (byte)0,
            IsContinued = words.Contains("continued"),
            VersionMin = version > 0 ? byte.Parse(words[version + 1], CultureInfo.InvariantCulture) : (byte)0,
            Isid = isid > 0 ? ulong.Parse(words[isid + 1], CultureInfo.InvariantCulture) : 0x00023D000001,
        };
    }

    private string Expand(string key)
    {
        var start = key.IndexOf('{', StringComparison.Ordinal);
        if (start < 0)
            return key;
        var words = key[(start + 1)..key.IndexOf('}', StringComparison.Ordinal)].Split(' ');
        return key[..start] + words[0] switch
        {
            "respond" => TextValues.FormatBinary(ChapAlgorithm.Respond(_algorithm, _identifier, words[1], _challenge)),
            "respond64" => "0b" + Convert.ToBase64String(ChapAlgorithm.Respond(_algorithm, _identifier, words[1], _challenge)),
            "challenge" => TextValues.FormatBinary(_challenge),
            "repeat" => string.Concat(Enumerable.Repeat(words[1], int.Parse(words[2], CultureInfo.InvariantCulture))),
            _ => throw new InvalidOperationException(key),
        };
    }

    private void Write(in LoginAnswer answer)
    {
        var header = answer.Header;
        if (answer.Status != LoginStatus.Success)
        {
            _actual.Append(CultureInfo.InvariantCulture, $"< refused 0x{(int)answer.Status:x4} {_login!.Refusal}\n");
            Assert.That(header.StatusClass << 8 | header.StatusDetail, Is.EqualTo((int)answer.Status));
            Assert.That(answer.Text, Is.Empty);
            return;
        }

        _actual.Append(CultureInfo.InvariantCulture, $"< {Name(header.CurrentStage)}");
        if (header.IsTransit)
            _actual.Append(CultureInfo.InvariantCulture, $" -> {Name(header.NextStage)}");
        if (header.IsContinued)
            _actual.Append(CultureInfo.InvariantCulture, $" continued with {answer.Text.Length} bytes");
        _actual.Append('\n');
        Assert.That(answer.Text, Has.Length.EqualTo(header.DataSegmentLength));
        Assert.That(answer.Text, Has.Length.LessThanOrEqualTo(8192));
        var pairs = new List<KeyValuePair<string, string>>();
        if (header.IsContinued || !TextKeys.TryParse(answer.Text, pairs, out _))
            return;
        foreach (var (key, value) in pairs)
        {
            _actual.Append(CultureInfo.InvariantCulture, $"<   {key}={value}\n");
            Hear(key, value);
        }

        if (answer.IsComplete)
            WriteOutcome();
    }

    private void Hear(string key, string value)
    {
        if (key == "CHAP_A")
            _algorithm = int.Parse(value, CultureInfo.InvariantCulture);
        else if (key == "CHAP_I")
            _identifier = byte.Parse(value, CultureInfo.InvariantCulture);
        else if (key == "CHAP_C")
            Assert.That(TextValues.TryParseBinary(value, out _challenge));
    }

    private void WriteOutcome()
    {
        var p = _login!.Parameters;
        _actual.Append(CultureInfo.InvariantCulture, $"< in as {_login.InitiatorName} user {_login.ChapUser ?? "-"}");
        _actual.Append(CultureInfo.InvariantCulture, $" digests {(p.HeaderDigest ? "H" : "-")}{(p.DataDigest ? "D" : "-")}");
        _actual.Append(CultureInfo.InvariantCulture, $" r2t {(p.InitialR2T ? "Yes" : "No")} immediate {(p.ImmediateData ? "Yes" : "No")}");
        _actual.Append(CultureInfo.InvariantCulture, $" first {p.FirstBurstLength} burst {p.MaxBurstLength}");
        _actual.Append(CultureInfo.InvariantCulture, $" segment {p.InitiatorMaxRecvDataSegmentLength} outstanding {p.MaxOutstandingR2T}\n");
    }

    private static byte Stage(string name) => name switch
    {
        "security" => LoginStage.Security,
        "operational" => LoginStage.Operational,
        "full" => LoginStage.FullFeature,
        _ => byte.Parse(name, CultureInfo.InvariantCulture),
    };

    private static string Name(byte stage) => stage switch
    {
        LoginStage.Security => "security",
        LoginStage.Operational => "operational",
        _ => "full",
    };
}
