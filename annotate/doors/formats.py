"""The formats that come in, and what reads each."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from annotate.doors.files import InputFile
from annotate.doors.records import BadFileError, GivenReading, Refused


class MissingExtraError(ValueError):
    """A format whose library is not installed; the message names the extra that brings it."""


@dataclass(frozen=True, slots=True)
class Door:
    """A format. ``reader`` is "module:function"; it takes one file, or all of them where they belong ``together``.

    Files without one of ``suffixes`` are passed over where directories are looked through.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    reader: str
    together: bool = False
    extra: str = ""
    needs: tuple[str, ...] = ()

    @property
    def is_installed(self) -> bool:
        return all(importlib.util.find_spec(name) is not None for name in self.needs)

    def read(self, files: Iterable[InputFile | BadFileError], annotator: str = "") -> Iterator[GivenReading | Refused]:
        """What the files hold; ``annotator`` is whose work it is where a file does not say. Raises MissingExtraError."""
        if not self.is_installed:
            raise MissingExtraError(
                f"Reading {self.title} needs the extra '{self.extra}': pip install 'slantwise[{self.extra}]', "
                "or in a clone: make install-formats."
            )
        module, _, function = self.reader.partition(":")
        reader = getattr(importlib.import_module(module), function)
        together: dict[PurePosixPath, InputFile] = {}
        for file in files:
            if isinstance(file, BadFileError):
                yield Refused("", None, "", file.field, file.code, file.message)
            elif not file.named and file.path.suffix.lower() not in self.suffixes:
                continue
            elif self.together:
                # Two directories of the same name must not hide each other's files.
                place = file.path
                while place in together:
                    place = PurePosixPath("_", *place.parts)
                together[place] = file
            else:
                yield from reader(file, annotator)
        if together:
            yield from reader(together, annotator)


SLANTWISE = "slantwise"
ALL = (
    Door(SLANTWISE, "Slantwise JSON Lines", (".jsonl", ".ndjson"), "annotate.doors.slantwise:read_slantwise"),
    Door("label-studio", "Label Studio JSON", (".json",), "annotate.doors.label_studio:read_label_studio"),
    Door("doccano", "doccano JSONL", (".jsonl", ".json"), "annotate.doors.doccano:read_doccano"),
    Door("brat", "brat standoff", (".ann", ".txt"), "annotate.doors.brat:read_brat", together=True),
    Door("webanno-tsv", "WebAnno TSV 3", (".tsv",), "annotate.doors.webanno:read_webanno"),
    Door(
        "uima-xmi", "UIMA XMI", (".xmi", ".xml"), "annotate.doors.xmi:read_xmi", together=True, extra="xmi",
        needs=("cassis",),
    ),
)  # fmt: skip
BY_NAME = {door.name: door for door in ALL}
