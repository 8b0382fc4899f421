"""brat standoff: the lines of one annotation's ``.ann``, beside the article's text as ``.txt``.

Marks in pieces, relations, attributes and comments are kept. What brat's attributes cannot hold (values that are not one
word) goes to notes of the kind ``attribute:NAME``, as JSON text, which ``annotate.doors.brat`` reads again; the flag and
the number of a mark are attributes whose names have a hyphen, as no name of a codebook has. Not kept: answers about the
article, ids, time worked, and that an annotation is not complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from annotate.doors.brat import COMMENT_NOTE, CONFIDENCE, NOTE, UNSURE, VALUE_NOTE
from release.records import Annotation, Span

_WORD = re.compile(r"[^\s\\]+")


def ann_of(annotation: Annotation, text: str) -> str:
    """The content of the ``.ann`` file; empty where nothing is marked. ``text`` is the article's."""
    names = {span.span_id: f"T{number}" for number, span in enumerate(annotation.spans, 1)}
    lines = [_bound(names[span.span_id], span, text) for span in annotation.spans]
    lines += [
        f"R{number}\t{relation.type} Arg1:{names[relation.from_span]} Arg2:{names[relation.to_span]}\t"
        for number, relation in enumerate(annotation.relations, 1)
    ]
    said = [line for span in annotation.spans for line in _said(names[span.span_id], span)]
    for sign in "A#":
        lines += [
            f"{sign}{number}\t{line}" for number, line in enumerate((rest for kind, rest in said if kind == sign), 1)
        ]
    return "".join(f"{line}\n" for line in lines)


def _bound(name: str, span: Span, text: str) -> str:
    places = ";".join(f"{piece.start} {piece.end}" for piece in span.fragments)
    quote = " ".join(text[piece.start : piece.end] for piece in span.fragments)
    # A line break would end the annotation; nothing else is rewritten.
    quote = quote.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return f"{name}\t{span.label} {places}\t{quote}"


def _said(name: str, span: Span) -> Iterator[tuple[str, str]]:
    """(A or #, the line without its id) for whatever is said of the mark."""
    for value in span.attributes:
        if _WORD.fullmatch(value.value):
            yield "A", f"{value.name} {name} {value.value}"
        else:
            yield "#", f"{VALUE_NOTE}{value.name} {name}\t{json.dumps(value.value, ensure_ascii=False)}"
    if span.unsure:
        yield "A", f"{UNSURE} {name}"
    if span.confidence is not None:
        yield "A", f"{CONFIDENCE} {name} {span.confidence!r}"
    if span.comment is not None:
        plain = span.comment.isprintable() and span.comment.strip() == span.comment != ""
        note = span.comment if plain else json.dumps(span.comment, ensure_ascii=False)
        yield "#", f"{NOTE if plain else COMMENT_NOTE} {name}\t{note}"
