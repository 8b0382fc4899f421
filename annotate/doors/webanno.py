"""WebAnno TSV 3, as INCEpTION writes it: a token a line, layers in columns, offsets in UTF-16 units.

Sources: INCEpTION's user guide, appendix "WebAnno TSV", and the reader and reference files of its repository
(inception-io-webanno-tsv, format 3.3). Between sentences the file keeps the length of the white space, not its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from annotate.doors.files import InputFile
from annotate.doors.layers import NOBODY, is_preprocessing, short_name, split_features
from annotate.doors.records import UTF_16, BadFileError, GivenReading, GivenRelation, GivenSpan, Refused
from annotate.doors.strict_json import decoded
from spans.offsets import Utf16Map

_FORMAT = re.compile(r"#FORMAT=WebAnno TSV 3\.[0-9]+")
_KINDS = {"#T_SP=": "span", "#T_RL=": "relation", "#T_CH=": "chain"}
_UNIT = re.compile(r"(?P<id>[0-9]+-[0-9]+(?:\.[0-9]+)?)\t(?P<start>[0-9]+)-(?P<end>[0-9]+)\t(?P<rest>[^\t]*\t.*)")
_STACK = re.compile(r"(?<!\\)\|")
_NUMBERED = re.compile(r"(?P<value>.*)(?<!\\)\[(?P<number>[0-9]+(?:_[0-9]+)?)\]", re.S)
_ESCAPED = re.compile(r"\\(->|.)", re.S)
_TEXT_ESCAPED = re.compile(r"\\(.)", re.S)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
NOTHING, UNSET = "_", "*"
_BASE, _ROLE = "BT_", "ROLE_"


@dataclass(frozen=True, slots=True)
class _Layer:
    kind: str
    name: str
    features: tuple[str, ...]
    base: str
    first: int
    """Its first column, from 0; a layer without features has one all the same."""

    @property
    def columns(self) -> int:
        return max(len(self.features), 1)


@dataclass(slots=True)
class _Mark:
    layer: _Layer
    key: str
    start: int
    end: int
    features: dict[str, str | None]


@dataclass(slots=True)
class _Link:
    layer: _Layer
    features: dict[str, str | None]
    unit: str
    source: str
    numbers: tuple[int, int]


@dataclass(slots=True)
class _Document:
    text: str = ""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    by_number: dict[tuple[str, int], _Mark] = field(default_factory=dict)
    by_unit: dict[tuple[str, str], list[_Mark]] = field(default_factory=dict)
    links: list[_Link] = field(default_factory=list)


def read_webanno(file: InputFile, annotator: str = "") -> Iterator[GivenReading | Refused]:
    """The file's one reading. INCEpTION's own project export names the file after the person, its folder after the
    document; elsewhere ``annotator`` says who, and the file is named after the document."""
    stem = file.path.stem
    if stem in NOBODY:
        yield Refused(file.name, None, "", "", "no_reading", f"Left out: this is {NOBODY[stem]}.")
        return
    hints = (*file.folders, stem)
    reading = GivenReading(file.name, None, "", annotator=annotator or stem, hints=hints, unit=UTF_16)
    try:
        document = _document(decoded(file.content).replace("\r\n", "\n").split("\n"), reading)
    except BadFileError as bad:
        yield Refused(file.name, bad.line, "", bad.field, bad.code, bad.message)
        return
    reading.text = document.text
    reading.gaps = tuple(document.gaps)
    for mark in document.marks:
        label, attributes = split_features(mark.layer.name, mark.features)
        reading.spans.append(GivenSpan(mark.key, label, ((mark.start, mark.end),), attributes=attributes))
    for link in document.links:
        _relate(link, document, reading)
    yield reading


def _document(lines: Sequence[str], reading: GivenReading) -> _Document:
    if not lines or not _FORMAT.fullmatch(lines[0]):
        raise BadFileError("", "not_webanno", "The first line is not #FORMAT=WebAnno TSV 3.x.", 1)
    layers: list[_Layer] = []
    document = _Document()
    sentence: list[str] = []
    units = 0  # UTF-16 units of the text so far
    for number, line in enumerate(lines[1:], 2):
        if kind := next((kind for sign, kind in _KINDS.items() if line.startswith(sign)), None):
            layers.append(_layer(kind, line.partition("=")[2], layers))
            _say_what_is_left_out(layers[-1], reading, number)
        elif line.startswith("#Text="):
            sentence.append(_unescaped_text(line.removeprefix("#Text=")))
        elif line.startswith("#") or not line:
            continue
        elif found := _UNIT.fullmatch(line):
            start, end = int(found["start"]), int(found["end"])
            if sentence:
                units = _open_sentence(document, "\n".join(sentence), start, units, number)
                sentence = []
            columns = found["rest"].split("\t")[1:]
            _take_unit(document, layers, found["id"], (start, end), columns, number)
        else:
            raise BadFileError("", "bad_line", f"This is no line of WebAnno TSV 3: {line[:60]!r}.", number)
    return document


def _open_sentence(document: _Document, text: str, start: int, units: int, line: int) -> int:
    """Append a sentence that begins at UTF-16 unit ``start``; the units of the text with it."""
    if start < units:
        raise BadFileError(
            "", "overlapping_sentences", f"A sentence begins at {start}, before the last one ends.", line
        )
    if start > units:
        document.gaps.append((len(document.text), len(document.text) + start - units))
        document.text += " " * (start - units)
    document.text += text
    return start + Utf16Map(text).units


def _layer(kind: str, declared: str, before: Sequence[_Layer]) -> _Layer:
    name, *features = declared.split("|")
    base = next((feature.removeprefix(_BASE) for feature in features if feature.startswith(_BASE)), "")
    first = before[-1].first + before[-1].columns if before else 0
    return _Layer(kind, name, tuple(f for f in features if f), base, first)


def _say_what_is_left_out(layer: _Layer, reading: GivenReading, line: int) -> None:
    if layer.kind == "chain":
        reading.refuse(short_name(layer.name), "unsupported_layer", "A layer of chains cannot be taken.", line=line)
    elif any(feature.startswith(_ROLE) for feature in layer.features):
        reading.refuse(
            short_name(layer.name),
            "unsupported_feature",
            "Link features cannot be taken; the annotations are. Use a relation layer.",
            line=line,
        )


def _take_unit(
    document: _Document, layers: Sequence[_Layer], unit: str, place: tuple[int, int], columns: Sequence[str], line: int
) -> None:
    for layer in layers:
        if layer.kind == "chain" or is_preprocessing(layer.name):
            continue
        cells = columns[layer.first : layer.first + layer.columns]
        if len(cells) < layer.columns:
            raise BadFileError("", "bad_line", f"The line has no column for the layer {layer.name}.", line)
        stacks = [_STACK.split(cell) for cell in cells]
        names = layer.features or ("",)
        slots = {i for i, f in enumerate(names) if f.startswith(_ROLE) or (i and names[i - 1].startswith(_ROLE))}
        shown = [i for i in range(len(cells)) if i not in slots]
        if not shown or all(cells[i] == NOTHING for i in shown):
            continue
        for place_in_stack in range(max(len(stacks[i]) for i in shown)):
            values = {names[i]: _value(stacks[i], place_in_stack) for i in shown}
            if layer.kind == "span":
                _take_mark(document, layer, unit, place, values)
            else:
                _take_link(document, layer, unit, values, line)


def _value(stack: Sequence[str], place: int) -> tuple[str | None, str]:
    """The unescaped value (None where not set) and its number in brackets, or ""."""
    cell = stack[place] if place < len(stack) else NOTHING
    number = ""
    if found := _NUMBERED.fullmatch(cell):
        cell, number = found["value"], found["number"]
    if cell in (NOTHING, UNSET):
        return None, number
    return _ESCAPED.sub(lambda m: _CONTROLS.get(m[1], m[1]) if m[1] in "tn" else m[1], cell), number


def _take_mark(
    document: _Document, layer: _Layer, unit: str, place: tuple[int, int], values: dict[str, tuple[str | None, str]]
) -> None:
    number = next((int(n) for _, n in values.values() if n), 0)
    features = {name: value for name, (value, _) in values.items() if name}
    mark = document.by_number.get((layer.name, number)) if number else None
    if mark is None:
        mark = _Mark(layer, f"{short_name(layer.name)} {len(document.marks) + 1}", *place, features)
        document.marks.append(mark)
        if number:
            document.by_number[layer.name, number] = mark
    else:
        mark.end = max(mark.end, place[1])
    document.by_unit.setdefault((layer.name, unit), []).append(mark)


def _take_link(
    document: _Document, layer: _Layer, unit: str, values: dict[str, tuple[str | None, str]], line: int
) -> None:
    source, numbers = values.pop(f"{_BASE}{layer.base}", (None, ""))
    if source is None:
        raise BadFileError("", "bad_line", f"A relation of {layer.name} does not say where it comes from.", line)
    first, _, second = numbers.partition("_")
    features = {name: value for name, (value, _) in values.items()}
    document.links.append(_Link(layer, features, unit, source, (int(first or 0), int(second or 0))))


def _relate(link: _Link, document: _Document, reading: GivenReading) -> None:
    """The line of a relation is that of its goal; it names the unit its source begins with."""
    if is_preprocessing(link.layer.base):
        reading.refuse(short_name(link.layer.name), "unsupported_layer", "The relation joins tokens, not marks.")
        return
    ends = []
    for unit, number in ((link.source, link.numbers[0]), (link.unit, link.numbers[1])):
        numbered = document.by_number.get((link.layer.base, number)) if number else None
        there = [numbered] if numbered else document.by_unit.get((link.layer.base, unit), [])
        if len(there) != 1:
            reading.refuse(
                short_name(link.layer.name), "unknown_span", f"A relation names {unit}, where there is not one mark."
            )
            return
        ends.append(there[0].key)
    kind, attributes = split_features(link.layer.name, link.features)
    for name in attributes:
        reading.refuse(name, "unsupported_feature", f"Relations have no attributes here; {name} is left out.")
    reading.relations.append(GivenRelation(kind, ends[0], ends[1]))


def _unescaped_text(text: str) -> str:
    return _TEXT_ESCAPED.sub(lambda m: _CONTROLS.get(m[1], m[1]), text)
