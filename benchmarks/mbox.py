"""Peak memory of reading a large .mbox, and how it grows with the file.

    make benchmark NAME=mbox

Writes mailboxes of 20, 100 and 200 MB, reads each in a process of its own, and prints messages per
second and peak resident memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES_MB = (20, 100, 200)
BODY = "Thank you for your order of garden chairs. It will be delivered on Tuesday.\n" * 220


def main() -> None:
    if len(sys.argv) == 2:
        return read(Path(sys.argv[1]))
    print("file MB   messages   messages/s   peak RSS MB")
    with tempfile.TemporaryDirectory() as directory:
        for size in SIZES_MB:
            path = Path(directory) / f"{size}.mbox"
            write(path, size * 1024 * 1024)
            subprocess.run([sys.executable, "-m", "benchmarks.mbox", str(path)], check=True)
            path.unlink()
    return None


def write(path: Path, size: int) -> None:
    """An mbox of about `size` bytes, of messages of about 17 kB."""
    with path.open("w") as file:
        number = 0
        while file.tell() < size:
            file.write(f"From {number}@xxx Mon Nov 02 09:00:00 +0000 2026\n")
            file.write(f"From: Shop <shop@shop.example>\nMessage-ID: <{number}@shop.example>\n")
            file.write(f"Date: Mon, 2 Nov 2026 09:00:00 +0000\nSubject: Order {number}\n\n{BODY}\n")
            number += 1


def read(path: Path) -> None:
    from tracking.mail import Known, Person
    from tracking.providers.mbox import pieces, raw_mail
    from tracking.router.parse import parse
    from tracking.router.screen import screen

    known, count, began = Known(Person("Sam", "sam@example.org")), 0, time.perf_counter()
    with path.open("rb") as file:
        for piece in pieces(path.name, file):
            screen(parse(raw_mail(piece, frozenset())), known)
            count += 1
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    megabytes = path.stat().st_size // 1024 // 1024
    print(f"{megabytes:7}   {count:8}   {count / seconds:10.0f}   {peak:11.1f}", flush=True)


if __name__ == "__main__":
    main()
