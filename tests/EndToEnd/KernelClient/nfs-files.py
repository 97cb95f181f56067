"""What programs do with files, on two mounts of one file system: A does it, B must see it."""
import errno
import hashlib
import mmap
import os
import stat
import sys
import time

A, B = sys.argv[1:3]
failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("FAILED:", what, flush=True)


def fails_with(code, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        check(error.errno == code, f"{call.__name__}{arguments}: {errno.errorcode.get(error.errno)} in place of {errno.errorcode[code]}")
        return
    check(False, f"{call.__name__}{arguments} succeeded in place of {errno.errorcode[code]}")


def part(function):
    begun = time.monotonic()
    function()
    print(f"{function.__name__}: {time.monotonic() - begun:.1f} s", flush=True)


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("3")


def many_files(count=2000):
    folder = f"{A}/many"
    os.mkdir(folder)
    for i in range(count):
        with open(f"{folder}/f{i}", "wb") as file:
            file.write(hashlib.sha256(b"%d" % i).digest() * (i % 50))
    check(len(os.listdir(folder)) == count, "all names are listed")
    for i in range(0, count, 4):
        os.rename(f"{folder}/f{i}", f"{folder}/g{i}")
    for i in range(1, count, 4):
        os.truncate(f"{folder}/f{i}", i % 77)
    for i in range(2, count, 4):
        os.unlink(f"{folder}/f{i}")
    drop_caches()
    other = f"{B}/many"
    check(len(os.listdir(other)) == count * 3 // 4, "names after rename and removal")
    for i in range(0, count, 4):
        with open(f"{other}/g{i}", "rb") as file:
            check(file.read() == hashlib.sha256(b"%d" % i).digest() * (i % 50), f"content of g{i}")
    for i in range(1, count, 4):
        check(os.stat(f"{other}/f{i}").st_size == i % 77, f"length of f{i}")
    for name in os.listdir(folder):
        os.unlink(f"{folder}/{name}")
    os.rmdir(folder)


def links():
    folder = f"{A}/links"
    os.mkdir(folder)
    with open(f"{folder}/file", "w") as file:
        file.write("content")
    os.link(f"{folder}/file", f"{folder}/hard")
    os.symlink("file", f"{folder}/symbolic")
    os.symlink("x" * 4000, f"{folder}/long")
    os.mkfifo(f"{folder}/pipe")
    os.mknod(f"{folder}/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    check(os.stat(f"{folder}/hard").st_nlink == 2, "two names")
    check(os.stat(f"{folder}/hard").st_ino == os.stat(f"{folder}/file").st_ino, "one inode")
    os.unlink(f"{folder}/file")
    check(os.stat(f"{folder}/hard").st_nlink == 1, "one name")
    fails_with(errno.ENOENT, os.stat, f"{folder}/symbolic")
    check(os.readlink(f"{folder}/long") == "x" * 4000, "a long symbolic link")
    check(stat.S_ISFIFO(os.stat(f"{folder}/pipe").st_mode), "a pipe")
    check(os.stat(f"{folder}/null").st_rdev == os.makedev(1, 3), "a device")
    with open(f"{folder}/null", "w") as file:
        file.write("gone")
    fails_with(errno.EPERM, os.link, folder, f"{folder}/directory")
    for name in os.listdir(folder):
        os.unlink(f"{folder}/{name}")
    os.rmdir(folder)


def renames():
    folder = f"{A}/renames"
    for name in ["", "/a", "/a/b", "/empty", "/full", "/full/x"]:
        os.mkdir(folder + name)
    fails_with(errno.EINVAL, os.rename, f"{folder}/a", f"{folder}/a/b/c")
    fails_with(errno.ENOTEMPTY, os.rename, f"{folder}/a", f"{folder}/full")
    os.rename(f"{folder}/a", f"{folder}/empty")
    check(os.path.isdir(f"{folder}/empty/b"), "a directory over an empty one")
    open(f"{folder}/one", "w").close()
    open(f"{folder}/two", "w").close()
    os.rename(f"{folder}/one", f"{folder}/two")
    fails_with(errno.ENOENT, os.stat, f"{folder}/one")
    fails_with(errno.EISDIR, os.rename, f"{folder}/two", f"{folder}/empty")
    fails_with(errno.ENOTDIR, os.rename, f"{folder}/empty", f"{folder}/two")
    fails_with(errno.ENOTEMPTY, os.rmdir, f"{folder}/full")
    check(os.stat(f"{folder}/empty").st_nlink == 3, "names of a directory")
    os.rename(f"{folder}/empty/b", f"{folder}/full/b")
    check((os.stat(f"{folder}/empty").st_nlink, os.stat(f"{folder}/full").st_nlink) == (2, 4), "'..' moves along")
    for name in ["/full/b", "/full/x", "/full", "/empty"]:
        os.rmdir(folder + name)
    os.unlink(f"{folder}/two")
    os.rmdir(folder)


def names():
    folder = f"{A}/names".encode()
    os.mkdir(folder)
    for name in [b"n" * 255, b"\xff\xfe not text", " leading".encode(), "汉字 и".encode(), b"-rf", b"new\nline"]:
        with open(folder + b"/" + name, "w"):
            pass
        check(name in os.listdir(folder), f"a name of {name}")
        os.unlink(folder + b"/" + name)
    fails_with(errno.ENAMETOOLONG, os.mkdir, folder + b"/" + b"n" * 256)
    os.rmdir(folder)


def holes():
    path = f"{A}/sparse"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
        file.seek(1 << 35)
        file.write(b"in the middle")
    drop_caches()
    with open(f"{B}/sparse", "rb") as file:
        check(os.fstat(file.fileno()).st_size == 1 << 40, "length of a sparse file")
        check(os.fstat(file.fileno()).st_blocks * 512 < 1 << 30, "a sparse file takes little")
        check(file.read(1 << 20) == bytes(1 << 20), "a hole reads as zeros")
        file.seek(1 << 35)
        check(file.read(13) == b"in the middle", "data between holes")
    os.truncate(path, 100)
    os.truncate(path, 1 << 20)
    with open(path, "rb") as file:
        check(file.read() == bytes(1 << 20), "what was cut off is zeros when the file grows again")
    with open(path, "r+b") as file:
        file.write(b"x" * 10_000)
    os.truncate(path, 5_000)
    os.truncate(path, 9_000)
    drop_caches()
    with open(f"{B}/sparse", "rb") as file:
        check(file.read() == b"x" * 5_000 + bytes(4_000), "a cut within a block")
    os.unlink(path)


def flags():
    path = f"{A}/flags"
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640)
    fails_with(errno.EEXIST, os.open, f"{B}/flags", os.O_CREAT | os.O_EXCL | os.O_RDWR)
    check(stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o640, "mode of an exclusive create")
    os.close(descriptor)
    descriptor = os.open(path, os.O_RDWR | os.O_DIRECT)
    pages = mmap.mmap(-1, 1 << 20)
    for i in range(256):
        pages[i * 4096:(i + 1) * 4096] = bytes([i]) * 4096
    check(os.pwrite(descriptor, pages, 0) == 1 << 20, "O_DIRECT writes")
    back = mmap.mmap(-1, 1 << 20)
    check(os.preadv(descriptor, [back], 0) == 1 << 20 and back[:] == pages[:], "O_DIRECT reads")
    os.close(descriptor)
    with open(f"{B}/flags", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        check(mapped[4096 * 7] == 7, "mmap reads")
        mapped[0:5] = b"hello"
        mapped.flush()
    descriptor = os.open(path, os.O_RDWR | os.O_DIRECT)
    check(os.preadv(descriptor, [back], 0) == 1 << 20 and back[:5] == b"hello", "mmap writes")
    os.close(descriptor)
    with open(path, "ab") as file:
        file.write(b"end")
    check(os.stat(path).st_size == (1 << 20) + 3, "O_APPEND")
    open(path, "w").close()
    check(os.stat(path).st_size == 0, "O_TRUNC")
    held = open(path, "w+b")
    held.write(b"still there")
    held.flush()
    os.unlink(path)
    held.seek(0)
    check(held.read() == b"still there", "an open file outlives its name")
    held.close()


def attributes():
    path = f"{A}/attributes"
    with open(path, "w") as file:
        file.write("x")
    os.chmod(path, 0o4751)
    os.chown(path, 1234, 5678)
    os.utime(path, ns=(1_000_000_000_123_456_789, 2_000_000_000_987_654_321))
    drop_caches()
    seen = os.stat(f"{B}/attributes")
    check((seen.st_uid, seen.st_gid) == (1234, 5678), "owner")
    check((seen.st_atime_ns, seen.st_mtime_ns) == (1_000_000_000_123_456_789, 2_000_000_000_987_654_321), "times to the nanosecond")
    os.utime(path, ns=(1_000_000_000_123_456_789, 1_000_000_000_987_654_321))
    before = os.stat(path)
    with open(path, "a") as file:
        file.write("y")
    after = os.stat(path)
    check(after.st_mtime_ns > before.st_mtime_ns and after.st_ctime_ns > before.st_ctime_ns, "a write moves the times")
    os.unlink(path)


def other_mount():
    for i in range(50):
        with open(f"{A}/seen", "w") as file:
            file.write("%d" % i * (i + 1))
        with open(f"{B}/seen") as file:
            check(file.read() == "%d" % i * (i + 1), f"what one mount wrote and closed is what the other one opens, round {i}")
    os.unlink(f"{A}/seen")


def permissions():
    folder = f"{A}/permissions"
    os.mkdir(folder)
    with open(f"{folder}/mine", "w") as file:
        file.write("secret")
    os.chmod(f"{folder}/mine", 0o600)
    os.mkdir(f"{folder}/sticky")
    os.chmod(f"{folder}/sticky", 0o1777)
    open(f"{folder}/sticky/roots", "w").close()
    child = os.fork()
    if child == 0:
        failures.clear()
        os.setgroups([])
        os.setgid(1000)
        os.setuid(1000)
        fails_with(errno.EACCES, open, f"{folder}/mine")
        fails_with(errno.EACCES, os.mkdir, f"{folder}/new")
        fails_with(errno.EPERM, os.chmod, f"{folder}/mine", 0o666)
        fails_with(errno.EPERM, os.unlink, f"{folder}/sticky/roots")
        open(f"{folder}/sticky/own", "w").close()
        check(os.stat(f"{folder}/sticky/own").st_uid == 1000, "owner of a new file")
        os.unlink(f"{folder}/sticky/own")
        os._exit(1 if failures else 0)
    check(os.waitpid(child, 0)[1] == 0, "permissions of another user")
    os.unlink(f"{folder}/sticky/roots")
    os.rmdir(f"{folder}/sticky")
    os.unlink(f"{folder}/mine")
    os.rmdir(folder)


def changing_directory(count=5000):
    folder = f"{A}/changing"
    os.mkdir(folder)
    for i in range(count):
        os.mknod(f"{folder}/stays{i}")
    child = os.fork()
    if child == 0:
        for i in range(500):
            os.mknod(f"{B}/changing/comes{i}")
            os.unlink(f"{B}/changing/comes{i}")
        os._exit(0)
    for _ in range(5):
        found = [entry.name for entry in os.scandir(folder) if entry.name.startswith("stays")]
        check(len(found) == count and len(set(found)) == count, f"entries that stay come once each: {len(found)}, {len(set(found))} different")
    os.waitpid(child, 0)
    for i in range(count):
        os.unlink(f"{folder}/stays{i}")
    os.rmdir(folder)


for function in [links, renames, names, holes, flags, attributes, other_mount, permissions, many_files, changing_directory]:
    part(function)
print("file system:", os.statvfs(A))
check(os.listdir(A) == [], f"nothing is left: {os.listdir(A)}")
sys.exit(1 if failures else 0)
