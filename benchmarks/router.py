"""Speed and memory of the router: one message from its source to its route, on one core.

    make benchmark NAME=router

Takes the messages of tests/scenarios up to 20 kB through parse, screen, read, match and route, for users
with 50, 200 and 1,000 applications. Prints messages per second, milliseconds per message, the share of
each step, and how much memory the router adds to a process that has Django loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import count, islice, pairwise
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracking.mail import Candidate, Known, RawMail
    from tracking.router.scenario import Scenario

SCENARIOS = Path(__file__).resolve().parents[1] / "tests" / "scenarios"
CANDIDATES = (50, 200, 1_000)
MAX_BYTES = 20_000
MESSAGES = 1_000
STEPS = ("parse", "screen", "read", "match", "route")


def main() -> None:
    if len(sys.argv) == 2:
        return measure_memory() if sys.argv[1] == "memory" else measure_speed(int(sys.argv[1]))
    print(f"{'candidates':>10} {'messages/s':>11} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7}  mean ms by step")
    for size in CANDIDATES:
        subprocess.run([sys.executable, "-m", "benchmarks.router", str(size)], check=True)
    subprocess.run([sys.executable, "-m", "benchmarks.router", "memory"], check=True)
    return None


def measure_speed(candidates: int) -> None:
    """Print one line for a user with that many applications; caches are warm, as in a running worker."""
    scenarios = load()
    mails, known = sources(scenarios), user_with(candidates, scenarios)
    for raw in mails[:200]:
        timed(raw, known)
    times = [timed(raw, known) for raw in mails]
    each = sorted(1000 * sum(steps) for steps in times)
    cuts = quantiles(each, n=100, method="inclusive")
    shares = ", ".join(
        f"{name} {1000 * sum(part) / len(times):.2f}"
        for name, part in zip(STEPS, zip(*times, strict=True), strict=True)
    )
    rate = 1000 * len(each) / sum(each)
    print(
        f"{candidates:10} {rate:11.0f} {cuts[49]:7.2f} {cuts[94]:7.2f} {cuts[98]:7.2f}  {shares}", flush=True
    )


def timed(raw: RawMail, known: Known) -> tuple[float, ...]:
    """Seconds that each of STEPS took for one message."""
    from tracking.mail import Permissions, Thresholds
    from tracking.router.match import match
    from tracking.router.parse import parse
    from tracking.router.read import read
    from tracking.router.route import route
    from tracking.router.screen import screen

    at = [perf_counter()]
    mail = parse(raw)
    at.append(perf_counter())
    screen(mail, known)
    at.append(perf_counter())
    reading = read(mail, known)
    at.append(perf_counter())
    found = match(reading, mail, known)
    at.append(perf_counter())
    route(reading, found, mail, Permissions(), Thresholds(), "applied")
    at.append(perf_counter())
    return tuple(end - start for start, end in pairwise(at))


def measure_memory() -> None:
    """Print what the router adds to the memory of a process with Django: loaded, and after many messages."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    scenarios = load()
    mails = list(islice(repeated(sources(scenarios)), MESSAGES))
    before = resident()
    from tracking.router.weights import load as load_weights

    load_weights()
    known = user_with(200, scenarios)
    timed(mails[0], known)
    loaded = resident()
    for raw in mails:
        timed(raw, known)
    print(
        f"memory: {before:.0f} MB with Django and the messages, +{loaded - before:.0f} MB with the router "
        f"loaded, +{resident() - before:.0f} MB after {MESSAGES} messages"
    )


def repeated(mails: Sequence[RawMail]) -> Sequence[RawMail]:
    return [*mails] * (1 + MESSAGES // max(1, len(mails)))


def resident() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def load() -> list[Scenario]:
    from tracking.router.scenario import load_scenarios

    return load_scenarios(SCENARIOS)


def sources(scenarios: Sequence[Scenario]) -> list[RawMail]:
    """The messages of all scenarios up to MAX_BYTES, as a provider hands them over."""
    from tracking.router.scenario import to_raw

    mails = [to_raw(message, scenario) for scenario in scenarios for message in scenario.messages]
    return [raw for raw in mails if len(raw.content) <= MAX_BYTES]


def user_with(number: int, scenarios: Sequence[Scenario]) -> Known:
    """A user with `number` applications: those of the scenarios, and again with other titles if too few."""
    from tracking.mail import Known

    own = [each for scenario in scenarios for each in scenario.applications]
    found: list[Candidate] = []
    for turn in count():
        found += [
            replace(each, id=f"{turn}-{n}", title=each.title + " II" * turn) for n, each in enumerate(own)
        ]
        if len(found) >= number:
            return Known(scenarios[0].user, tuple(found[:number]))
    raise AssertionError


if __name__ == "__main__":
    main()
