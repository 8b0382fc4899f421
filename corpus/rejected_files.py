"""What an import rejected, as files to download: JSON Lines for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from corpus.models import ImportIssue

COLUMNS = ("source", "line", "field", "code", "message", "excerpt")
_BOM = "\ufeff"
# What a spreadsheet takes for the beginning of a formula, also behind white space that it drops.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def json_lines(issues: Iterable[ImportIssue]) -> Iterator[str]:
    """One object a line, with the fields that ``import_articles --json`` reports and the record's beginning."""
    for issue in issues:
        yield json.dumps({name: getattr(issue, name) for name in COLUMNS}, ensure_ascii=False) + "\n"


def csv_lines(issues: Iterable[ImportIssue]) -> Iterator[str]:
    """The same as a table."""
    return csv_table(COLUMNS, ([getattr(issue, name) for name in COLUMNS] for issue in issues))


def csv_table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Comma-separated with a header and a byte order mark, for which Excel reads UTF-8; no cell can act as a formula."""
    yield _BOM + _line(columns)
    for row in rows:
        yield _line([defused(str(value)) if value is not None else "" for value in row])


def defused(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would compute it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
