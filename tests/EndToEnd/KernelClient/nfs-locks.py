"""Locks of files on two mounts of one file system: python3 nfs-locks.py MOUNT MOUNT"""
import fcntl
import os
import signal
import struct
import sys
import time

FIRST, SECOND = sys.argv[1], sys.argv[2]


def take(descriptor, kind, start, length, command=fcntl.F_SETLK):
    """One lock of POSIX; raises BlockingIOError when somebody else's is in the way."""
    request = struct.pack("hhqqi", kind, os.SEEK_SET, start, length, 0)
    try:
        return struct.unpack("hhqqi", fcntl.fcntl(descriptor, command, request))
    except PermissionError as error:
        raise BlockingIOError from error


def is_free(descriptor, kind, start, length):
    try:
        take(descriptor, kind, start, length)
    except BlockingIOError:
        return False
    take(descriptor, fcntl.F_UNLCK, start, length)
    return True


def in_child(work):
    """Runs something in a process of its own; its number."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:  # noqa: the parent sees the status
            print("child:", repr(error), flush=True)
            os._exit(1)
    return child


def succeeded(child):
    assert os.waitpid(child, 0)[1] == 0, "the other process failed"


name = "locked"
a = os.open(f"{FIRST}/{name}", os.O_RDWR | os.O_CREAT, 0o644)
os.write(a, b"x" * 1000)
os.fsync(a)

# Exclusive: nobody else, by the other mount or by another process of this one; beside it everybody.
take(a, fcntl.F_WRLCK, 0, 100)


def others():
    for mount in (FIRST, SECOND):
        other = os.open(f"{mount}/{name}", os.O_RDWR)
        assert not is_free(other, fcntl.F_WRLCK, 50, 100), mount
        assert not is_free(other, fcntl.F_RDLCK, 99, 1), mount
        assert is_free(other, fcntl.F_WRLCK, 100, 100), mount
        kind, _, start, length, _ = take(other, fcntl.F_WRLCK, 0, 0, fcntl.F_GETLK)
        assert (kind, start, length) == (fcntl.F_WRLCK, 0, 100), (mount, kind, start, length)


succeeded(in_child(others))
print("exclusive locks hold", flush=True)

# Shared: many readers, no writer; and a part of a lock can be given back.
take(a, fcntl.F_RDLCK, 0, 100)
take(a, fcntl.F_UNLCK, 40, 20)


def readers():
    other = os.open(f"{SECOND}/{name}", os.O_RDWR)
    assert is_free(other, fcntl.F_RDLCK, 0, 100)
    assert not is_free(other, fcntl.F_WRLCK, 0, 40)
    assert is_free(other, fcntl.F_WRLCK, 40, 20)
    assert not is_free(other, fcntl.F_WRLCK, 60, 40)


succeeded(in_child(readers))
print("shared locks hold", flush=True)

# Who waits gets the lock when it is given back.
take(a, fcntl.F_UNLCK, 0, 0)
take(a, fcntl.F_WRLCK, 0, 10)


def waits():
    other = os.open(f"{SECOND}/{name}", os.O_RDWR)
    began = time.monotonic()
    take(other, fcntl.F_WRLCK, 0, 10, fcntl.F_SETLKW)
    print(f"waited {time.monotonic() - began:.2f} s", flush=True)
    os.pwrite(other, b"second", 0)


waiting = in_child(waits)
time.sleep(2)
assert os.waitpid(waiting, os.WNOHANG) == (0, 0), "the lock was not waited for"
take(a, fcntl.F_UNLCK, 0, 10)
succeeded(waiting)

# A process that is killed gives back what it had, and one that waits when it is killed gets nothing.
def holds():
    other = os.open(f"{SECOND}/{name}", os.O_RDWR)
    take(other, fcntl.F_WRLCK, 0, 0)
    print("held", flush=True)
    time.sleep(60)


holder = in_child(holds)
time.sleep(2)
assert not is_free(a, fcntl.F_WRLCK, 500, 1)
os.kill(holder, signal.SIGKILL)
os.waitpid(holder, 0)
until = time.monotonic() + 30
while not is_free(a, fcntl.F_WRLCK, 500, 1):
    assert time.monotonic() < until, "the lock of a process that is gone stays"
    time.sleep(0.1)
print("locks of a killed process are free", flush=True)

take(a, fcntl.F_WRLCK, 0, 10)
waiting = in_child(waits)
time.sleep(2)
os.kill(waiting, signal.SIGKILL)
os.waitpid(waiting, 0)
take(a, fcntl.F_UNLCK, 0, 10)
time.sleep(2)


def free():
    other = os.open(f"{SECOND}/{name}", os.O_RDWR)
    until = time.monotonic() + 30
    while not is_free(other, fcntl.F_WRLCK, 0, 10):
        assert time.monotonic() < until, "somebody who does not wait any more got the lock"
        time.sleep(0.1)


succeeded(in_child(free))

# A lock makes what others wrote visible.
def writes():
    other = os.open(f"{SECOND}/{name}", os.O_RDWR)
    for number in range(50):
        take(other, fcntl.F_WRLCK, 0, 100, fcntl.F_SETLKW)
        count = int(os.pread(other, 10, 0))
        os.pwrite(other, b"%010d" % (count + 1), 0)
        os.fsync(other)
        take(other, fcntl.F_UNLCK, 0, 100)


os.pwrite(a, b"%010d" % 0, 0)
os.fsync(a)
counting = in_child(writes)
for number in range(50):
    take(a, fcntl.F_WRLCK, 0, 100, fcntl.F_SETLKW)
    count = int(os.pread(a, 10, 0))
    os.pwrite(a, b"%010d" % (count + 1), 0)
    os.fsync(a)
    take(a, fcntl.F_UNLCK, 0, 100)
succeeded(counting)
take(a, fcntl.F_RDLCK, 0, 100, fcntl.F_SETLKW)
assert int(os.pread(a, 10, 0)) == 100, os.pread(a, 10, 0)
take(a, fcntl.F_UNLCK, 0, 0)
os.close(a)
print("100 increments under locks", flush=True)
