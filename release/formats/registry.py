"""The optional formats: what each is called, what writes it and what that needs."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from release.exceptions import FormatError
from release.records import AggregatedSpan, Annotation, Article
from release.writing import WrittenFile


class Writer(Protocol):
    """Takes the records article by article, as they stand in the data files, and answers for its files at the end."""

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:
        """All that the release says of one article."""

    def close(self) -> list[WrittenFile]:
        """The files written, complete."""


@dataclass(frozen=True, slots=True)
class Book:
    """What writers know of the codebook: its name and its content, reduced to what the project has switched on."""

    name: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """``writer`` is "module:class"; ``needs`` the modules that the extra ``extra`` brings.

    ``with_text``: cannot be written without the articles' text. ``codebook``: only for projects with this one.
    """

    name: str
    title: str
    writer: str
    with_text: bool = False
    codebook: str = ""
    extra: str = ""
    needs: tuple[str, ...] = ()

    @property
    def is_installed(self) -> bool:
        return all(importlib.util.find_spec(name) is not None for name in self.needs)

    def load(self) -> Callable[[Path, Book], Writer]:
        module, _, name = self.writer.partition(":")
        found: Callable[[Path, Book], Writer] = getattr(importlib.import_module(module), name)
        return found


SHIPPED = "media-framing-3"
FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format(
            "brat",
            "standoff files, a folder for each annotator",
            "release.formats.brat_folders:BratWriter",
            with_text=True,
        ),
        Format("w3c", "Web Annotations, a file for each article", "release.formats.w3c:WebAnnotationWriter"),
        Format("lewidi", "one JSON file with every annotator's vote", "release.formats.lewidi:LewidiWriter"),
        Format("conll", "columns of tokens with BIO tags", "release.formats.conll:ConllWriter", with_text=True),
        Format(
            "parquet",
            "the data files once more, typed",
            "release.formats.parquet:ParquetWriter",
            extra="parquet",
            needs=("pyarrow",),
        ),
        Format(
            "typed",
            "one flat row a span with typed columns",
            "release.formats.typed:TypedSpanWriter",
            codebook=SHIPPED,
        ),
    )
}


def checked_formats(names: Iterable[str], *, text_mode: str, codebook: str) -> tuple[str, ...]:
    """The formats in the order of ``FORMATS``, each once. Raises FormatError, which says what to do instead."""
    asked = set(names)
    unknown = sorted(asked - set(FORMATS))
    if unknown:
        raise FormatError(f"There is no format {unknown[0]!r}; there are {', '.join(FORMATS)}.")
    chosen = [format for format in FORMATS.values() if format.name in asked]
    for format in chosen:
        if format.with_text and text_mode != "full":
            raise FormatError(
                f"{format.name} holds the articles' text, and text mode {text_mode} leaves it out: leave {format.name} "
                "out too, or choose text mode full."
            )
        if format.codebook and format.codebook != codebook:
            raise FormatError(
                f"{format.name} has the columns of the codebook {format.codebook}; this project uses {codebook}."
            )
        if not format.is_installed:
            raise FormatError(
                f"{format.name} needs the extra '{format.extra}': pip install 'slantwise[{format.extra}]', "
                "or in a clone: make install-formats."
            )
    return tuple(format.name for format in chosen)
