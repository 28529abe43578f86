"""Work for Celery about applications."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from applications import importing, telling, todo


@shared_task(ignore_result=True)
def tell_of_today() -> None:
    telling.tell_of_today(timezone.now())


@shared_task(ignore_result=True)
def forget_unfinished_imports() -> None:
    importing.forget_unfinished(timezone.now())


@shared_task(ignore_result=True)
def forget_deleted_tasks() -> None:
    todo.forget_deleted(timezone.now())
