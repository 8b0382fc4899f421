"""Check a release directory against its own manifest, schemas and texts, without a database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from release.columns import problem
from release.manifest import MANIFEST
from release.records import FILES
from release.rows import CONTEXT
from release.writing import sha256_of

type Row = dict[str, Any]

MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: ``line`` counts from 1, None for a file as a whole."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked. ``texts`` counts articles whose text was at hand to compare quotes with."""

    name: str | None
    version: str | None
    sha256: str | None
    files: int
    records: int
    spans: int
    texts: int
    problems: list[Problem]

    @property
    def passed(self) -> bool:
        return not self.problems


class _Verifier:
    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        self.root = root
        self.texts = texts  # by sha256
        self.problems: list[Problem] = []
        self.places: dict[str, int] = {}  # article_id → byte offset of its line, so that texts need not stay in memory
        self.annotators: set[str] = set()
        self.members: dict[str, set[str]] = {}
        self.records = 0
        self.spans = 0
        self.texts_seen: set[str] = set()
        self._text_of: tuple[str, Row | None, str | None] = ("", None, None)

    def wrong(self, path: str, line: int | None, message: str) -> None:
        self.problems.append(Problem(path, line, message))

    # Files

    def manifest(self) -> Row | None:
        try:
            content = json.loads((self.root / MANIFEST).read_bytes())
        except FileNotFoundError:
            self.wrong(MANIFEST, None, "missing: this is not a release directory")
        except ValueError as error:
            self.wrong(MANIFEST, None, f"not JSON: {error}")
        else:
            if isinstance(content, dict) and isinstance(content.get("files"), list):
                return cast("Row", content)
            self.wrong(MANIFEST, None, "has no list of files")
        return None

    def files(self, manifest: Row) -> None:
        listed = set()
        for entry in manifest["files"]:
            path = str(entry.get("path") if isinstance(entry, dict) else entry)
            target = self.root / path
            if not isinstance(entry, dict) or Path(path).is_absolute() or ".." in Path(path).parts:
                self.wrong(MANIFEST, None, f"lists {path!r}, which is not a file of this directory")
                continue
            listed.add(path)
            if not target.is_file():
                self.wrong(path, None, "missing, but listed in the manifest")
                continue
            if target.stat().st_size != entry.get("bytes"):
                self.wrong(path, None, f"has {target.stat().st_size} bytes, the manifest says {entry.get('bytes')}")
            if sha256_of(target) != entry.get("sha256"):
                self.wrong(path, None, "was changed: its SHA-256 is not the manifest's")
        found = {file.relative_to(self.root).as_posix() for file in self.root.rglob("*") if file.is_file()}
        for path in sorted(found - listed - {MANIFEST}):
            self.wrong(path, None, "is not listed in the manifest")
        for name in FILES:
            if f"data/{name}.jsonl" not in listed:
                self.wrong(f"data/{name}.jsonl", None, "is not listed in the manifest")

    # Records

    def lines(self, name: str) -> Iterator[tuple[int, int, Row]]:
        """(line, byte offset, row) of each line that is a record of its file."""
        path = f"data/{name}.jsonl"
        if not (self.root / path).is_file():
            return
        place = 0
        with (self.root / path).open("rb") as file:
            for number, line in enumerate(file, 1):
                offset, place = place, place + len(line)
                try:
                    row = json.loads(line)
                except ValueError as error:
                    self.wrong(path, number, f"not JSON: {error}")
                    continue
                found = problem(FILES[name], row)
                if found:
                    self.wrong(path, number, found)
                    continue
                self.records += 1
                yield number, offset, row

    def counts(self, manifest: Row) -> None:
        said = {entry["path"]: entry.get("records") for entry in manifest["files"] if isinstance(entry, dict)}
        for name in FILES:
            path = self.root / "data" / f"{name}.jsonl"
            if path.is_file():
                with path.open("rb") as file:
                    n = sum(1 for _ in file)
                if n != said.get(f"data/{name}.jsonl"):
                    self.wrong(f"data/{name}.jsonl", None, f"has {n} lines, the manifest says {said.get(path.name, 0)}")

    def articles(self) -> None:
        path = "data/articles.jsonl"
        for line, offset, row in self.lines("articles"):
            if row["article_id"] in self.places:
                self.wrong(path, line, f"article {row['article_id']} occurs twice")
            self.places[row["article_id"]] = offset
            text = row["text"]
            if text is None:
                continue
            if len(text) != row["n_chars"]:
                self.wrong(path, line, f"text has {len(text)} code points, n_chars says {row['n_chars']}")
            if hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest() != row["text_sha256"]:
                self.wrong(path, line, "text does not have the SHA-256 in text_sha256")

    def text_of(self, article_id: str) -> tuple[Row | None, str | None]:
        """The article's row, and its text if the release or the user supplies it."""
        known, row, text = self._text_of
        if known == article_id:
            return row, text
        place = self.places.get(article_id)
        row = text = None
        if place is not None:
            with (self.root / "data/articles.jsonl").open("rb") as file:
                file.seek(place)
                row = cast("Row", json.loads(file.readline()))
            text = row["text"] if row["text"] is not None else self.texts.get(row["text_sha256"])
            if text is not None:
                self.texts_seen.add(article_id)
        self._text_of = (article_id, row, text)
        return row, text

    def annotators_file(self) -> None:
        for line, _, row in self.lines("annotators"):
            if row["annotator_id"] in self.annotators:
                self.wrong("data/annotators.jsonl", line, f"annotator {row['annotator_id']} occurs twice")
            self.annotators.add(row["annotator_id"])

    def annotations(self) -> None:
        path = "data/annotations.jsonl"
        for line, _, row in self.lines("annotations"):
            article, text = self.text_of(row["article_id"])
            if article is None:
                self.wrong(path, line, f"article {row['article_id']} is not in articles.jsonl")
                continue
            if row["annotator_id"] not in self.annotators:
                self.wrong(path, line, f"annotator {row['annotator_id']} is not in annotators.jsonl")
            ids = {span["span_id"] for span in row["spans"]}
            if len(ids) != len(row["spans"]):
                self.wrong(path, line, "a span_id occurs twice")
            for span in row["spans"]:
                self.spans += 1
                self.span(path, line, span, article, text)
            for relation in row["relations"]:
                if not {relation["from_span"], relation["to_span"]} <= ids:
                    self.wrong(path, line, f"relation {relation['relation_id']} leads to a span of another annotation")
            # Units come article by article in the same order, so only ids are kept.
            self.members.setdefault(row["article_id"], set()).update(f"{row['annotation_id']}#{i}" for i in ids)

    def span(self, path: str, line: int, span: Row, article: Row, text: str | None) -> None:
        name = f"span {span['span_id']}"
        start, end = span["start"], span["end"]
        self.passage(path, line, name, span, article, text)
        pieces = [(piece["start"], piece["end"]) for piece in span["fragments"]]
        # Every piece begins after the one before ended, the first at the hull's start.
        if (
            not pieces
            or (pieces[0][0], pieces[-1][1]) != (start, end)
            or any(a >= b for a, b in pieces)
            or any(before[1] >= after[0] for before, after in pairwise(pieces))
        ):
            self.wrong(path, line, f"{name}: the fragments {pieces} do not run from {start} to {end} in order")
        if text is None:
            return
        for piece in span["fragments"]:
            if piece["text"] is not None and piece["text"] != text[piece["start"] : piece["end"]]:
                self.wrong(
                    path, line, f"{name}: a fragment's text is not the article's at [{piece['start']}, {piece['end']})"
                )
        for side, there in (("prefix", text[max(0, start - CONTEXT) : start]), ("suffix", text[end : end + CONTEXT])):
            if span[side] is not None and span[side] != there:
                self.wrong(path, line, f"{name}: {side} {span[side]!r} is not the article's {there!r}")

    def passage(self, path: str, line: int, name: str, row: Row, article: Row, text: str | None) -> None:
        """Range and text of a span or unit."""
        start, end, quote = row["start"], row["end"], row["text"]
        if not 0 <= start < end <= article["n_chars"]:
            self.wrong(path, line, f"{name}: [{start}, {end}) is empty or outside [0, {article['n_chars']})")
        elif quote is not None and len(quote) != end - start:
            self.wrong(path, line, f"{name}: the text has {len(quote)} code points, [{start}, {end}) has {end - start}")
        elif quote is not None and text is not None and quote != text[start:end]:
            self.wrong(
                path, line, f"{name}: {quote!r:.60} is not the article's {text[start:end]!r:.60} at [{start}, {end})"
            )

    def units(self) -> None:
        path = "data/spans_aggregated.jsonl"
        for line, _, row in self.lines("spans_aggregated"):
            article, text = self.text_of(row["article_id"])
            if article is None:
                self.wrong(path, line, f"article {row['article_id']} is not in articles.jsonl")
                continue
            name = f"unit {row['unit_id']}"
            self.passage(path, line, name, row, article, text)
            unknown = set(row["members"]) - self.members.get(row["article_id"], set())
            if unknown:
                self.wrong(path, line, f"{name}: {sorted(unknown)[0]} is not a span of this article")
            if not row["members"] or not row["n_marked"] <= row["n_annotators"]:
                self.wrong(path, line, f"{name}: {row['n_marked']} of {row['n_annotators']} annotators marked it")
            total = sum(vote["p"] for vote in row["soft_label"])
            if abs(total - 1) > 1e-6:
                self.wrong(path, line, f"{name}: the shares of soft_label sum to {total}")

    def others(self) -> None:
        for name in ("adjudicated", "agreement"):
            for _ in self.lines(name):
                pass


def verify_release(root: Path, *, texts: Mapping[str, str] | None = None) -> Report:
    """Check every checksum, record, offset and quote. ``texts`` by SHA-256 stand in for texts the release leaves out."""
    verifier = _Verifier(root, texts or {})
    manifest = verifier.manifest()
    if manifest is not None:
        verifier.files(manifest)
        verifier.counts(manifest)
        verifier.articles()
        verifier.annotators_file()
        verifier.annotations()
        verifier.units()
        verifier.others()
    said = manifest or {}
    return Report(
        name=said.get("name"),
        version=said.get("version"),
        sha256=sha256_of(root / MANIFEST) if manifest is not None else None,
        files=len(said.get("files", ())),
        records=verifier.records,
        spans=verifier.spans,
        texts=len(verifier.texts_seen),
        problems=verifier.problems,
    )
