"""CoNLL columns with BIO tags: LAYER/ANNOTATOR.conll, a token a line with its place, a blank line between paragraphs.

A view only: of overlapping marks of one annotator in one layer the first, then longest, is kept, and README.md beside
the files says how many were not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from release.formats.registry import Book
from release.records import AggregatedSpan, Annotation, Article, Span
from release.writing import FileSet, WrittenFile

FOLDER = "extra/conll"
TOKEN = re.compile(r"\w+|[^\w\s]")
OUTSIDE = "O"

README = """# CoNLL view

`LAYER/ANNOTATOR.conll`: what one annotator marked in one layer, in every article he or she completed. Columns, with a
tab between them: token, first code point, code point after the last, BIO tag. A comment line names the article and its
split; a blank line ends a paragraph. Tokens are words and single marks of punctuation (`\\w+|[^\\w\\s]`); a token belongs
to a mark that covers any of its characters.

A view only, for tools that want it. It cannot hold, and leaves out:

- marks that overlap others of the same annotator in the same layer: the one that begins first, then the longest, is kept
- attributes, relations, comments, unsure flags, answers about the article
- borders inside a token; that the pieces of a mark with a gap belong together
- articles without a word, and marks on none

| layer | marks | kept |
|---|---|---|
"""


class ConllWriter:
    """Needs the articles' text."""

    def __init__(self, root: Path, book: Book) -> None:
        self._files = FileSet(root)
        self._layers = [layer["code"] for layer in book.content["layers"]]
        self._marks = dict.fromkeys(self._layers, 0)
        self._kept = dict.fromkeys(self._layers, 0)

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:  # noqa: ARG002
        text = article.text or ""
        tokens = [found.span() for found in TOKEN.finditer(text)]
        head = f"# article = {article.article_id}\n# split = {article.split}\n"
        for annotation in annotations:
            if annotation.status != "complete":
                continue
            for layer in self._layers:
                spans = [span for span in annotation.spans if span.layer == layer]
                tags, kept = tagged(tokens, spans)
                self._marks[layer] += len(spans)
                self._kept[layer] += kept
                lines = "".join(_lines(text, tokens, tags))
                self._files.append(f"{FOLDER}/{layer}/{annotation.annotator_id}.conll", f"{head}{lines}\n")

    def close(self) -> list[WrittenFile]:
        rows = "".join(f"| {layer} | {self._marks[layer]} | {self._kept[layer]} |\n" for layer in self._layers)
        self._files.write(f"{FOLDER}/README.md", README + rows)
        return self._files.written()


def tagged(tokens: Sequence[tuple[int, int]], spans: Iterable[Span]) -> tuple[list[str], int]:
    """A tag for each token, and how many of the spans they hold."""
    starts = [start for start, _ in tokens]
    ends = [end for _, end in tokens]
    tags = [OUTSIDE] * len(tokens)
    kept = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.label, span.span_id)):
        runs = [range(bisect_right(ends, piece.start), bisect_left(starts, piece.end)) for piece in span.fragments]
        if not any(runs) or any(tags[at] != OUTSIDE for run in runs for at in run):
            continue
        kept += 1
        for run in runs:
            for at in run:
                tags[at] = f"{'B' if at == run[0] else 'I'}-{span.label}"
    return tags, kept


def _lines(text: str, tokens: Sequence[tuple[int, int]], tags: Sequence[str]) -> Iterator[str]:
    before = 0
    for (start, end), tag in zip(tokens, tags, strict=True):
        if before and "\n\n" in text[before:start]:
            yield "\n"
        yield f"{text[start:end]}\t{start}\t{end}\t{tag}\n"
        before = end
