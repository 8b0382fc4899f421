"""Every write to the corpus."""

from corpus.operations.borders import borders_for
from corpus.operations.imports import import_rows
from corpus.operations.results import ImportResult, Seen

__all__ = ["ImportResult", "Seen", "borders_for", "import_rows"]
