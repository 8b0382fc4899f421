"""The first paint of the labelling page: paragraphs cut into marked pieces, and layers with their tones and keys.

Works on the state dictionary (see annotate.state), so it asks the database nothing. The browser draws the same elements
when a mark changes (annotate/static/annotate/article.js).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from spans import Span
from spans.segments import Piece, cut_paragraphs, lanes_of

# The layers of the shipped codebook keep their colours whatever stands beside them.
KNOWN_TONES = {"framing": 0, "sources": 1, "numeric": 2}
TONES = 6
LANES = 3
# Single keys of the labelling page (keymap.js); a layer whose shortcut is among them goes by its number.
TAKEN_KEYS = frozenset("acdefgjlnoprsuwx/?123456789")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as an element: its first code point, its zone, its inner HTML."""

    start: int
    zone: str
    html: SafeString


def tones_of(layers: Iterable[str]) -> dict[str, int]:
    """Palette index of each layer code: known codes keep theirs, the others take what is left, from the start again."""
    codes = list(layers)
    taken = {KNOWN_TONES[code] for code in codes if code in KNOWN_TONES}
    free = [tone for tone in range(TONES) if tone not in taken] or list(range(TONES))
    others = [code for code in codes if code not in KNOWN_TONES]
    return {code: KNOWN_TONES[code] for code in codes if code in KNOWN_TONES} | {
        code: free[number % len(free)] for number, code in enumerate(others)
    }


def keys_of(codebook: Mapping[str, Any]) -> dict[str, str]:
    """What to press for each label: its digit; with digits counted by layer, the layer's key first; "" for none."""
    by_layer = codebook.get("digits") == "by_layer"
    keys = {}
    for number, layer in enumerate(codebook["layers"], 1):
        for label in layer["labels"]:
            shortcut = layer.get("shortcut")
            first = number if not shortcut or shortcut in TAKEN_KEYS else shortcut
            before = f"{first} " if by_layer else ""
            keys[label["code"]] = f"{before}{label['digit']}" if label["digit"] else ""
    return keys


def layers_of(codebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The codebook's layers for templates: code, name, tone, and labels with their ``key``."""
    tones = tones_of(layer["code"] for layer in codebook["layers"])
    keys = keys_of(codebook)
    return [
        {
            "code": layer["code"],
            "name": layer["name"],
            "tone": tones[layer["code"]],
            "labels": [{**label, "key": keys[label["code"]]} for label in layer["labels"]],
        }
        for layer in codebook["layers"]
    ]


def paragraphs_of(
    article: Mapping[str, Any], spans: Sequence[Mapping[str, Any]], layers: Sequence[Mapping[str, Any]]
) -> list[Paragraph]:
    """The article's paragraphs with a ``<mark data-span-ids>`` for every piece that spans lie over."""
    text: str = article["text"]
    ordered = sorted(spans, key=lambda span: (span["start"], -span["end"], span["id"]))
    ranges = [Span(s["start"], s["end"], s["label"], tuple((a, b) for a, b in s["fragments"] or ())) for s in ordered]
    looks = {
        label["code"]: (layer["tone"], conditional_escape(label["name"]))
        for layer in layers
        for label in layer["labels"]
    }
    drawn = [
        _Drawn(str(span["id"]), *looks.get(span["label"], (0, escape(span["label"]))), lane, range_)
        for span, lane, range_ in zip(ordered, lanes_of(ranges), ranges, strict=True)
    ]
    bounds = [(start, end) for start, end in article["paragraphs"]]
    zones = [(zone["zone"], zone["start"], zone["end"]) for zone in article["zones"]]
    return [
        Paragraph(
            start=start,
            zone=next((zone for zone, low, high in zones if low <= start < high), "body"),
            html=mark_safe("".join(_piece_html(piece, text, drawn) for piece in pieces)),  # noqa: S308 - escaped per piece
        )
        for (start, _), pieces in zip(bounds, cut_paragraphs(bounds, ranges), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Drawn:
    id: str
    tone: int
    name: SafeString
    lane: int
    span: Span


def _piece_html(piece: Piece, text: str, drawn: Sequence[_Drawn]) -> str:
    words = escape(text[piece.start : piece.end])
    if not piece.spans:
        return words
    over = [drawn[index] for index in piece.spans]
    attributes = [f'data-span-ids="{" ".join(escape(one.id) for one in over)}"']
    for one in over:
        if one.lane >= LANES:
            continue
        attributes.append(f'data-lane{one.lane}="{one.tone}"')
        caps = _caps(piece, one.span)
        if caps:
            attributes.append(f'data-cap{one.lane}="{caps}"')
    hidden = sum(one.lane >= LANES for one in over)
    if hidden:
        attributes.append(f'data-more="+{hidden}"')
    attributes.append(f'aria-description="{", ".join(one.name for one in over)}"')
    return f"<mark {' '.join(attributes)}>{words}</mark>"


def _caps(piece: Piece, span: Span) -> str:
    """Which ends of the span (of one of its fragments) the piece holds."""
    ends = (
        ("start", any(low == piece.start for low, _ in span.pieces)),
        ("end", any(high == piece.end for _, high in span.pieces)),
    )
    return " ".join(name for name, holds in ends if holds)
