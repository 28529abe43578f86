"""Sets a fresh machine up, starts every process of the Procfile and says where to sign in.

python -m config.serve
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping

from config.embedded import ROOT, run, servers

READY_SECONDS = 120
STOPPED = 128 + signal.SIGTERM


def main() -> int:
    """Migrate, make the demo account, then run until Ctrl-C; give honcho's exit code, 0 if it was stopped."""
    with servers(ROOT / "var") as environment:
        refuse_taken_port(int(environment["PORT"]))
        welcome = manage(["set_up"], environment)
        threading.Thread(target=announce, args=(environment["PORT"], welcome), daemon=True).start()
        code = run([sys.executable, "-m", "honcho", "start"], environment, detached=True)
        return 0 if code == STOPPED else code


def manage(arguments: list[str], environment: Mapping[str, str]) -> str:
    """Run one management command; give what it printed. A failing one ends this process with its words."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


def refuse_taken_port(port: int) -> None:
    """End this process with a sentence if something else listens on `port`."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SystemExit(f"Port {port} is in use. Choose another: PORT={port + 1} make run")


def announce(port: str, welcome: str) -> None:
    """Print `welcome` once the web process answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5),
        ):
            print(f"\n  Heardback is ready: http://localhost:{port}/\n{welcome}", flush=True)
            return
        time.sleep(0.3)
    print(
        f"The web process does not answer on port {port}; see the lines above.", file=sys.stderr, flush=True
    )


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
