"""A judged mail as a row: what of it is stored, cut to what the columns hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracking import memory
from tracking.evidence import storable, stored
from tracking.mail import Mail, Match, Reading, Route
from tracking.models import Mailbox, Message, SyncRun, Thread
from tracking.router.match import lasting_keys
from tracking.router.route import effect_of

MAX_BODY = 200_000  # characters stored of one message


@dataclass(frozen=True)
class Verdict:
    """All that was found out about one kept mail."""

    mail: Mail
    reading: Reading
    match: Match
    route: Route
    effect: str  # what goes on the timeline: sure, whether or not it moves the status today


def message_of(verdict: Verdict, mailbox: Mailbox, thread: Thread, run: SyncRun | None) -> Message:
    """The message, not saved yet, as it waits for a decision."""
    mail, reading, match, routed = verdict.mail, verdict.reading, verdict.match, verdict.route
    return Message(
        user=mailbox.user,
        mailbox=mailbox,
        thread=thread,
        run=run,
        provider_id=mail.provider_id,
        rfc_message_id=storable(mail.message_id, 255),
        sender_name=storable(mail.sender.name, 200),
        sender_address=storable(mail.sender.email, 254),
        subject=storable(mail.subject, 500),
        sent_by_user=mail.sent,
        received_at=mail.received_at,
        attachments=[storable(name, 200) for name in mail.attachments[:50]],
        snippet=storable(mail.snippet, 400),
        body=storable(mail.text, MAX_BODY),
        quoted=storable(mail.quoted, MAX_BODY),
        state=Message.State.REVIEW if routed.application else Message.State.ORPHAN,
        suggestion_id=routed.application,
        confidence=match.confidence,
        ranked=[list(pair) for pair in match.ranked],
        evidence=[stored(each) for each in (*match.evidence, *reading.evidence)],
        suggested_effect=effect_of(reading),
        why=routed.why,
        warning=storable(routed.warning, 300),
        exact_keys=memory.hash_keys(mailbox.user_id, lasting_keys(mail)),
        memory_keys=memory.hashed_memory_keys(mailbox.user_id, mail),
        **_read_fields(reading),
    )


def _read_fields(reading: Reading) -> dict[str, object]:
    return {
        "kind": reading.kind,
        "kind_confidence": round(100 * reading.kind_confidence),
        "company": storable(reading.company or "", 200),
        "title": storable(reading.title or "", 200),
        "recruiter": storable(reading.recruiter or "", 200),
        "requisition": storable(next(iter(reading.requisitions), ""), 80),
        "deadline_at": reading.deadline,
        "deadline_has_time": "T" in reading.deadline_text,
        "deadline_on": _day(reading.deadline_text),
        "interview_at": reading.interview_at,
        "next_steps": [storable(step, 300) for step in reading.next_steps[:5]],
        "router_version": reading.version[:64],
    }


def _day(stated: str) -> date | None:
    return date.fromisoformat(stated) if stated and "T" not in stated else None
