"""What a user's decisions teach: measured on the real router and database."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from applications.models import Application
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory
from tests.tracking.mails import START, ListSource, mail
from tracking import inbox, memory
from tracking.mail import RawMail
from tracking.models import Decision, Mailbox, MatchMemory, Message
from tracking.providers.upload import CHUNK_BYTES, store
from tracking.sync import sync

pytestmark = pytest.mark.django_db

RECRUITERS = ("Dana Whitlock <dana.whitlock@gmail.com>", "Dana Whitlock <dana@whitlock-search.example>")
COMPANY, TITLE = "Lumen Health", "Data Analyst"


def letter(number, sender=RECRUITERS[0], company=COMPANY, title=TITLE, **more) -> RawMail:
    """A recruiter writes about an application, each time in a conversation of its own."""
    texts = (
        f"Hi Sam,\n\n{company} has your application for the {title} position in review. I will write as soon "
        "as I hear more from the hiring team.\n\nBest,\nDana\n",
        f"Hi Sam,\n\na short update: the team at {company} is still reviewing your application for {title}. "
        "Thank you for your patience.\n\nBest,\nDana\n",
        f"Hi Sam,\n\n{company} would like to invite you to an interview for the {title} position. Would "
        "Thursday at 10:00 suit you?\n\nBest,\nDana\n",
    )
    more.setdefault("subject", f"{title} at {company}" if number < 3 else f"Interview: {title} at {company}")
    return mail(number, sender=sender, text=texts[min(number, 3) - 1], **more)


@pytest.fixture
def application(user):
    ApplicationFactory(user=user, company="Kestrel Energy", title="QA Engineer", applied_on="2026-10-30")
    return ApplicationFactory(user=user, company=COMPANY, title=TITLE, applied_on="2026-10-30")


@pytest.fixture
def mailbox(user, application):
    return MailboxFactory(user=user)


def take(mailbox, *mails, at: datetime | None = None):
    """Sync these mails and no others; give them as stored."""
    Mailbox.objects.filter(pk=mailbox.pk).update(cursor={})
    clock = (lambda: at) if at else (lambda: mails[-1].received_at + timedelta(minutes=5))
    sync(mailbox.pk, clock=clock, source=ListSource(list(mails)))
    ids = [raw.provider_id for raw in mails]
    found = {each.provider_id: each for each in Message.objects.filter(mailbox=mailbox, provider_id__in=ids)}
    return [found[each] for each in ids]


def teach(user, messages, application, at=START):
    for message in messages:
        assert message.state == Message.State.REVIEW, message.why  # nothing was sure before the user was
        inbox.approve(user, message.pk, at, application_id=application.pk)


@pytest.mark.parametrize("sender", RECRUITERS)
def test_the_third_mail_of_a_recruiter_is_linked_because_of_two_decisions(user, mailbox, application, sender):
    teach(user, take(mailbox, letter(1, sender), letter(2, sender)), application)
    [third] = take(mailbox, letter(3, sender))
    assert (third.state, third.application) == (Message.State.LINKED, application)
    assert third.decided_by_user is False
    assert "memory_sender" in {piece["code"] for piece in third.evidence}
    application.refresh_from_db()
    assert application.status == Status.INTERVIEWING


@pytest.mark.parametrize("sender", RECRUITERS)
def test_without_those_decisions_it_waits(mailbox, sender):
    found = take(mailbox, letter(1, sender), letter(2, sender), letter(3, sender))
    assert {each.state for each in found} == {Message.State.REVIEW}
    assert {each.application for each in found} == {None}


def test_an_undone_decision_teaches_nothing(user, mailbox, application):
    for message in take(mailbox, letter(1), letter(2)):
        inbox.undo(user, inbox.approve(user, message.pk, START).pk, START)
    [third] = take(mailbox, letter(3))
    assert (third.state, third.application) == (Message.State.REVIEW, None)


@pytest.mark.parametrize("sender", RECRUITERS)
def test_a_recruiter_of_two_companies_is_not_taken_for_the_first(user, mailbox, application, sender):
    teach(user, take(mailbox, letter(1, sender), letter(2, sender)), application)
    [other] = take(mailbox, letter(3, sender, company="Kestrel Energy", title="QA Engineer"))
    assert other.application != application
    assert other.suggestion != application


@pytest.mark.parametrize("sender", RECRUITERS)
def test_what_was_taught_never_chooses_between_two_roles(user, mailbox, application, sender):
    teach(user, take(mailbox, letter(1, sender), letter(2, sender)), application)
    ApplicationFactory(user=user, company=COMPANY, title="Data Lead", applied_on="2026-10-30")
    text = f"Hi Sam,\n\n{COMPANY} would like to invite you to an interview. Would Thursday suit you?\n"
    [third] = take(mailbox, mail(3, sender=sender, subject=f"Interview at {COMPANY}", text=text))
    assert (third.state, third.application) == (Message.State.REVIEW, None)
    assert third.confidence <= 80


# Unmatched for ever


def answer(number, to, thread="t1", **more) -> RawMail:
    """A reply in the conversation of the message `to`, from the employer itself."""
    raw = company_mail(number, thread=thread, **more)
    headers = f"In-Reply-To: <{to}@mail.example>\nReferences: <{to}@mail.example>\n"
    return RawMail(
        raw.provider_id, raw.thread_id, headers.encode() + raw.content, raw.received_at, raw.sent,
        raw.trusted_authserv,
    )  # fmt: skip


def company_mail(number, **more) -> RawMail:
    return letter(number, sender="Lumen Health <careers@lumenhealth.example>", **more)


@pytest.fixture
def unmatched(user, mailbox, application):
    """A message that was linked without a person, and taken off by one."""
    [message] = take(mailbox, company_mail(1))
    assert message.application == application
    inbox.unmatch(user, message.pk, timezone.now())
    return message


def test_a_later_mail_of_an_unmatched_conversation_is_not_linked(mailbox, application, unmatched):
    later = take(mailbox, answer(2, to=1), answer(3, to=1, thread="another"))
    assert all(each.application is None for each in later)
    assert all(each.suggestion != application for each in later)
    assert all(str(application.pk) not in dict(each.ranked) for each in later)


def test_another_conversation_with_the_employer_is_still_recognised(mailbox, application, unmatched):
    [elsewhere] = take(mailbox, company_mail(3, thread="t9"))
    assert application in (elsewhere.suggestion, elsewhere.application)


def test_reading_the_mailbox_again_does_not_bring_an_unmatched_mail_back(mailbox, application, unmatched):
    [again] = take(mailbox, company_mail(1))
    assert (again.pk, again.application) == (unmatched.pk, None)
    unmatched.delete()  # as if its row were lost: what was ruled stays
    [fresh] = take(mailbox, company_mail(1))
    assert (fresh.application, fresh.suggestion == application) == (None, False)


def from_google(raw: RawMail) -> bytes:
    """The mail as Google's own export of the mailbox gives it, with Google's verdict on the sender."""
    head = b"Received: by mx.google.com; Mon, 2 Nov 2026 10:00:00 +0000\n"
    verdict = b"Authentication-Results: mx.google.com; dmarc=pass header.from=lumenhealth.example\n"
    return b"From x@y Mon Nov 02 09:00:00 2026\n" + head + verdict + raw.content + b"\n"


def upload(user, *mails):
    """Upload these mails as a file; give what was stored."""
    box = MailboxFactory(user=user, provider=Mailbox.Provider.UPLOAD, address="Uploaded files")
    store(box, "export.mbox", io.BytesIO(b"".join(map(from_google, mails))), limit=CHUNK_BYTES)
    assert sync(box.pk).kept == len(mails)
    return list(Message.objects.filter(mailbox=box))


def test_an_upload_of_the_same_mail_is_not_linked(user, mailbox, application, unmatched):
    found = upload(user, company_mail(1), answer(2, to=1))
    assert all(each.application is None and each.suggestion != application for each in found)


def test_an_upload_of_mail_that_was_not_unmatched_is_linked(user, application):
    """The control: nothing but the ruling keeps the uploaded mail from its application."""
    assert {each.application for each in upload(user, company_mail(1), answer(2, to=1))} == {application}


def test_undoing_an_unmatch_lets_the_conversation_be_recognised_again(user, mailbox, application, unmatched):
    inbox.undo(user, unmatched.decisions.get(action=Decision.Action.UNMATCH).pk, timezone.now())
    [later] = take(mailbox, answer(2, to=1))
    assert later.application == application


# Of one user alone, and not for ever


def test_what_one_user_taught_changes_nothing_for_another(user, mailbox, application, other):
    theirs = ApplicationFactory(user=other, company=COMPANY, title=TITLE, applied_on="2026-10-30")
    teach(user, take(mailbox, letter(1), letter(2)), application)
    [message] = take(mailbox, company_mail(3, thread="t7"))
    inbox.unmatch(user, message.pk, START)
    their_box = MailboxFactory(user=other)
    found = take(their_box, letter(1), letter(2), letter(3, at=START + timedelta(hours=4)))
    assert {(each.state, each.suggestion) for each in found} == {(Message.State.REVIEW, theirs)}
    [elsewhere] = take(their_box, mail_again := company_mail(4, thread="t7"))
    assert elsewhere.application == theirs, mail_again.thread_id
    hashes = set(MatchMemory.objects.filter(user=other).values_list("key_hash", flat=True))
    assert not hashes & set(MatchMemory.objects.filter(user=user).values_list("key_hash", flat=True))


@pytest.mark.parametrize(("days", "left"), [(0, 2.0), (120, 1.0), (240, 0.5), (360, 0.25)])
def test_decisions_count_half_after_120_days(user, mailbox, application, days, left):
    teach(user, take(mailbox, letter(1), letter(2)), application)
    counts = memory.counts(user, START + timedelta(days=days))
    [per_application] = counts.values()
    assert per_application[str(application.pk)] == pytest.approx((left, 0.0))


@pytest.mark.parametrize(("days_ago", "state"), [(1, "linked"), (120, "linked"), (400, "review")])
def test_old_decisions_no_longer_link_by_themselves(user, mailbox, application, days_ago, state):
    late = datetime(2027, 12, 20, 9, 0, tzinfo=UTC)
    Application.objects.update(last_activity_at=late - timedelta(days=5))
    teach(user, take(mailbox, letter(1), letter(2)), application, at=late - timedelta(days=days_ago))
    [third] = take(mailbox, letter(3, at=late), at=late)
    assert third.state == state
