"""`manage.py train_router [DIR …]`: the shipped weights and calibration from scenario files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.evaluation import command


class Command(BaseCommand):
    help = (
        "Train the router's weights and fit its calibration from scenario files (default: tests/scenarios)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "directories", nargs="*", type=Path, help="scenario files, authors in sub-folders"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            command.train(options["directories"], lambda text: self.stdout.write(str(text)))
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
