"""Every write to the corpus."""

from corpus.operations.borders import borders_for
from corpus.operations.imports import ImportResult, import_rows

__all__ = ["ImportResult", "borders_for", "import_rows"]
