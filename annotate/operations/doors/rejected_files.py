"""What of an upload of annotations was not taken, as files: JSON Lines for programs, CSV for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from annotate.doors.remedies import Remedy, Words
from annotate.models import AnnotationIssue
from corpus.rejected_files import csv_table

COLUMNS = ("file", "line", "entry", "field", "code", "reason", "remedy")


def remedy_in(issue: AnnotationIssue, words: Words) -> str:
    """What to do, in the words of one door; empty where the message says it."""
    said = issue.remedy
    return Remedy(said["kind"], said["values"]).in_words(words) if said else ""


def as_row(issue: AnnotationIssue, words: Words) -> dict[str, Any]:
    """By the names of ``COLUMNS``."""
    return {
        "file": issue.source,
        "line": issue.line,
        "entry": issue.entry,
        "field": issue.field,
        "code": issue.code,
        "reason": issue.message,
        "remedy": remedy_in(issue, words),
    }


def json_lines(issues: Iterable[AnnotationIssue], words: Words) -> Iterator[str]:
    """One object a line."""
    for issue in issues:
        yield json.dumps(as_row(issue, words), ensure_ascii=False) + "\n"


def csv_lines(issues: Iterable[AnnotationIssue], words: Words) -> Iterator[str]:
    """As ``corpus.rejected_files`` writes it."""
    return csv_table(COLUMNS, (as_row(issue, words).values() for issue in issues))
