"""brat standoff as a directory that brat opens: ANNOTATOR/ARTICLE.txt and .ann, and one annotation.conf.

Whoever completed an article has a file for it, also an empty one. Offsets are code points, as in brat. What the lines
hold is said in :mod:`release.formats.brat`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotate.doors.brat import UNSURE
from release.formats.brat import ann_of
from release.formats.registry import Book
from release.records import AggregatedSpan, Annotation, Article
from release.writing import FileSet, WrittenFile

FOLDER = "extra/brat"


class BratWriter:
    """Needs the articles' text."""

    def __init__(self, root: Path, book: Book) -> None:
        self._files = FileSet(root)
        self._files.write(f"{FOLDER}/annotation.conf", annotation_conf(book.content))

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:  # noqa: ARG002
        text = article.text or ""
        for annotation in annotations:
            if annotation.status != "complete":
                continue
            place = f"{FOLDER}/{annotation.annotator_id}/{article.article_id}"
            if annotation.round > 1:
                place += f".round-{annotation.round}"
            self._files.write(f"{place}.txt", text)
            self._files.write(f"{place}.ann", ann_of(annotation, text))

    def close(self) -> list[WrittenFile]:
        return self._files.written()


def annotation_conf(content: Mapping[str, Any]) -> str:
    """Labels, relations and attributes as brat is told of them."""
    labels = [label for layer in content["layers"] for label in layer["labels"]]
    codes = [label["code"] for label in labels]
    relations = []
    for relation in content.get("relations", ()):
        ends = [[code for code in relation[end] if code in codes] for end in ("from", "to")]
        if all(ends):
            relations.append(f"{relation['type']}\tArg1:{'|'.join(ends[0])}, Arg2:{'|'.join(ends[1])}")
    bearers: dict[str, list[str]] = {}
    values: dict[str, list[str]] = {}
    for label in labels:
        for attribute in label.get("attributes", ()):
            if attribute["type"] in ("choice", "boolean"):
                bearers.setdefault(attribute["name"], []).append(label["code"])
                known = values.setdefault(attribute["name"], [])
                given = [value["code"] for value in attribute.get("values") or ()] or ["true", "false"]
                known.extend(value for value in given if value not in known)
    attributes = [f"{name}\tArg:{'|'.join(bearers[name])}, Value:{'|'.join(values[name])}" for name in bearers]
    attributes.append(f"{UNSURE}\tArg:<ENTITY>")
    sections = {"entities": codes, "relations": relations, "events": [], "attributes": attributes}
    return "\n".join("\n".join([f"[{name}]", *lines, ""]) for name, lines in sections.items())
