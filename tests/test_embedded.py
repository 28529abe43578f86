"""The wrapper that starts PostgreSQL and Redis: shared by several commands, stopped by the last."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded
from config.embedded import ROOT, drop, servers

OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "DEMO_PASSWORD", "PORT")


@pytest.fixture
def var(monkeypatch):
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    directory = Path(tempfile.mkdtemp(prefix="heardback-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def answers(environment: dict[str, str]) -> bool:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        connection.execute("SELECT 1")
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        return bool(client.ping())


def test_it_starts_both_keeps_data_and_stops_them(var):
    with servers(var) as first:
        assert answers(first)
        with redis.Redis.from_url(first["REDIS_URL"]) as client:
            client.set("kept", "yes")
        command = [sys.executable, "-m", "config.embedded", "--var", str(var), "printenv", "REDIS_URL"]
        beside = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        assert beside.stdout.strip() == first["REDIS_URL"]
        assert answers(first)
    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(first["REDIS_URL"]) as client:
        client.ping()
    with servers(var) as again:
        assert again["ENCRYPTION_KEYS"] == first["ENCRYPTION_KEYS"]
        with redis.Redis.from_url(again["REDIS_URL"]) as client:
            assert client.get("kept") == b"yes"


def test_a_database_that_is_slow_to_start_is_waited_for(var, monkeypatch):
    library = type(embedded._postgres(var / "postgres"))
    start, times = library.start, []

    def slow(server):
        times.append(server)
        if len(times) == 1:
            raise subprocess.TimeoutExpired("pg_ctl", 10)
        start(server)

    monkeypatch.setattr(library, "start", slow)
    with servers(var) as environment:
        assert answers(environment)
    assert len(times) == 2


def test_its_secrets_are_for_the_owner_alone(var):
    with servers(var):
        pass
    assert (var / "secrets.json").stat().st_mode & 0o077 == 0
    assert (var / "redis" / "redis.conf").stat().st_mode & 0o077 == 0


def test_what_the_environment_names_is_used_as_it_is(var, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with servers(var) as environment:
        assert environment["DATABASE_URL"] == "postgres://elsewhere/db"
    assert not (var / "postgres").exists()


def test_it_gives_the_exit_code_and_only_the_output_of_its_command(var):
    command = [sys.executable, "-m", "config.embedded", "--var", str(var)]
    program = "import sys; print('only this'); sys.exit(3)"
    done = subprocess.run(
        [*command, sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "only this\n", "")


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ENCRYPTION_KEYS"])
def test_a_missing_setting_stops_the_start_in_words(name):
    environment = {key: value for key, value in os.environ.items() if key != name}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**environment, name: ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"{name} is not set." in done.stderr


def test_data_is_dropped_only_when_nothing_uses_it(var, capsys):
    with servers(var):
        assert drop(var) == 1
        assert "Stop it first" in capsys.readouterr().err
    assert drop(var) == 0
    assert not var.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_runs_apart_is_stopped_by_any_signal(number):
    program = "import os, sys; from config.embedded import run; "
    program += "sys.exit(run(['sh', '-c', 'echo up; exec sleep 60'], dict(os.environ), detached=True))"
    ignoring = ["sh", "-c", 'trap \'\' INT; exec "$0" -c "$1"', sys.executable, program]
    with subprocess.Popen(ignoring, cwd=ROOT, stdout=subprocess.PIPE, text=True) as wrapper:
        assert wrapper.stdout is not None
        assert wrapper.stdout.readline() == "up\n"
        wrapper.send_signal(number)
        assert wrapper.wait(timeout=60) != 0
