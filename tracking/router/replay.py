"""Walk through a scenario as a user's mailbox would fill, the truth applied after each message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from tracking.mail import Candidate, Known, Mail
from tracking.router.keys import exact_keys
from tracking.router.parse import parse
from tracking.router.scenario import Scenario, ScenarioMessage, to_raw


@dataclass(frozen=True)
class Seen:
    """One message with what was known when it came."""

    scenario: Scenario
    message: ScenarioMessage
    mail: Mail
    known: Known


def replay(scenario: Scenario) -> Iterator[Seen]:
    """Every message in order, with candidates, links and correspondents as they were before it."""
    candidates = {candidate.id: candidate for candidate in scenario.applications}
    links: dict[str, str] = {}
    correspondents: set[str] = set()
    for message in scenario.messages:
        mail = parse(to_raw(message, scenario))
        known = Known(scenario.user, tuple(candidates.values()), dict(links), frozenset(correspondents))
        yield Seen(scenario, message, mail, known)
        expected = message.expected
        if expected.application is None or expected.adversarial:
            continue
        before = candidates.get(expected.application) or _created(message)
        candidates[expected.application] = _moved(before, expected.status_after, message.date)
        links.update(dict.fromkeys(exact_keys(mail), expected.application))
        if not mail.sent:
            correspondents.add(mail.sender.email.lower())


def _created(message: ScenarioMessage) -> Candidate:
    expected = message.expected
    return Candidate(
        id=expected.application or "",
        company=expected.company or "",
        title=expected.title or "",
        status=expected.status_after or "applied",
        applied_at=message.date,
    )


def _moved(candidate: Candidate, status: str | None, at: datetime) -> Candidate:
    return replace(candidate, status=status or candidate.status, last_activity_at=at)
