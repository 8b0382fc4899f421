"""Find near-duplicates among articles that were not compared yet."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from corpus.operations.duplicates import Linked, link_missing


class Command(BaseCommand):
    """See ``link_articles --help``."""

    help = "Group near-duplicates among articles not compared yet: those of before an upgrade, or of a lost job."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog="Example:\n  manage.py link_articles --json\n\nEnded half-way, it goes on where it stopped.",
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        def show(linked: Linked) -> None:
            self.stderr.write(f"\r{linked.sketched} articles compared", ending="")
            self.stderr.flush()

        to_terminal = self.stderr.isatty()
        done = link_missing(now=timezone.now(), progress=show if to_terminal else None)
        if to_terminal:
            self.stderr.write("")
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"{done.sketched} articles compared: {done.grouped} put into groups, {done.made} groups new, "
            f"{done.merged} merged"
        )
