"""Lists a large directory while it changes: python3 nfs-directory.py MOUNT MOUNT ENTRIES"""
import os
import sys
import threading
import time

A, B, ENTRIES = sys.argv[1], sys.argv[2], int(sys.argv[3])
WRITERS = 16
folder = f"{A}/large"
os.mkdir(folder)


def timed(what, work):
    begun = time.monotonic()
    work()
    print(f"{what}: {time.monotonic() - begun:.1f} s", flush=True)


def in_threads(work):
    """Runs work(number) beside each other; links are one call each, so they make names fastest."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def make(writer):
    target = f"{folder}/kept-{writer}"
    open(target, "w").close()
    for number in range(ENTRIES // WRITERS - 1):
        os.link(target, f"{folder}/kept-{writer}-{number:06}-with-a-name-of-some-length")


def names():
    with os.scandir(f"{B}/large") as entries:
        return [entry.name for entry in entries]


def expect(kept, listed):
    found = [name for name in listed if name.startswith("kept-")]
    assert len(listed) == len(set(listed)), "an entry came twice"
    assert len(found) == len(kept) and set(found) == kept, f"{len(found)} of {len(kept)} entries that did not change came"


timed(f"{ENTRIES} entries made", lambda: in_threads(make))
kept = set(os.listdir(folder))
assert len(kept) == ENTRIES // WRITERS * WRITERS, len(kept)

over = threading.Event()
changes = [0]


def change():
    """Names come, move and go all over the directory."""
    source = f"{folder}/changing"
    open(source, "w").close()
    number = 0
    while not over.is_set():
        os.link(source, f"{folder}/new-{number}")
        os.rename(f"{folder}/new-{number}", f"{folder}/moved-{number}")
        if number >= 50:
            os.unlink(f"{folder}/moved-{number - 50}")
        number += 1
    changes[0] = number


changing = threading.Thread(target=change)
changing.start()
for round in range(3):
    timed("listed", lambda: expect(kept, names()))
over.set()
changing.join()
print(f"{changes[0]} names came, moved and went meanwhile", flush=True)
assert changes[0] > 100
sizes = []


def attributes():
    with os.scandir(f"{B}/large") as entries:
        sizes.extend(entry.stat().st_nlink for entry in entries if entry.name.startswith("kept-"))


timed("listed with attributes", attributes)
assert len(sizes) == len(kept) and min(sizes) == ENTRIES // WRITERS


def remove(writer):
    for name in sorted(kept)[: ENTRIES // 50][writer::WRITERS]:
        os.unlink(f"{folder}/{name}")


timed("some removed", lambda: in_threads(remove))
expect(set(sorted(kept)[ENTRIES // 50 :]), names())
