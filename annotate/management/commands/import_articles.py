"""Import articles from files, and add them to a project."""

from __future__ import annotations

import codecs
import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from annotate.models import Project
from annotate.operations.projects import add_articles
from corpus import readers
from corpus.models import Article
from corpus.operations import ImportResult, import_rows

PARTLY_DONE = 3


class Command(BaseCommand):
    """See ``import_articles --help``."""

    help = "Import articles from text files, directories and JSON Lines."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog=(
                "Example:\n  manage.py import_articles pages/ more.jsonl --project caravan --story caravan --json\n\n"
                "Exit code: 0 done; 1 failed, nothing was written; 3 done, but some records were rejected and reported."
            ),
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="A file, or a directory of files.")
        parser.add_argument(
            "--format",
            default="auto",
            choices=readers.NAMES,
            help="How to read the files; auto: by name and content.",
        )
        parser.add_argument(
            "--story", default="", metavar="SLUG", help="Story of articles that name none; made if missing."
        )
        parser.add_argument(
            "--outlet", default="", metavar="NAME", help="Outlet of articles that name none; made if missing."
        )
        parser.add_argument(
            "--project", default="", metavar="SLUG", help="Add the articles to this project, which must exist."
        )
        parser.add_argument(
            "--encoding", default="", metavar="E", help="Encoding of files that are not UTF-8, e.g. cp1252."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["encoding"]:
                codecs.lookup(options["encoding"])
            sources = readers.sources_of(options["paths"], format=options["format"])
        except LookupError:
            raise CommandError(
                f"Python knows no encoding {options['encoding']!r}; try utf-8, cp1252 or latin-1."
            ) from None
        except (readers.NothingToReadError, readers.UnknownFormatError, OSError) as error:
            raise CommandError(str(error)) from None
        with transaction.atomic():
            project = _project(options["project"])
            result = import_rows(
                rows=readers.read(sources, readers.ReadOptions(encoding=options["encoding"])),
                source=", ".join(map(str, options["paths"])),
                format=options["format"],
                sha256=readers.sha256_of(sources),
                story=options["story"],
                outlet=options["outlet"],
                dry_run=options["dry_run"],
            )
            if project and not options["dry_run"]:
                by_uuid = Article.objects.for_list().in_bulk(result.articles, field_name="uuid")
                add_articles(project=project, articles=[by_uuid[found] for found in result.articles])
        self._report(result, as_json=options["json"], dry_run=options["dry_run"])
        if result.rejected:
            raise SystemExit(PARTLY_DONE)

    def _report(self, result: ImportResult, *, as_json: bool, dry_run: bool) -> None:
        if as_json:
            self.stdout.write(
                json.dumps(
                    {
                        "created": result.created,
                        "duplicates": result.duplicates,
                        "rejected": [rejection.as_dict() for rejection in result.rejected],
                        "articles": [str(found) for found in result.articles],
                    },
                    ensure_ascii=False,
                )
            )
            return
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{result.created} {would}created, {result.duplicates} duplicates, {len(result.rejected)} rejected"
        )
        for rejection in result.rejected:
            place = f"{rejection.source}:{rejection.line}" if rejection.line else rejection.source
            self.stderr.write(f"{place}: {rejection.code}: {rejection.message}")


def _project(slug: str) -> Project | None:
    if not slug:
        return None
    try:
        return Project.objects.get(slug=slug)
    except Project.DoesNotExist:
        raise CommandError(
            f"There is no project {slug!r}. Make it first: manage.py create_project {slug} --codebook …"
        ) from None
