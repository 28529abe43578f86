"""Taking a mailbox away, with its credentials and all that came from it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import grants
from accounts.encryption import keyed_hash
from accounts.models import Grant, Notification, User
from applications.models import Application
from tracking.fence import fence, locked
from tracking.models import Decision, Disconnection, Mailbox, Message


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
        revocable = _forget(mailbox.grant) if mailbox.grant else None
        proof = Disconnection.objects.create(
            user=user,
            provider=mailbox.provider,
            address_hash=keyed_hash("disconnection", mailbox.address.lower()),
            requested_at=at,
            completed_at=None if revocable else at,
            messages_deleted=messages,
            threads_deleted=threads,
            applications_deleted=applications,
            kept_applications=keep_applications,
        )
        _empty(mailbox)
        if revocable:
            transaction.on_commit(partial(_revoke, proof.pk, *revocable), robust=True)
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
    for rows in (mailbox.messages, mailbox.threads, mailbox.failures, mailbox.uploads, mailbox.runs):
        rows.all().delete()
    Notification.objects.of(mailbox.user).filter(key__endswith=f":{mailbox.pk}").delete()
    mailbox.address, mailbox.cursor, mailbox.grant = str(mailbox.pk), {}, None
    mailbox.next_sync_at = mailbox.blocked_until = mailbox.last_success_at = None
    mailbox.wanted_by, mailbox.failures_in_a_row = "", 0
    mailbox.save()


def _forget(grant: Grant) -> tuple[str, str] | None:
    """Delete the grant; what is left to be taken back at its provider, if there is a way to do that."""
    refresh_token = grants.forget(grant)
    return (grant.provider, refresh_token) if refresh_token and grants.can_revoke(grant.provider) else None


def _revoke(proof_id: int, provider: str, refresh_token: str) -> None:
    revoked = grants.revoke(provider, refresh_token)
    completed = {"revoked_at_provider": revoked, "completed_at": timezone.now()}
    Disconnection.objects.filter(pk=proof_id).update(**completed)
