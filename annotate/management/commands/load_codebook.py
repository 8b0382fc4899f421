"""``manage.py load_codebook FILE``"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotate.codebook import CodebookError
from annotate.management.arguments import ExampleCommand, read_json
from annotate.operations.codebooks import CodebookConflictError, save_codebook


class Command(ExampleCommand):
    help = (
        "Store a codebook file. Loading the same content again changes nothing; another content under the same name "
        "and version is refused."
    )
    example = "load_codebook fixtures/codebooks/media-framing-3.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a JSON file in the shape of docs/reference/codebook.md")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            codebook, created = save_codebook(content=read_json(file))
        except (CodebookError, CodebookConflictError) as error:
            raise CommandError(f"{file}: {error}") from error
        labels = codebook.labels.count()
        if options["json"]:
            self.write_json({"codebook": str(codebook), "created": created, "labels": labels})
        else:
            self.stdout.write(f"{codebook} ({labels} labels) {'stored' if created else 'was there already'}.")
