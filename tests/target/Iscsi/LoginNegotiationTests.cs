using FsCheck;
using FsCheck.Fluent;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>The login phase against golden transcripts (testdata/*.txt), and against anything at all.</summary>
public sealed class LoginNegotiationTests
{
    private static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Iscsi", "testdata");

    private static IEnumerable<string> Transcripts => Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Iscsi", "testdata"), "*.txt")
        .Select(path => Path.GetFileNameWithoutExtension(path)!)
        .Order();

    [TestCaseSource(nameof(Transcripts))]
    public void Transcript(string name)
    {
        var expected = File.ReadAllText(Path.Combine(Folder, name + ".txt"));
        var actual = LoginTranscript.Replay(expected);

        // USS_UPDATE_TRANSCRIPTS names the source folder to write the answers to; read the difference before believing it.
        if (Environment.GetEnvironmentVariable("USS_UPDATE_TRANSCRIPTS") is { } folder)
            File.WriteAllText(Path.Combine(folder, name + ".txt"), actual);
        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Text_may_be_split_anywhere()
    {
        var text = System.Text.Encoding.UTF8.GetBytes(
            "InitiatorName=iqn.2026-11.test:initiator\0TargetName=iqn.2026-11.local.uss:default\0MaxBurstLength=65536\0");
        for (var split = 0; split <= text.Length; split++)
        {
            var login = OpenLogin();
            var first = login.Handle(new LoginRequest { CurrentStage = LoginStage.Operational, IsContinued = true }, text.AsSpan(0, split));
            Assert.That(first.Status, Is.EqualTo(LoginStatus.Success));
            Assert.That(first.Text, Is.Empty);
            var last = login.Handle(OperationalToFull, text.AsSpan(split));
            Assert.That(last.IsComplete);
            Assert.That(login.Parameters.MaxBurstLength, Is.EqualTo(65536));
        }
    }

    [Test]
    public void A_long_answer_comes_in_pieces()
    {
        var login = OpenLogin();
        var keys = "InitiatorName=iqn.2026-11.test:initiator\0TargetName=iqn.2026-11.local.uss:default\0"
            + string.Concat(Enumerable.Range(0, 200).Select(i => $"X-com.example.a-rather-long-name-of-a-key.{i}=1\0"));
        var answer = login.Handle(OperationalToFull, System.Text.Encoding.UTF8.GetBytes(keys));
        var all = new List<byte>();
        for (var pieces = 1; answer.Header.IsContinued; pieces++)
        {
            Assert.That(answer.IsComplete, Is.False);
            Assert.That(answer.Text, Has.Length.EqualTo(8192));
            all.AddRange(answer.Text);
            Assert.That(pieces, Is.LessThan(10));
            answer = login.Handle(OperationalToFull, []);
        }

        all.AddRange(answer.Text);
        Assert.That(answer.IsComplete);
        var pairs = new List<KeyValuePair<string, string>>();
        Assert.That(TextKeys.TryParse(all.ToArray(), pairs, out var problem), problem);
        Assert.That(pairs.Count(pair => pair.Value == "NotUnderstood"), Is.EqualTo(200));
    }

    [Test]
    public void Endless_text_is_refused()
    {
        var login = OpenLogin();
        var request = new LoginRequest { CurrentStage = LoginStage.Operational, IsContinued = true };
        for (var i = 0; i < 4; i++)
            Assert.That(login.Handle(request, new byte[8192]).Status, Is.EqualTo(LoginStatus.Success));
        Assert.That(login.Handle(request, new byte[1]).Status, Is.EqualTo(LoginStatus.InitiatorError));
    }

    [Test]
    public void Endless_requests_are_refused()
    {
        var login = OpenLogin();
        var request = new LoginRequest { CurrentStage = LoginStage.Operational, IsContinued = true };
        var accepted = 0;
        while (login.Handle(request, []).Status == LoginStatus.Success)
            accepted++;
        Assert.That(accepted, Is.EqualTo(64));
    }

    private static LoginRequest OperationalToFull => new()
    {
        CurrentStage = LoginStage.Operational,
        IsTransit = true,
        NextStage = LoginStage.FullFeature,
    };

    private static LoginNegotiation OpenLogin() => new(new LoginPolicy(
        new TargetConfiguration { Iqn = "iqn.2026-11.local.uss:default", Initiators = [new InitiatorRule { Iqn = "*" }] },
        new IscsiTargetOptions(),
        isLoopback: false,
        bytes => bytes.Clear()));

    [Test]
    public void No_secret_appears_in_a_refusal() => Assert.That(
        Transcripts.Select(name => LoginTranscript.Replay(File.ReadAllText(Path.Combine(Folder, name + ".txt"))))
            .SelectMany(text => text.Split('\n'))
            .Where(line => line.StartsWith("< refused", StringComparison.Ordinal)),
        Has.None.Contains("initiatorsecret").And.None.Contains("targetsecret"));

    [Test]
    public void No_requests_make_it_throw_and_nobody_gets_in_without_a_rule()
    {
        var request = from flags in ArbMap.Default.GeneratorFor<byte>()
                      from text in Gen.OneOf(
                          ArbMap.Default.GeneratorFor<byte[]>(),
                          Gen.ListOf(Gen.Elements(_fragments)).Select(parts => System.Text.Encoding.UTF8.GetBytes(string.Concat(parts))))
                      select (flags, text);
        Prop.ForAll(Gen.ListOf(request).ToArbitrary(), requests =>
        {
            var login = new LoginNegotiation(new LoginPolicy(
                new TargetConfiguration
                {
                    Iqn = "iqn.2026-11.local.uss:default",
                    Initiators = [new InitiatorRule { Iqn = "*", Chap = new ChapCredentials("user", "initiatorsecret12") }],
                },
                new IscsiTargetOptions(),
                isLoopback: false,
                bytes => bytes.Fill(7)));
            foreach (var (flags, text) in requests)
            {
                var answer = login.Handle(
                    new LoginRequest
                    {
                        IsTransit = (flags & 0x80) != 0,
                        IsContinued = (flags & 0x40) != 0,
                        CurrentStage = (byte)((flags >> 2) & 3),
                        NextStage = (byte)(flags & 3),
                    },
                    text);
                Assert.That(answer.IsComplete, Is.False, "in without the secret");
                if (answer.Status != LoginStatus.Success)
                    break;
            }
        }).QuickCheckThrowOnFailure();
    }

    private static readonly string[] _fragments =
    [
        "InitiatorName=iqn.2026-11.test:initiator\0", "TargetName=iqn.2026-11.local.uss:default\0", "SessionType=Discovery\0",
        "AuthMethod=None\0", "AuthMethod=CHAP,None\0", "CHAP_A=5\0", "CHAP_N=user\0", "CHAP_R=0x00\0", "CHAP_I=1\0", "CHAP_C=0x01\0",
        "HeaderDigest=None\0", "MaxRecvDataSegmentLength=1024\0", "X=1\0", "Irrelevant", "\0", "=",
    ];
}
