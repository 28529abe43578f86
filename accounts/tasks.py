"""Work for Celery: e-mails with news."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import letters


@shared_task(ignore_result=True)
def send_letters() -> None:
    """Gather what is due and queue each letter; one that is queued twice is sent once."""
    at = timezone.now()
    letters.gather(at)
    for letter_id in letters.pending(at):
        send_letter.apply_async(args=(str(letter_id),), expires=60)


@shared_task(ignore_result=True)
def send_letter(letter_id: str) -> None:
    letters.send(letter_id, timezone.now())


@shared_task(ignore_result=True)
def forget_letters() -> None:
    letters.forget(timezone.now() - letters.KEPT)
