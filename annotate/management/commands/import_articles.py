"""Import articles from files, and add them to a project."""

from __future__ import annotations

import codecs
import json
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError, transaction

from annotate.models import Project
from annotate.operations.projects import add_articles
from corpus import readers
from corpus.cleaning import UnknownRuleError
from corpus.crew import CleanerDiedError
from corpus.import_settings import KEEP, LINK, NEAR_DUPLICATES, ImportSettings
from corpus.models import Article
from corpus.operations import ImportResult, Seen, import_rows
from corpus.operations.duplicates import Linked, link_missing

PARTLY_DONE = 3
_ADDED_AT_ONCE = 500
_DRAWN_EVERY = 0.5  # seconds


class Command(BaseCommand):
    """See ``import_articles --help``."""

    help = "Import articles from files and directories of any format that is read."

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
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="In tables, the column that holds a field: text=Body, text=article.body in nested records, outlet= for "
            "none. Others are found by well-known names. May be given several times.",
        )
        parser.add_argument(
            "--rules-off",
            default="",
            metavar="NAME,NAME",
            help="Cleaning rules that are not used (docs/reference/cleaning-rules.md).",
        )
        parser.add_argument(
            "--repair-mojibake",
            action="store_true",
            help="Repair texts that were decoded wrongly before (é read as Ã©).",
        )
        parser.add_argument(
            "--near-duplicates",
            default=LINK,
            choices=NEAR_DUPLICATES,
            help="Articles nearly the same as another, such as wire copy: link them in a group (default), keep them "
            "without, or skip them.",
        )
        parser.add_argument(
            "--outlet-from-host",
            action="store_true",
            help="Name the outlet by the host of the address where a record of any format names none.",
        )
        parser.add_argument(
            "--summaries", action="store_true", help="Take the summaries of feeds for articles where they hold no more."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        settings = _settings(options)
        try:
            meter = readers.Meter(readers.sources_of(options["paths"], format=settings.format))
        except (readers.NothingToReadError, readers.UnknownFormatError, OSError) as error:
            raise CommandError(str(error)) from None
        bar = _ProgressBar(self.stderr, meter)
        try:
            result = self._import(options, settings, meter, bar)
        except KeyboardInterrupt:
            raise CommandError("Interrupted: nothing was written. Run it again to start over.") from None
        except (UnknownRuleError, CleanerDiedError) as error:
            raise CommandError(f"{error} Nothing was written.") from None
        except OSError as error:
            raise CommandError(f"{error}. Nothing was written.") from None
        except DatabaseError as error:
            raise CommandError(f"The database refused the import, and nothing was written: {error}".strip()) from error
        finally:
            bar.clear()
        linked = _link(result, settings, bar)
        bar.clear()
        if options["json"]:
            _print_json(self.stdout, result)
        else:
            self._report(result, linked, dry_run=options["dry_run"])
        if result.rejected:
            raise SystemExit(PARTLY_DONE)

    @transaction.atomic
    def _import(
        self, options: dict[str, Any], settings: ImportSettings, meter: readers.Meter, bar: _ProgressBar
    ) -> ImportResult:
        project = _project(settings.project)
        result = import_rows(
            rows=readers.read(meter.sources, settings.read_options()),
            source=", ".join(map(str, options["paths"])),
            format=settings.format,
            settings=settings,
            sha256=readers.sha256_of(meter.sources),
            dry_run=options["dry_run"],
            on_progress=bar.show,
        )
        if project and not options["dry_run"]:
            for some in batched(result.articles, _ADDED_AT_ONCE):
                by_uuid = Article.objects.for_list().in_bulk(some, field_name="uuid")
                add_articles(project=project, articles=[by_uuid[found] for found in some])
        return result

    def _report(self, result: ImportResult, linked: Linked, *, dry_run: bool) -> None:
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{result.created} {would}created, {result.duplicates} duplicates, {len(result.rejected)} rejected"
        )
        if result.resembling:
            self.stdout.write(f"{len(result.resembling)} of the duplicates are nearly the same as another article")
        if linked.grouped:
            self.stdout.write(f"{linked.grouped} articles put into near-duplicate groups")
        if result.missing:
            self.stdout.write(f"missing: {_listed(result.missing.most_common())}")
        if len(result.rejected) > 1:
            self.stdout.write(f"rejected: {_listed(result.rejected.codes.most_common())}")
        for rejection in result.rejected:
            place = f"{rejection.source}:{rejection.line}" if rejection.line else rejection.source
            self.stderr.write(f"{place}: {rejection.code}: {rejection.message}")


class _ProgressBar:
    """One line on a terminal, drawn again and again; nothing where stderr is no terminal."""

    def __init__(self, out: OutputWrapper, meter: readers.Meter) -> None:
        self._out = out
        self._meter = meter
        self._shown = bool(out.isatty())
        self._begun = time.monotonic()
        self._drawn = 0.0

    def show(self, seen: Seen) -> None:
        now = time.monotonic()
        if not self._shown or now - self._drawn < _DRAWN_EVERY:
            return
        self._drawn = now
        share = f"{100 * self._meter.read // self._meter.total} %, " if self._meter.total else ""
        rate = seen.records / max(now - self._begun, 0.001)
        self._write(f"\r\x1b[K{share}{seen.records:,} records, {seen.rejected:,} rejected, {rate:,.0f}/s")

    def show_linked(self, linked: Linked) -> None:
        if self._shown:
            self._drawn = time.monotonic()
            self._write(f"\r\x1b[K{linked.sketched:,} articles compared, {linked.grouped:,} with near-duplicates")

    def clear(self) -> None:
        if self._drawn:
            self._write("\r\x1b[K")

    def _write(self, line: str) -> None:
        self._out.write(line, ending="")
        self._out.flush()


def _link(result: ImportResult, settings: ImportSettings, bar: _ProgressBar) -> Linked:
    """Group near-duplicates at once: without a worker nobody else would. The worker then finds nothing left."""
    if result.batch is None or settings.near_duplicates == KEEP:
        return Linked()
    return link_missing(batch=result.batch.pk, progress=bar.show_linked)


def _settings(options: dict[str, Any]) -> ImportSettings:
    try:
        if options["encoding"]:
            codecs.lookup(options["encoding"])
    except LookupError:
        raise CommandError(f"Python knows no encoding {options['encoding']!r}; try utf-8, cp1252 or latin-1.") from None
    return ImportSettings(
        format=options["format"],
        encoding=options["encoding"],
        columns=_columns(options["column"]),
        story=options["story"],
        outlet=options["outlet"],
        project=options["project"],
        rules_off=tuple(name.strip() for name in options["rules_off"].split(",") if name.strip()),
        repair_mojibake=options["repair_mojibake"],
        near_duplicates=options["near_duplicates"],
        outlet_from_host=options["outlet_from_host"],
        summaries=options["summaries"],
    )


def _columns(given: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for each in given:
        field, sign, column = each.partition("=")
        if not sign or field not in readers.FIELDS:
            raise CommandError(
                f"--column takes FIELD=COLUMN, e.g. text=Body, and not {each!r}. Fields are: {', '.join(readers.FIELDS)}."
            )
        if field in columns:
            raise CommandError(f"--column names {field} twice. Keep one.")
        columns[field] = column
    return columns


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts)


def _print_json(out: OutputWrapper, result: ImportResult) -> None:
    """One object, written piece by piece: its arrays may hold millions."""
    out.write(f'{{"created": {result.created}, "duplicates": {result.duplicates}, "rejected": [', ending="")
    _print_items(out, (json.dumps(rejection.as_dict(), ensure_ascii=False) for rejection in result.rejected))
    out.write('], "articles": [', ending="")
    _print_items(out, (f'"{found}"' for found in result.articles))
    if result.resembling:
        out.write('], "near_duplicates": [', ending="")
        _print_items(out, (json.dumps(one.as_dict(), ensure_ascii=False) for one in result.resembling))
    out.write("]}")


def _print_items(out: OutputWrapper, items: Iterable[str]) -> None:
    for number, item in enumerate(items):
        out.write(f", {item}" if number else item, ending="")


def _project(slug: str) -> Project | None:
    if not slug:
        return None
    try:
        return Project.objects.get(slug=slug)
    except Project.DoesNotExist:
        raise CommandError(
            f"There is no project {slug!r}. Make it first: manage.py create_project {slug} --codebook …"
        ) from None
