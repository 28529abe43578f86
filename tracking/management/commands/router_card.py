"""`manage.py router_card`: what the router is worth, measured by author, as docs/router-card.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.evaluation import command


class Command(BaseCommand):
    help = "Evaluate the router by author and write its card and reliability diagram (takes minutes)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, default=command.SCENARIOS)
        parser.add_argument("--out", type=Path, default=command.DOCS, help="folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for path in command.write_card(options["directory"], options["out"]):
                self.stdout.write(str(path))
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
