"""``manage.py import_annotations PROJECT FILE… --format FORMAT``"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from annotate.doors.files import files_of
from annotate.doors.formats import BY_NAME, Door, MissingExtraError
from annotate.doors.records import CODE_POINTS, GRAPHEMES, UTF_16, BadFileError, GivenReading, Refused
from annotate.doors.remedies import COMMAND
from annotate.management.arguments import project_named, read_json
from annotate.operations.doors import DoorResult, DoorSettings, import_readings

PARTLY_DONE = 3
_MOST_SHOWN = 40


class Command(BaseCommand):
    """See ``import_annotations --help``."""

    help = "Import annotations made elsewhere as submitted tasks of their annotators."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=(
                "Example:\n  manage.py import_annotations caravan export.json --format label-studio "
                "--annotator-map 1=mara --label-map Number=QUANTITY --dry-run\n\n"
                "Exit code: 0 done; 1 failed, nothing was written; 3 done, but something was rejected and reported."
            ),
            **kwargs,
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="Slug of the project.")
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="A file, a directory, or a zip archive of files."
        )
        parser.add_argument("--format", required=True, choices=list(BY_NAME), help="What wrote the files.")
        parser.add_argument(
            "--create-annotators",
            action="store_true",
            help="Make accounts for unknown usernames, without a password, and make their owners annotators.",
        )
        parser.add_argument(
            "--offsets",
            choices=["text", "raw"],
            default="text",
            help="What offsets count in where the file brings no text: the article's text (default), or the received "
            "field text.",
        )
        parser.add_argument(
            "--unit",
            choices=[CODE_POINTS, UTF_16, GRAPHEMES],
            help="What offsets count, where it is not what the format says: doccano projects may count graphemes.",
        )
        parser.add_argument(
            "--label-map",
            nargs="+",
            action="extend",
            default=[],
            metavar="OLD=NEW",
            help="Labels, relations and questions of the file under other names, or a JSON file of them; OLD= leaves out.",
        )
        parser.add_argument(
            "--annotator-map",
            nargs="+",
            action="extend",
            default=[],
            metavar="OLD=NEW",
            help="The same for annotators.",
        )
        parser.add_argument(
            "--annotator", default="", metavar="NAME", help="Whose work it is where a file says nobody."
        )
        parser.add_argument(
            "--widen", action="store_true", help="Make room where an article has all the readings that it wants."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *, project: str, files: list[Path], **options: Any) -> None:
        found = project_named(project)
        door = BY_NAME[options["format"]]
        settings = DoorSettings(
            offsets=options["offsets"],
            unit=options["unit"],
            label_map=_map(options["label_map"], "--label-map"),
            annotator_map=_map(options["annotator_map"], "--annotator-map"),
            create_annotators=options["create_annotators"],
            widen=options["widen"],
            dry_run=options["dry_run"],
        )
        try:
            result = import_readings(
                project=found,
                entries=_entries(door, files, options["annotator"]),
                settings=settings,
                now=timezone.now(),
            )
        except KeyboardInterrupt:
            raise CommandError("Interrupted: nothing was written. Run it again to start over.") from None
        except (MissingExtraError, BadFileError) as error:
            raise CommandError(f"{error} Nothing was written.") from None
        except OSError as error:
            raise CommandError(f"{error}. Nothing was written.") from None
        except DatabaseError as error:
            raise CommandError(f"The database refused the import, and nothing was written: {error}".strip()) from error
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json(COMMAND), ensure_ascii=False))
        else:
            self._report(result, dry_run=options["dry_run"])
        if result.rejected:
            raise SystemExit(PARTLY_DONE)

    def _report(self, result: DoorResult, *, dry_run: bool) -> None:
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{result.created} readings {would}created, {result.updated} {would}updated, {result.unchanged} unchanged; "
            f"{result.spans} marks, {result.relations} links, {result.answers} answers; {len(result.rejected)} rejected"
        )
        if result.annotators:
            self.stdout.write(f"Accounts made, without a password: {', '.join(result.annotators)}")
        if result.left_out:
            self.stdout.write(f"{result.left_out} left out by the maps")
        if result.incomplete:
            self.stdout.write(f"{len(result.incomplete)} readings lack what the codebook requires, and were taken")
        for refused in result.rejected[:_MOST_SHOWN]:
            place = ":".join(str(part) for part in (refused.source, refused.line) if part)
            where = ", ".join(part for part in (place, refused.entry, refused.field) if part)
            self.stderr.write(f"{where}: {refused.said(COMMAND)}")
        if len(result.rejected) > _MOST_SHOWN:
            self.stderr.write(f"… and {len(result.rejected) - _MOST_SHOWN} more; --json lists all.")


def _entries(door: Door, files: list[Path], annotator: str) -> Iterator[GivenReading | Refused]:
    """What the files hold; BadFileError where that is nothing at all."""
    found = False
    for entry in door.read(files_of(files), annotator):
        found = True
        yield entry
    if not found:
        raise BadFileError("", "nothing_to_read", f"There is nothing of {door.title} in {', '.join(map(str, files))}.")


def _map(given: list[str], option: str) -> dict[str, str]:
    """OLD=NEW pairs, and JSON files of them."""
    pairs: dict[str, str] = {}
    for text in given:
        old, sign, new = text.rpartition("=")
        if sign:
            pairs[old] = new
            continue
        content = read_json(Path(text))
        if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
            raise CommandError(f'{option} {text}: the file must be an object such as {{"OLD": "NEW"}}.')
        pairs |= content
    return pairs
