"""Fill the texts into a release that leaves them out, from copies that the user has, and say which do not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from release.manifest import MANIFEST
from release.operations.building import move_into_place, partial_directory, refuse_occupied
from release.rows import CONTEXT
from release.supplied import Supplied, forms_of
from release.writing import FileSet, line_of, pretty, sha256_of, sync_everything

type Row = dict[str, Any]

# How a ratio was got: quotes found at their place, or, where the release has no quotes, the two lengths.
BY_QUOTES, BY_LENGTH = "quotes", "length"


@dataclass(frozen=True, slots=True)
class Misfit:
    """An article whose text was not supplied, or is not the one that was annotated.

    ``ratio`` says how near the supplied text comes, from 0 to 1: the share of quotes that stand at their place
    (``measure`` quotes), or the shorter length by the longer (length). None where no text was supplied for it.
    """

    article_id: str
    ratio: float | None
    measure: str | None
    message: str


@dataclass(slots=True)
class Filling:
    """What became of a release's articles."""

    fitting: dict[str, str] = field(default_factory=dict)  # article_id → text
    misfits: list[Misfit] = field(default_factory=list)


def fit(root: Path, supplied: Supplied) -> Filling:
    """Hold the supplied texts against every article that the release gives no text of."""
    found = Filling()
    suspects: dict[str, tuple[Row, str]] = {}
    for row in _rows(root, "articles"):
        if row["text"] is not None:
            continue
        text = supplied.by_sha256.get(row["text_sha256"])
        if text is not None:
            found.fitting[row["article_id"]] = text
            continue
        named = next((supplied.by_name[name] for name in _names(row) if name in supplied.by_name), None)
        if named is None:
            message = "no text with its SHA-256, id or address was supplied"
            found.misfits.append(Misfit(row["article_id"], None, None, message))
        else:
            suspects[row["article_id"]] = (row, named)
    if suspects:
        quotes = _quotes(root, suspects)
        found.misfits += [_misfit(row, text, quotes.get(key, [])) for key, (row, text) in suspects.items()]
        found.misfits.sort(key=lambda misfit: misfit.article_id)
    return found


def _names(row: Row) -> Iterator[str]:
    for key in ("article_id", "source_url"):
        if row[key]:
            yield row[key]


def _quotes(root: Path, articles: Mapping[str, object]) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for row in _rows(root, "annotations"):
        if row["article_id"] in articles:
            quotes = [(span["start"], span["text"]) for span in row["spans"] if span["text"] is not None]
            found.setdefault(row["article_id"], []).extend(quotes)
    return found


def _misfit(row: Row, text: str, quotes: list[tuple[int, str]]) -> Misfit:
    forms = forms_of(text)
    if quotes:
        right = max(sum(form[start : start + len(quote)] == quote for start, quote in quotes) for form in forms)
        message = f"the text supplied is another one: {right} of {len(quotes)} quotes stand at their place"
        return Misfit(row["article_id"], right / len(quotes), BY_QUOTES, message)
    wanted: int = row["n_chars"]
    length = min((len(form) for form in forms), key=lambda n: abs(n - wanted))
    ratio = min(length, wanted) / max(length, wanted, 1)
    message = f"the text supplied is another one: it has {length} code points, {wanted} were annotated"
    return Misfit(row["article_id"], ratio, BY_LENGTH, message)


def fill(root: Path, found: Filling, out: Path) -> None:
    """Write the release to ``out`` with the fitting texts, and the quotes that follow from them, filled in.

    A release again, with a manifest of its own that says what it was made from; articles without a fitting text stay
    as they were. Other formats are copied as they are. Raises TargetNotEmptyError.
    """
    out = out.absolute()
    refuse_occupied(out)
    with partial_directory(out) as partial:
        shutil.copytree(root, partial, dirs_exist_ok=True)
        (partial / MANIFEST).unlink()
        changes = {
            "articles": _article,
            "annotations": _annotation,
            "spans_aggregated": _passage,
            "adjudicated": _span,
            "spans_typed": _passage,
        }
        files = FileSet(partial)
        for name, change in changes.items():
            path = f"data/{name}.jsonl"
            if not (partial / path).is_file():
                continue
            (partial / path).unlink()
            files.write(path, b"")
            for row in _rows(root, name):
                text = found.fitting.get(row["article_id"])
                if text is not None:
                    change(row, text)
                files.append(path, _line(row))
        written = {file.path: file for file in files.written()}
        manifest = json.loads((root / MANIFEST).read_bytes())
        for entry in manifest["files"]:
            if entry["path"] in written:
                entry["sha256"], entry["bytes"] = written[entry["path"]].sha256, written[entry["path"]].bytes
        manifest["text_filled_in"] = {"articles": len(found.fitting), "from_manifest": sha256_of(root / MANIFEST)}
        FileSet(partial).write(MANIFEST, pretty(manifest))
        sync_everything()
        move_into_place(partial, out)


def _article(row: Row, text: str) -> None:
    row["text"], row["text_status"] = text, "full"


def _annotation(row: Row, text: str) -> None:
    for span in row["spans"]:
        _span(span, text)


def _span(span: Row, text: str) -> None:
    _passage(span, text)
    for piece in span["fragments"]:
        _passage(piece, text)
    span["prefix"] = text[max(0, span["start"] - CONTEXT) : span["start"]]
    span["suffix"] = text[span["end"] : span["end"] + CONTEXT]


def _passage(row: Row, text: str) -> None:
    row["text"] = text[row["start"] : row["end"]]


def _line(row: Row) -> bytes:
    return line_of(json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False))


def _rows(root: Path, name: str) -> Iterator[Row]:
    path = root / "data" / f"{name}.jsonl"
    with path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)
