"""Taking a mailbox away, with its credentials and all that came from it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import grants
from accounts.encryption import keyed_hash
from accounts.models import Notification, User
from applications.models import Application
from tracking.fence import fence, locked
from tracking.models import Decision, Disconnection, Mailbox, Message
from tracking.push.ending import take_away

REVOKE_MINUTES = (1, 5, 15, 60, 180, 360)  # between attempts to revoke
REVOKE_FOR = timedelta(hours=18)  # with the last pause, all is gone within a day
CLAIM = timedelta(minutes=5)  # after which whoever began an attempt counts as lost
AT_MOST = 50  # attempts by one task

log = logging.getLogger("heardback.disconnect")


def disconnect(user: User, mailbox_id: UUID, keep_applications: bool, at: datetime) -> Disconnection:
    """Take a mailbox away: its credentials and all its mail at once, then our access at the provider.

    Applications made from its mail stay if `keep_applications`; sample ones never do. What the mail
    did to applications that stay remains on their timelines. Gives the proof, which holds counts only.
    """
    with transaction.atomic():
        mailbox = locked(user, mailbox_id)
        fence(mailbox, Mailbox.State.DISCONNECTED, "")
        applications = _delete_applications(mailbox, keep_applications)
        messages, threads = mailbox.messages.count(), mailbox.threads.count()
        grant = mailbox.grant
        end_push = take_away(mailbox)
        token = grants.retire(grant) if grant else ""
        proof = Disconnection.objects.create(
            user=user,
            provider=mailbox.provider,
            address_hash=_address_hash(mailbox.address),
            requested_at=at,
            completed_at=None if token else at,
            grant=grant if token else None,
            revoke_at=at + CLAIM if token else None,
            messages_deleted=messages,
            threads_deleted=threads,
            applications_deleted=applications,
            kept_applications=keep_applications,
        )
        _empty(mailbox)
        if end_push:
            transaction.on_commit(end_push, robust=True)
        if grant and token:
            # By what is in hand: an account on its way out takes its rows with it.
            transaction.on_commit(partial(_revoke, proof.pk, grant.provider, token, at), robust=True)
    proof.refresh_from_db()
    return proof


def made_only_from(mailbox: Mailbox) -> QuerySet[Application]:
    """Applications that go with the mailbox unless they are kept: made from its mail, and from no other.

    The sample's own are made for its mail, so they go with it.
    """
    applications = Application.objects.of(mailbox.user)
    made = Decision.objects.filter(message__mailbox=mailbox, created_application=True, undone_at=None)
    if mailbox.provider == Mailbox.Provider.SAMPLE:
        found = applications.filter(Q(source=Application.Source.SAMPLE) | Q(decisions__in=made))
    else:
        elsewhere = Message.objects.filter(application=OuterRef("pk")).exclude(mailbox=mailbox)
        found = applications.filter(~Exists(elsewhere), decisions__in=made)
    result: QuerySet[Application] = found.distinct()
    return result


def _delete_applications(mailbox: Mailbox, keep: bool) -> int:
    if keep and mailbox.provider != Mailbox.Provider.SAMPLE:
        return 0
    doomed = set(made_only_from(mailbox).values_list("pk", flat=True))
    _let_go(mailbox.user, doomed)
    Application.objects.of(mailbox.user).filter(pk__in=doomed).delete()
    return len(doomed)


def _let_go(user: User, doomed: set[UUID]) -> None:
    """Have mail of other mailboxes, linked to or suggested for what is deleted, wait for a decision."""
    mail = Message.objects.of(user)
    mail.filter(application__in=doomed).update(
        state=Message.State.ORPHAN, application=None, event=None, effect="", decided_at=None
    )
    mail.filter(suggestion__in=doomed, application=None, state=Message.State.REVIEW).update(
        state=Message.State.ORPHAN, suggestion=None
    )


def _empty(mailbox: Mailbox) -> None:
    """Delete all that hangs on the mailbox. The row stays as the fence, without anything personal."""
    for rows in (
        mailbox.messages,
        mailbox.threads,
        mailbox.failures,
        mailbox.uploads,
        mailbox.runs,
        mailbox.allowed_senders,
    ):
        rows.all().delete()
    Notification.objects.of(mailbox.user).filter(key__endswith=f":{mailbox.pk}").delete()
    mailbox.address, mailbox.cursor, mailbox.grant = str(mailbox.pk), {}, None
    mailbox.next_sync_at = mailbox.blocked_until = mailbox.last_success_at = None
    mailbox.older_since = mailbox.read_since = mailbox.lost_at = mailbox.lost_mailed_at = None
    mailbox.wanted_by, mailbox.failures_in_a_row, mailbox.older_cursor = "", 0, {}
    mailbox.save()


def _revoke(proof_id: int, provider: str, token: str, at: datetime) -> None:
    """Take our access back, and note it; where the provider does not answer, try again later."""
    proofs = Disconnection.objects.filter(pk=proof_id)
    if grants.revoke(provider, token):
        _end(proofs, True, at)
        return
    attempts = proofs.values_list("revoke_attempts", flat=True).first() or 0
    pause = timedelta(minutes=REVOKE_MINUTES[min(attempts, len(REVOKE_MINUTES) - 1)])
    proofs.update(revoke_attempts=F("revoke_attempts") + 1, revoke_at=at + pause)


def revoke_unfinished(at: datetime) -> int:
    """Try again where the provider did not answer, for a day at most; give how many were tried."""
    due = Disconnection.objects.filter(completed_at=None, revoke_at__lte=at).select_related("user", "grant")
    tried = 0
    for proof in due.order_by("revoke_at")[:AT_MOST]:
        # Of two workers, one.
        mine = Disconnection.objects.filter(pk=proof.pk, completed_at=None, revoke_at=proof.revoke_at)
        if mine.update(revoke_at=at + CLAIM):
            _retry(proof, at)
            tried += 1
    return tried


def _retry(proof: Disconnection, at: datetime) -> None:
    this = Disconnection.objects.filter(pk=proof.pk)
    token = grants.retired_token(proof.grant.pk) if proof.grant else ""
    if _is_connected_again(proof):
        _end(this, None, at)  # it would take the new access as well
    elif proof.grant is None or not token or at - proof.requested_at > REVOKE_FOR:
        log.error("revoking at %s given up for disconnection %s", proof.provider, proof.pk)
        _end(this, False, at)
    else:
        _revoke(proof.pk, proof.grant.provider, token, at)


def _is_connected_again(proof: Disconnection) -> bool:
    addresses = Mailbox.objects.of(proof.user).connected().filter(provider=proof.provider)
    return proof.address_hash in map(_address_hash, addresses.values_list("address", flat=True))


def _end(proofs: QuerySet[Disconnection], revoked: bool | None, at: datetime) -> None:
    for grant_id in list(proofs.exclude(grant=None).values_list("grant", flat=True)):
        grants.drop(grant_id)
    proofs.update(revoked_at_provider=revoked, completed_at=at, revoke_at=None)


def _address_hash(address: str) -> str:
    return keyed_hash("disconnection", address.lower())
