"""What somebody wants to do about their applications, and by when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from accounts.notifications import touch
from applications.models import Application, Task

RESTORABLE_FOR = timedelta(days=1)


def add(application: Application, text: str, due_on: date | None, at: datetime) -> Task:
    """Note `text` as something to do about `application`; the same open task again is no second one."""
    of = {"user": application.user, "application": application}
    task, _ = Task.objects.open().get_or_create(
        **of, text=text, due_on=due_on, done_at=None, defaults={"created_at": at}
    )
    touch(application.user_id)
    return task  # type: ignore[no-any-return]


def finish(task: Task, at: datetime) -> bool:
    """Mark `task` done; False where it was already."""
    return _mark(task, at)


def reopen(task: Task) -> bool:
    """Mark `task` as still to do; False where it was already."""
    return _mark(task, None)


def change(task: Task, text: str, due_on: date | None) -> None:
    """Say something else in `task`, or set another day."""
    task.text, task.due_on = text, due_on
    task.save(update_fields=["text", "due_on"])
    touch(task.user_id)


def delete(task: Task, at: datetime) -> None:
    """Take `task` away; until it is forgotten it can be brought back."""
    _set_deleted(task, at)


def restore(task: Task) -> None:
    """Bring a deleted `task` back as it was."""
    _set_deleted(task, None)


def forget_deleted(at: datetime) -> int:
    """Delete for good what nobody has brought back for RESTORABLE_FOR; give how many."""
    return int(Task.with_deleted.filter(deleted_at__lt=at - RESTORABLE_FOR).delete()[0])


def coming(user: User, until: date) -> Any:
    """Open tasks of applications that are not archived, due by `until`, soonest first."""
    rows = Task.objects.of(user).open().filter(application__archived_at=None, due_on__lte=until)
    return rows.select_related("application")


def _set_deleted(task: Task, at: datetime | None) -> None:
    task.deleted_at = at
    task.save(update_fields=["deleted_at"])
    touch(task.user_id)


def _mark(task: Task, done_at: datetime | None) -> bool:
    changed = Task.objects.filter(pk=task.pk, done_at__isnull=done_at is not None).update(done_at=done_at)
    touch(task.user_id)
    return bool(changed)
