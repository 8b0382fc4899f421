"""Every write to the corpus."""

from corpus.operations.borders import borders_for
from corpus.operations.imports import ImportResult, Seen, import_rows

__all__ = ["ImportResult", "Seen", "borders_for", "import_rows"]
