"""Makes a directory with many entries over NFS version 3, many calls at a time: python3 fill-directory.py SERVER PORT EXPORT DIRECTORY ENTRIES"""
import socket
import struct
import sys

SERVER, PORT, EXPORT, DIRECTORY, ENTRIES = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
MOUNT, NFS = (100005, 3), (100003, 3)
MNT, CREATE, MKDIR, LINK = 1, 8, 9, 15
LINKS_OF_A_FILE = 5000
AT_ONCE = 200

connection = socket.create_connection((SERVER, PORT))
stream = connection.makefile("rb")


def opaque(data):
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def call(xid, program, procedure, arguments):
    """A call as root (RFC 5531, 9; AUTH_SYS: appendix A), in one record."""
    credential = struct.pack(">I", 0) + opaque(b"filler") + struct.pack(">III", 0, 0, 0)
    body = struct.pack(">IIIIII", xid, 0, 2, *program, procedure) + struct.pack(">I", 1) + opaque(credential) + bytes(8) + arguments
    connection.sendall(struct.pack(">I", 0x80000000 | len(body)) + body)


def reply():
    """Results of the next reply, behind a status that is good."""
    length = struct.unpack(">I", stream.read(4))[0]
    assert length & 0x80000000
    body = stream.read(length & 0x7FFFFFFF)
    verifier = struct.unpack(">I", body[16:20])[0]
    results = body[20 + verifier :]
    accepted, status = struct.unpack(">II", results[:8])
    assert (accepted, status) == (0, 0), (accepted, status)
    return results[8:]


def handle(results, is_optional):
    if is_optional:
        assert struct.unpack(">I", results[:4])[0] == 1
        results = results[4:]
    length = struct.unpack(">I", results[:4])[0]
    return results[4 : 4 + length]


call(1, MOUNT, MNT, opaque(EXPORT.encode()))
root = handle(reply(), is_optional=False)
mode_only = struct.pack(">IIIIIII", 1, 0o755, 0, 0, 0, 0, 0)
call(2, NFS, MKDIR, opaque(root) + opaque(DIRECTORY.encode()) + mode_only)
directory = handle(reply(), is_optional=True)
waiting = 0
for number in range(ENTRIES):
    name = f"kept-{number:06}-with-a-name-of-some-length"
    if number % LINKS_OF_A_FILE == 0:
        while waiting > 0:
            reply()
            waiting -= 1
        call(3 + number, NFS, CREATE, opaque(directory) + opaque(name.encode()) + struct.pack(">I", 1) + mode_only)
        file = handle(reply(), is_optional=True)
        continue
    call(3 + number, NFS, LINK, opaque(file) + opaque(directory) + opaque(name.encode()))
    waiting += 1
    if waiting == AT_ONCE:
        reply()
        waiting -= 1
while waiting > 0:
    reply()
    waiting -= 1
