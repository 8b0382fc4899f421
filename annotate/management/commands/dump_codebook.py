"""``manage.py dump_codebook NAME@VERSION``"""

from typing import Any

from django.core.management.base import CommandParser

from annotate.codebook import pretty_json
from annotate.management.arguments import ExampleCommand, codebook_named


class Command(ExampleCommand):
    help = "Print a codebook as the JSON that load_codebook reads."
    example = "dump_codebook media-framing-3@1.0 > media-framing-3.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codebook", metavar="NAME@VERSION")

    def handle(self, *, codebook: str, **_options: Any) -> None:
        self.stdout.write(pretty_json(codebook_named(codebook).content), ending="")
