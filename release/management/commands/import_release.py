"""``manage.py import_release DIR --project SLUG``"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from annotate.doors.remedies import COMMAND
from release.exceptions import ReleaseError
from release.operations.restoring import restore_release
from release.supplied import texts_from

PARTLY_DONE = 3


class Command(BaseCommand):
    """See ``import_release --help``."""

    help = (
        "Make a project of a release: its articles, codebook, annotators and readings. "
        "Example: manage.py import_release caravan-1.0.0 --project caravan-again"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="The release directory.")
        parser.add_argument("--project", required=True, metavar="SLUG", help="Slug of the project to be made.")
        parser.add_argument(
            "--annotator-map",
            nargs="+",
            action="extend",
            default=[],
            metavar="ID=USERNAME",
            help="Whose account an annotator id stands for; without, accounts are made under the ids.",
        )
        parser.add_argument(
            "--text",
            type=Path,
            metavar="DIR_OR_JSONL",
            help="Texts that the release leaves out: a directory of .txt files or JSON Lines with a field text.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *, directory: Path, project: str, **options: Any) -> None:
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a directory.")
        pairs = [text.rpartition("=") for text in options["annotator_map"]]
        if bad := [new for old, _, new in pairs if not old]:
            raise CommandError(f"--annotator-map {bad[0]} names no id. Write ID=USERNAME.")
        try:
            restored = restore_release(
                root=directory,
                slug=project,
                annotators={old: new for old, _, new in pairs},
                texts=texts_from(options["text"]).by_sha256 if options["text"] else None,
            )
        except (ReleaseError, OSError, ValueError, DatabaseError) as error:
            raise CommandError(f"{error} Nothing was written.") from error
        readings = restored.readings
        if options["json"]:
            answer = {
                "project": restored.project.slug,
                "articles_created": restored.articles_created,
                "articles_found": restored.articles_found,
                "readings": readings.created,
                "spans": readings.spans,
                "relations": readings.relations,
                "notes": restored.notes,
                "rejected": [refused.as_dict(COMMAND) for refused in readings.rejected],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write(
                f"Project {restored.project.slug} is a draft: {restored.articles_created} articles made, "
                f"{restored.articles_found} found, {readings.created} readings with {readings.spans} marks."
            )
            for note in [*restored.notes, *(refused.said(COMMAND) for refused in readings.rejected[:20])]:
                self.stderr.write(note)
        if readings.rejected:
            raise SystemExit(PARTLY_DONE)
