from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from tracking.models import Mailbox, SyncRun
from tracking.providers.upload import FileSource
from tracking.sync import sync
from tracking.words import in_words


class Command(BaseCommand):
    help = "Read an .mbox, .eml or .zip of this machine into a user's uploaded mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="e-mail address, or the part before the @ where it is unmistakable")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        user, path = find_user(options["user"]), options["file"]
        mailbox, _ = Mailbox.objects.get_or_create(
            user=user, provider=Mailbox.Provider.UPLOAD, address="Uploaded files"
        )
        try:
            with path.open("rb") as file:
                run = sync(mailbox.pk, source=FileSource(path.name, file, user.email))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        if run is None:
            raise CommandError(
                "This user's uploaded mail is being read already, is paused, or not in the plan."
            )
        if run.state == SyncRun.State.FAILED:
            raise CommandError(" ".join(in_words(run.error)))
        counters = ((name.replace("_", " "), getattr(run, name)) for name in SyncRun.COUNTERS)
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counters))


def find_user(name: str) -> User:
    """The user of that e-mail address or local part. Raises CommandError unless it is exactly one."""
    for lookup in ({"email__iexact": name}, {"email__istartswith": f"{name}@"}):
        users = list(User.objects.filter(**lookup)[:2])
        if len(users) == 1:
            return users[0]
    raise CommandError(f"There is no one user {name}.")
