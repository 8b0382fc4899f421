"""Every write to the corpus."""

from corpus.operations.borders import borders_for
from corpus.operations.cleaning import CleanedAgain, clean_again
from corpus.operations.imports import import_rows
from corpus.operations.results import ImportResult, Seen

__all__ = ["CleanedAgain", "ImportResult", "Seen", "borders_for", "clean_again", "import_rows"]
