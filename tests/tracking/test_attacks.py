"""A mailbox full of attacks, synced for real: no application changes, and none is added."""

from __future__ import annotations

from collections import defaultdict

import pytest

from applications.models import Application, Event
from applications.status import Status
from tests.factories import ApplicationFactory, MailboxFactory, UserFactory
from tests.router.attacking.attack import CORRESPONDENT, KNOWN_MESSAGE, TRUSTED, Attack, passing, source
from tests.router.attacks import ATTACKS
from tests.router.test_attacks import raw
from tests.tracking.mails import ListSource
from tracking import inbox
from tracking.mail import RawMail
from tracking.models import Decision, Message, Thread
from tracking.sync import sync

pytestmark = pytest.mark.django_db

HONEST = Attack(
    "none",
    "Dear Ada, we would like to invite you to an interview for the Data Engineer position.",
    sender=f"Kim Ito <{CORRESPONDENT}>",
    results=passing("northwindrobotics.com"),
    subject="Interview: Data Engineer at Northwind Robotics",
    thread="known",
)
# The same long filler again tells nothing new here.
BATCH = [attack for attack in ATTACKS if not attack.idea.startswith("padding")]


def honest() -> RawMail:
    content = source(HONEST).replace(b"<attack-0@evil.test>", KNOWN_MESSAGE.encode())
    return RawMail("honest", "known", content, raw(HONEST).received_at, trusted_authserv=(TRUSTED,))


def test_a_batch_of_attacks_changes_no_application():
    by_user = defaultdict(list)
    for number, attack in enumerate(BATCH):
        by_user[attack.candidates].append(raw(attack, number))
    assert sum(map(len, by_user.values())) == len(BATCH) > 300
    for candidates, mails in by_user.items():
        attack_one_user(candidates, mails)


def attack_one_user(candidates, mails):
    """Sync an honest mail first, so that a conversation is linked and its sender known."""
    user = UserFactory(plan="platinum", name="Ada Brook")
    for each in candidates:
        ApplicationFactory(
            user=user,
            company=each.company,
            title=each.title,
            status=each.status,
            url=each.url,
            applied_on=each.applied_at.date(),
            at=each.applied_at,
        )
    mailbox = MailboxFactory(user=user)
    sync(mailbox.pk, source=ListSource([honest()]))
    approve_the_honest_one(user)
    before = state_of(user)

    run = sync(mailbox.pk, source=ListSource([honest(), *mails]))

    assert (run.looked_at, run.failed, run.auto_linked, run.created_applications) == (len(mails), 0, 0, 0)
    assert state_of(user) == before
    assert not Message.objects.of(user).exclude(provider_id="honest").exclude(application=None).exists()
    assert not Thread.objects.of(user).exclude(provider_id="known").exclude(application=None).exists()


def approve_the_honest_one(user):
    message = Message.objects.of(user).get(provider_id="honest")
    if message.application is None:  # where the tracked company's name was changed, a person decides
        first = Application.objects.of(user).get(status=Status.INTERVIEWING)
        inbox.approve(user, message.pk, message.received_at, application_id=first.pk)


def state_of(user):
    applications = Application.objects.of(user).order_by("pk")
    return (
        list(applications.values_list("pk", "company", "title", "status", "last_activity_at")),
        list(Event.objects.filter(application__user=user).order_by("pk").values_list("pk", "voided_at")),
        list(Decision.objects.of(user).values_list("pk", flat=True)),
    )
