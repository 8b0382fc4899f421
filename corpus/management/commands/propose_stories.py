"""Propose articles for stories; a manager confirms in the admin."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from corpus import storylines
from corpus.operations.stories import propose_stories


class Command(BaseCommand):
    """See ``propose_stories --help``."""

    help = "Propose articles without a story for new and existing stories. Nothing is grouped until somebody confirms."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog="Example:\n  manage.py propose_stories --since 2026-11-01 --json",
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            default="",
            metavar="DATE",
            help="Only articles published (or, without a date, imported) on this day or later, as YYYY-MM-DD.",
        )
        parser.add_argument(
            "--days",
            type=int,
            default=storylines.DAYS,
            metavar="N",
            help=f"Compare articles up to N days apart (default: {storylines.DAYS}).",
        )
        parser.add_argument(
            "--similarity",
            type=float,
            default=storylines.LEAST,
            metavar="S",
            help=f"From which similarity, 0 to 1, two articles may report one event (default: {storylines.LEAST}).",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["days"] < 0:
            raise CommandError("--days must be 0 or more.")
        if not 0 < options["similarity"] <= 1:
            raise CommandError("--similarity must be over 0 and at most 1.")
        try:
            since = date.fromisoformat(options["since"]) if options["since"] else None
        except ValueError:
            raise CommandError(f"--since {options['since']!r} is no date; write it as 2026-11-01.") from None

        def show(compared: int) -> None:
            self.stderr.write(f"\r{compared} articles compared", ending="")
            self.stderr.flush()

        to_terminal = self.stderr.isatty()
        done = propose_stories(
            now=timezone.now(),
            since=since,
            days=options["days"],
            least=options["similarity"],
            progress=show if to_terminal else None,
        )
        if to_terminal:
            self.stderr.write("")
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"{done.compared} articles compared: {done.made} new proposals, {done.kept} there already, {done.gone} gone"
        )
