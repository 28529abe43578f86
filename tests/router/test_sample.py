"""The sample mailbox through the whole path, as one sync of it would go, against the truth kept beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from applications.status import Status, after
from tracking.mail import Candidate, Known, Mail, Permissions, Person, Reading, Route, Thresholds
from tracking.providers import MessageError
from tracking.providers.sample import Owner, SampleSource, contents
from tracking.router.match import lasting_keys, match
from tracking.router.parse import parse
from tracking.router.read import read
from tracking.router.route import route
from tracking.router.screen import screen

TRUTH: dict[str, dict[str, Any]] = json.loads((Path(__file__).parents[1] / "sample_truth.json").read_text())
OWNER = Owner(
    "Robin Ashdown",
    "robin.ashdown@example.com",
    ZoneInfo("Europe/London"),
    datetime(2026, 3, 18, 12, tzinfo=UTC),
)
FORGED = ("s31", "s44")
NOTHING = Route("ignore", None, 0, "", "", "screened_out")


@dataclass
class Account:
    """What a user's data says while the mailbox is read: as `tracking.known.Knowledge` keeps it."""

    candidates: dict[str, Candidate]
    links: dict[str, str] = field(default_factory=dict)
    correspondents: frozenset[str] = frozenset()

    def known(self) -> Known:
        person = Person(OWNER.name, OWNER.email, str(OWNER.zone))
        return Known(person, tuple(self.candidates.values()), dict(self.links), self.correspondents)

    def take(self, mail: Mail) -> Route:
        known = self.known()
        if not screen(mail, known).keep:
            return NOTHING
        reading = read(mail, known)
        found = match(reading, mail, known)
        status = self.candidates[found.application].status if found.application else ""
        routed = route(reading, found, mail, Permissions(), Thresholds(), status)
        self.act(mail, reading, routed)
        return routed

    def act(self, mail: Mail, reading: Reading, routed: Route) -> None:
        name = routed.application or ""
        if routed.action == "create":
            name = f"{reading.company} / {reading.title}"
            self.candidates[name] = candidate(name, "applied", mail.received_at)
        if routed.action not in ("auto", "create"):
            return
        held = self.candidates[name]
        status = after(Status(held.status), routed.effect) if routed.effect else held.status
        self.candidates[name] = replace(held, status=str(status), last_activity_at=mail.received_at)
        self.links.update(dict.fromkeys(lasting_keys(mail), name))
        people = mail.recipients if mail.sent else (mail.sender,)
        self.correspondents |= {person.email.lower() for person in people}


def candidate(
    name: str, status: str, applied_at: datetime | None, url: str = "", location: str = ""
) -> Candidate:
    """An application under the name that the truth gives it: "Company / Title"."""
    company, _, title = name.partition(" / ")
    return Candidate(name, company, title, status, applied_at, url, location)


def account() -> Account:
    held = {}
    for each in contents()["applications"]:
        name, ago = f"{each['company']} / {each['title']}", each["applied_days_ago"]
        applied_at = None if ago is None else OWNER.now - timedelta(days=ago)
        held[name] = candidate(name, each["status"], applied_at, url=each["url"], location=each["location"])
    return Account(held)


@lru_cache(maxsize=1)
def routes() -> dict[str, Route]:
    """What is done with every message of the sample, in the order in which they came."""
    source, held = SampleSource(OWNER), account()
    return {name: held.take(parse(source.get(name))) for name in TRUTH}


def names(action: str) -> list[str]:
    return [name for name, truth in TRUTH.items() if truth["route"] == action]


def test_every_message_has_a_truth() -> None:
    assert list(TRUTH) == [each["id"] for each in contents()["messages"]]
    with pytest.raises(MessageError):
        SampleSource(OWNER).get("s00")


@pytest.mark.parametrize(("action", "least"), [("auto", 10), ("review", 5), ("orphan", 3), ("create", 1)])
def test_something_of_everything_is_shown(action: str, least: int) -> None:
    assert sum(each.action == action for each in routes().values()) >= least


@pytest.mark.parametrize("name", names("ignore"))
def test_what_is_no_mail_about_a_job_is_ignored(name: str) -> None:
    assert routes()[name].action == "ignore"


@pytest.mark.parametrize("name", FORGED)
def test_forged_mail_changes_nothing(name: str) -> None:
    found = routes()[name]
    assert (found.action, found.effect) == ("review", "")
    assert found.warning


@pytest.mark.parametrize("name", [name for name, each in TRUTH.items() if each["application"]])
def test_what_acts_alone_acts_on_the_right_application(name: str) -> None:
    found = routes()[name]
    if found.action == "auto":
        assert found.application == TRUTH[name]["application"]


@pytest.mark.parametrize("name", [name for name, each in TRUTH.items() if each["route"] != "ignore"])
def test_nothing_about_a_job_is_dropped(name: str) -> None:
    assert routes()[name].action != "ignore"


@pytest.mark.parametrize("name", [name for name, each in TRUTH.items() if each["application"] is None])
def test_what_has_no_application_makes_none(name: str) -> None:
    assert routes()[name].action not in ("auto", "create")


@pytest.mark.parametrize(
    ("name", "actions"), [("s12", "orphan review"), ("s27", "orphan"), ("s42", "orphan")]
)
def test_answers_to_what_is_not_tracked_wait_for_the_user(name: str, actions: str) -> None:
    assert routes()[name].action in actions.split()


def test_a_confirmation_that_names_all_makes_an_application() -> None:
    assert routes()["s30"].action == "create"
