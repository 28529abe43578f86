"""`manage.py evaluate_router DIR`: how well the router reads, matches and routes scenario files."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.evaluation import command


class Command(BaseCommand):
    help = "Replay scenario files through the router in memory and print how well it did."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        command.add_evaluation_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("directory", "json", "engine", "by_author", "verbose")
        try:
            self.stdout.write(command.run(**{name: options[name] for name in names}))
        except (FileNotFoundError, ValueError) as error:
            raise CommandError(str(error)) from error
