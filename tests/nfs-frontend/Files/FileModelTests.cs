using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Random calls against a model.</summary>
public sealed class FileModelTests
{
    private static readonly string[] _names = ["a", "b", "c", "d", "e", "a longer name than most", new('z', 255)];

    [TestCase(1u)]
    [TestCase(2u)]
    public void A_file_system_does_what_the_model_does(ulong seed) => new Run(seed).Go(2000);

    [Test]
    [Category("Full")]
    public void A_file_system_does_what_the_model_does_for_long([Range(100u, 130u)] uint seed) => new Run(seed).Go(8000);

    private sealed class Run(ulong seed)
    {
        private readonly FileRig _rig = new(seed);
        private readonly SeededRandom _random = new(seed);
        private ModelFileSystem _model = null!;
        private Func<FileReply>? _again;
        private uint _xid = 1_000_000;

        public void Go(int calls)
        {
            using var rig = _rig;
            _model = new ModelFileSystem(rig.Top, rig.Attributes(rig.Top));
            rig.Store.Random = new SeededRandom(seed + 1);
            for (var call = 0; call < calls; call++)
            {
                rig.Store.RunsThatDoNotCount = _random.Chance(0.3) ? _random.Next(4) : 0;
                Step();
                rig.Store.RunsThatDoNotCount = 0;
                Compare(_model.Nodes[_random.Next(_model.Nodes.Count)]);
                if (call % 250 == 249)
                    CompareAll();
            }

            Assert.That(_model.Nodes.Count, Is.GreaterThan(calls / 20));
        }

        private void Step()
        {
            switch (_random.Next(100))
            {
                case < 14: Create(); break;
                case < 24: MakeOther(); break;
                case < 38: Remove(); break;
                case < 54: Rename(); break;
                case < 62: Link(); break;
                case < 78: Change(); break;
                case < 88: Lookup(); break;
                case < 97: Again(); break;
                case < 98: _rig.Restart(); break;
                case < 99: _rig.Pass(_random.Next(40) * 100_000_000L); break;
                default:
                    if (_random.Chance(0.2))
                        Forget();
                    break;
            }
        }

        // Sent again, whatever has happened meanwhile within the time for which calls are known.
        private void Again()
        {
            if (_again is null)
                return;
            Assert.That(_again().Status, Is.AnyOf(NfsStatus.Ok, NfsStatus.Stale));
        }

        private void Forget()
        {
            _rig.Pass(130 * FileRig.Second);
            _model.ForgetOrphans();
            _again = null;
        }

        // Makes a call that can be sent again when it was done.
        private FileReply Do(Func<uint, FileReply> call)
        {
            var xid = ++_xid;
            _rig.Caller = _random.Chance(0.5) ? FileRig.Root : FileRig.Alice;
            var reply = call(xid);
            if (reply.Status == NfsStatus.Ok)
                _again = () => call(xid);
            return reply;
        }

        private void Create()
        {
            var (directory, name, mode) = (Directory(), Name(), (CreateMode)_random.Next(3));
            var bits = 0x1B6u | (uint)(_random.Next(2) * 0x49);
            var length = _random.Chance(0.3) ? _random.Next(50_000) : (int?)null;
            var verifier = (ulong)_random.Next(4);
            var reply = Do(xid => _rig.Create(directory.Handle, name, mode, new SetAttributes { Mode = bits, Length = (ulong?)length }, verifier, xid));
            var status = ModelFileSystem.Making(directory, name);
            if (status == NfsStatus.Exists)
            {
                var there = directory.Entries[name];
                var isTaken = there.Type == FileType.Regular
                    && (mode == CreateMode.Unchecked || (mode == CreateMode.Exclusive && verifier != 0 && there.Verifier == verifier));
                status = !isTaken ? status : mode == CreateMode.Unchecked && length is not null ? StatusOfData(there) : NfsStatus.Ok;
                if (status == NfsStatus.Ok && mode == CreateMode.Unchecked && length is { } cut)
                    Resize(there, cut);
                Expect(reply, status, isTaken ? there.Handle : null);
                Compare(there);
                return;
            }

            Expect(reply, status, reply.Handle);
            if (status != NfsStatus.Ok)
                return;
            var isExclusive = mode == CreateMode.Exclusive;
            var node = isExclusive
                ? NewNode(reply, FileType.Regular, 0x180, 0, verifier: verifier)
                : NewNode(reply, FileType.Regular, bits, length ?? 0, verifier: 0);
            Compare(_model.Make(directory, name, node));
            Compare(directory);
        }

        private void MakeOther()
        {
            var (directory, name, kind) = (Directory(), Name(), _random.Next(5));
            var path = new string('p', 1 + _random.Next(4096));
            var mode = new SetAttributes { Mode = 0x1FF };
            var reply = Do(xid => kind switch
            {
                < 3 => _rig.MakeDirectory(directory.Handle, name, mode, xid),
                3 => _rig.MakeLink(directory.Handle, name, path, mode, xid),
                _ => _rig.MakeNode(directory.Handle, name, FileType.Pipe, mode),
            });
            if (kind == 4)
                _again = null;
            var status = ModelFileSystem.Making(directory, name);
            Expect(reply, status, reply.Handle);
            if (status != NfsStatus.Ok)
                return;
            var (type, length) = kind switch
            {
                < 3 => (FileType.Directory, 4096),
                3 => (FileType.SymbolicLink, path.Length),
                _ => (FileType.Pipe, 0),
            };
            Compare(_model.Make(directory, name, NewNode(reply, type, 0x1FF, length, path)));
            Compare(directory);
        }

        private void Remove()
        {
            var (directory, name, isDirectory) = (Directory(), Name(), _random.Chance(0.4));
            var reply = Do(xid => isDirectory ? _rig.RemoveDirectory(directory.Handle, name, xid) : _rig.Remove(directory.Handle, name, xid));
            var node = directory.Entries.GetValueOrDefault(name);
            Expect(reply, ModelFileSystem.Remove(directory, name, isDirectory));
            Compare(directory);
            if (node is not null)
                Compare(node);
        }

        private void Rename()
        {
            var (from, name, to, newName) = (Directory(), Name(), Directory(), Name());
            var reply = Do(xid => _rig.Rename(from.Handle, name, to.Handle, newName, xid));
            var nodes = new[] { from, to, from.Entries.GetValueOrDefault(name), to.Entries.GetValueOrDefault(newName) };
            Expect(reply, ModelFileSystem.Rename(from, name, to, newName));
            foreach (var node in nodes)
            {
                if (node is not null)
                    Compare(node);
            }
        }

        private void Link()
        {
            var (node, directory, name) = (Any(), Directory(), Name());
            var reply = Do(xid => _rig.Link(node.Handle, directory.Handle, name, xid));
            Expect(reply, ModelFileSystem.Link(node, directory, name));
            Compare(node);
            Compare(directory);
        }

        private void Change()
        {
            var node = Any();
            var kind = _random.Next(3);
            if (kind == 0)
            {
                var (offset, count) = (_random.Next(40_000), _random.Next(9000));
                var reply = Do(xid => _rig.Write(node.Handle, offset, count, xid));
                Expect(reply, StatusOfData(node));
                if (reply.Status == NfsStatus.Ok && count > 0)
                {
                    node.Length = Math.Max(node.Length, offset + count);
                    node.Verifier = 0;
                    node.Modify();
                }
            }
            else if (kind == 1)
            {
                var length = _random.Next(60_000);
                var reply = Do(xid => _rig.SetLength(node.Handle, length, xid));
                Expect(reply, StatusOfData(node));
                if (reply.Status == NfsStatus.Ok)
                    Resize(node, length);
            }
            else
            {
                var mode = (node.IsDirectory ? 0x1FFu : 0x1B6) | (uint)(_random.Next(2) * 0x49);
                var reply = Do(xid => _rig.SetAttributes(node.Handle, new SetAttributes { Mode = mode }, xid: xid));
                var isOwner = _rig.Caller.IsRoot || _rig.Caller.UserId == node.User;
                Expect(reply, node.IsGone ? NfsStatus.Stale : isOwner ? NfsStatus.Ok : NfsStatus.NotOwner);
                if (reply.Status == NfsStatus.Ok)
                    (node.Mode, node.Verifier, node.IsChanged) = (mode, 0, true);
            }

            Compare(node);
        }

        private NfsStatus StatusOfData(ModelNode node) => node.IsGone ? NfsStatus.Stale
            : node.IsDirectory ? NfsStatus.IsDirectory
            : node.Type != FileType.Regular ? NfsStatus.Invalid
            : node.Mode == 0x180 && !_rig.Caller.IsRoot && node.User != _rig.Caller.UserId ? NfsStatus.AccessDenied
            : NfsStatus.Ok;

        private static void Resize(ModelNode node, long length)
        {
            (node.Length, node.Verifier) = (length, 0);
            node.Modify();
        }

        private void Lookup()
        {
            var (directory, name) = (Directory(), Name());
            _rig.Caller = FileRig.Root;
            var reply = _rig.Lookup(directory.Handle, name);
            var status = ModelFileSystem.CheckDirectory(directory);
            var node = directory.Entries.GetValueOrDefault(name);
            Expect(reply, status != NfsStatus.Ok ? status : node is null ? NfsStatus.NoEntry : NfsStatus.Ok, node?.Handle);
        }

        private static void Expect(FileReply reply, NfsStatus status) => Assert.That(reply.Status, Is.EqualTo(status));

        private static void Expect(FileReply reply, NfsStatus status, FileHandle? handle)
        {
            Expect(reply, status);
            if (status == NfsStatus.Ok)
                Assert.That(reply.Handle, Is.EqualTo(handle).And.Not.Null);
        }

        private void CompareAll()
        {
            foreach (var node in _model.Nodes)
            {
                Compare(node);
                if (!node.IsDirectory || node.IsGone)
                    continue;
                Assert.That(_rig.Names(node.Handle, 700), Is.EquivalentTo(node.Entries.Keys));
                Assert.That(_rig.Lookup(node.Handle, "..").Handle, Is.EqualTo(node.Parent!.Handle));
            }

            var files = _model.Nodes.Count(node => !node.IsGone);
            Assert.That(_rig.Status(_rig.Top).Numbers[3] - _rig.Status(_rig.Top).Numbers[4], Is.EqualTo((ulong)files));
        }

        private void Compare(ModelNode node)
        {
            _rig.Caller = FileRig.Root;
            var reply = _rig.GetAttributes(node.Handle);
            if (node.IsGone)
            {
                Assert.That(reply.Status, Is.EqualTo(NfsStatus.Stale));
                return;
            }

            // A file without a name may have gone by itself where time has passed.
            if (node.Links == 0 && reply.Status == NfsStatus.Stale)
            {
                node.IsGone = true;
                return;
            }

            var found = reply.Attributes!.Value;
            Assert.That(
                (found.Type, found.Mode, found.Links, found.UserId, found.GroupId, found.Length),
                Is.EqualTo((node.Type, node.Mode, node.Links, node.User, node.Group, (ulong)node.Length)));
            CompareTime(node.Modified, found.Modified, node.IsModified, "modified");
            CompareTime(node.Changed, found.Changed, node.IsChanged, "changed");
            (node.Modified, node.Changed, node.IsModified, node.IsChanged) = (found.Modified, found.Changed, false, false);
            if (node.Type == FileType.SymbolicLink)
                Assert.That(FileRig.Text(_rig.ReadLink(node.Handle).Path), Is.EqualTo(node.Path));
        }

        private static void CompareTime(NfsTime before, NfsTime after, bool isLater, string what)
        {
            var (first, second) = (FileTime.From(before), FileTime.From(after));
            Assert.That(second, isLater ? Is.GreaterThan(first) : Is.EqualTo(first), what);
        }

        private ModelNode NewNode(FileReply reply, FileType type, uint mode, long length, string path = "", ulong verifier = 0) => new()
        {
            Handle = reply.Handle!.Value,
            Type = type,
            Mode = mode,
            User = _rig.Caller.UserId,
            Group = _rig.Caller.GroupId,
            Length = length,
            Path = path,
            Verifier = verifier,
        };

        // Mostly one that is there, sometimes one that is gone or no directory.
        private ModelNode Directory()
        {
            if (_random.Chance(0.05))
                return Any();
            var directories = _model.Nodes.Where(node => node is { IsDirectory: true, IsGone: false }).Take(8).ToList();
            return directories[_random.Next(directories.Count)];
        }

        private ModelNode Any()
        {
            var nodes = _random.Chance(0.1) ? _model.Nodes : _model.Nodes.Where(node => !node.IsGone).ToList();
            var any = nodes[_random.Next(nodes.Count)];
            if (any.Links == 0)
                Compare(any);
            return any;
        }

        private string Name() => _names[_random.Next(_names.Length)];
    }
}
