"""The beginning of a table, whatever its format, for somebody who says which column is which."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from corpus.readers.columns import Preview
from corpus.readers.formats import MissingExtraError, named
from corpus.readers.gzipped import PackedError, unpacked
from corpus.readers.options import DEFAULTS, ReadOptions
from corpus.readers.rows import BadFieldError
from corpus.readers.source import Source

ROWS = 5


class NoPreviewError(ValueError):
    """A file that shows no columns; the message says why and what to do."""


def has_columns(format: str) -> bool:
    """Whether files of this format are tables, whose columns somebody may name."""
    return bool(named(format).preview)


def preview(source: Source, options: ReadOptions = DEFAULTS, rows: int = ROWS) -> Preview:
    """The columns, the first ``rows`` rows and the fields guessed. Raises NoPreviewError."""
    format = named(source.format)
    if not format.preview:
        raise NoPreviewError(f"{format.title.capitalize()} has no columns to choose from.")
    module, _, function = format.preview.partition(":")
    try:
        format.load()
        show: Callable[[Source, ReadOptions, int], Preview] = getattr(importlib.import_module(module), function)
        return show(unpacked(source, options.limits) if format.packable else source, options, rows)
    except (BadFieldError, MissingExtraError, PackedError) as error:
        raise NoPreviewError(str(error)) from None
    except OSError as error:
        raise NoPreviewError(f"The file cannot be read: {error.strerror or error}.") from None
