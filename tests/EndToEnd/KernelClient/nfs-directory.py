"""Lists a large directory while it changes: python3 nfs-directory.py MOUNT MOUNT DIRECTORY ENTRIES"""
import os
import sys
import threading
import time

A, B, ENTRIES = f"{sys.argv[1]}/{sys.argv[3]}", f"{sys.argv[2]}/{sys.argv[3]}", int(sys.argv[4])
kept = {f"kept-{number:06}-with-a-name-of-some-length" for number in range(ENTRIES)}


def timed(what, work):
    begun = time.monotonic()
    work()
    print(f"{what}: {time.monotonic() - begun:.1f} s", flush=True)


def list_names():
    with os.scandir(B) as entries:
        listed = [entry.name for entry in entries]
    found = [name for name in listed if name.startswith("kept-")]
    assert len(listed) == len(set(listed)), "an entry came twice"
    assert len(found) == len(kept) and set(found) == kept, f"{len(found)} of {len(kept)} entries that did not change came"


over = threading.Event()
changes = [0]


def change():
    """Names come, move and go all over the directory."""
    source = f"{A}/changing"
    open(source, "w").close()
    while not over.is_set():
        number = changes[0]
        os.link(source, f"{A}/new-{number}")
        os.rename(f"{A}/new-{number}", f"{A}/moved-{number}")
        if number >= 50:
            os.unlink(f"{A}/moved-{number - 50}")
        changes[0] += 1


changing = threading.Thread(target=change)
changing.start()
while changes[0] < 10:
    time.sleep(0.01)
for _ in range(3):
    timed("listed", list_names)
over.set()
changing.join()
print(f"{changes[0]} names came, moved and went meanwhile", flush=True)
links = []


def list_attributes():
    with os.scandir(B) as entries:
        links.extend(entry.stat().st_nlink for entry in entries if entry.name in kept)


timed("listed with attributes", list_attributes)
assert len(links) == len(kept) and min(links) > 1, len(links)


def remove_some():
    for name in sorted(kept)[::1000]:
        os.unlink(f"{A}/{name}")
        kept.remove(name)


timed("some removed", remove_some)
list_names()
