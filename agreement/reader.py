"""Documents from lines of JSON, or an error that names the line and the field."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from agreement.documents import MOST_LABELS, NO_VALUES, Document, Mark, Rating, Relation
from agreement.schema import NOTHING, Field, Schema, field_of_values
from agreement.values import Single, Value, canonical, is_given
from spans.span import Span

# Longer than any text, and small enough that sums of products of lengths stay within 64 bits.
LARGEST_INTEGER = (1 << 31) - 1
DECLARATIONS = ("labels", "layers", "questions", "attributes", "relations")
TYPES = ("choice", "entity", "number", "text", "boolean", "date")


class BadInputError(ValueError):
    """Input that cannot be read; the message names the line and, where there is one, the field."""

    def __init__(self, line: int, field: str, problem: str) -> None:
        super().__init__(f"line {line}: {field}: {problem}" if field else f"line {line}: {problem}")
        self.line = line
        self.field = field


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents of a file, the label set they are measured with, in its order (declared) or sorted (seen), and what
    else is asked for (declared, or as the values seen suggest)."""

    documents: list[Document]
    labels: list[str]
    schema: Schema = NOTHING


def read_documents(lines: Iterable[bytes]) -> Corpus:
    """Parse lines as of ``python -m agreement``: UTF-8 JSON, an optional first line that declares labels and so on.

    Raises BadInputError at the first thing that is wrong. Blank lines are skipped.
    """
    documents: list[Document] = []
    declared = _Declared()
    seen: set[str] = set()
    ids: dict[str, int] = {}
    first = True
    for number, entry in _objects(lines):
        if first and "id" not in entry and any(key in entry for key in DECLARATIONS):
            declared = _declared(number, entry)
            first = False
            continue
        first = False
        document = _Entry(number, entry, declared).document()
        if document.id in ids:
            raise BadInputError(number, "id", f"{document.id!r} was used on line {ids[document.id]}")
        ids[document.id] = number
        for place, mark in enumerate(document.marks):
            if declared.labels is not None and mark.label not in declared.labels:
                raise BadInputError(number, f"spans[{place}].label", f"{mark.label!r} is not among the declared labels")
            seen.add(mark.label)
        if len(seen) > MOST_LABELS:
            raise BadInputError(number, "spans", f"more than {MOST_LABELS} different labels")
        documents.append(document)
    labels = sorted(seen) if declared.labels is None else declared.labels
    return Corpus(documents, labels, _schema(documents, declared))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A declared question or attribute."""

    type: str
    many: bool
    values: tuple[Single, ...]
    ordered: bool

    def field(self) -> Field:
        if self.many:
            return Field("set", self.values)
        if self.type == "number":
            return Field("number")
        return Field("rank" if self.ordered else "nominal", self.values)

    def problem(self, value: Value) -> str | None:
        """What is wrong with a value."""
        if isinstance(value, (list, tuple)):
            if not self.many:
                return "must be a single value"
            return next((found for one in value if (found := self.problem_of_one(one)) is not None), None)
        return "must be a list" if self.many else self.problem_of_one(value)

    def problem_of_one(self, value: object) -> str | None:
        if self.type == "number":
            fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        elif self.type == "boolean":
            fits = isinstance(value, bool)
        elif self.values:
            known = {canonical(one) for one in self.values}
            return None if canonical(value) in known else f"{value!r} is not among the declared values"  # type: ignore[arg-type]
        else:
            fits = self.type == "choice" or isinstance(value, str)
        return None if fits else f"must be of type {self.type}"


@dataclass(frozen=True, slots=True)
class _Declared:
    """The first line; None: not declared, so whatever is seen."""

    labels: list[str] | None = None
    layers: dict[str, str] | None = None
    questions: dict[str, _Asked] | None = None
    attributes: dict[str, dict[str, _Asked]] | None = None
    relations: list[str] | None = None


def _schema(documents: Iterable[Document], declared: _Declared) -> Schema:
    documents = list(documents)
    if declared.questions is None:
        answers: defaultdict[str, list[Value]] = defaultdict(list)
        for document in documents:
            for question, given in document.answers.items():
                answers[question] += given.values()
        questions = {question: field_of_values(answers[question]) for question in sorted(answers)}
    else:
        questions = {question: asked.field() for question, asked in declared.questions.items()}
    if declared.attributes is None:
        values: defaultdict[str, list[Value]] = defaultdict(list)
        for document in documents:
            for mark in document.marks:
                for name, value in mark.attributes.items():
                    values[f"{mark.label}.{name}"].append(value)
        attributes = {path: field_of_values(values[path]) for path in sorted(values)}
    else:
        attributes = {
            f"{label}.{name}": asked.field()
            for label, fields in declared.attributes.items()
            for name, asked in fields.items()
        }
    types = declared.relations
    if types is None:
        types = sorted({relation.type for document in documents for relation in document.relations})
    return Schema(declared.layers or {}, questions, attributes, tuple(types))


def _objects(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadInputError(number, "", f"not UTF-8 at byte {error.start}") from error
        if not text.strip():
            continue
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadInputError(number, "", f"not JSON: {error}") from error
        if not isinstance(entry, dict):
            raise BadInputError(number, "", "not a JSON object")
        yield number, entry


def _declared(line: int, entry: dict[str, object]) -> _Declared:
    unknown = sorted(set(entry) - set(DECLARATIONS))
    if unknown:
        raise BadInputError(line, unknown[0], f"does not belong in the first line; known: {', '.join(DECLARATIONS)}")
    labels = _names(line, entry, "labels")
    if labels is not None and len(labels) > MOST_LABELS:
        raise BadInputError(line, "labels", f"at most {MOST_LABELS} labels")
    layers = entry.get("layers")
    if layers is not None and not (isinstance(layers, dict) and all(isinstance(one, str) for one in layers.values())):
        raise BadInputError(line, "layers", "must be an object from label to layer")
    questions = entry.get("questions")
    attributes = entry.get("attributes")
    if attributes is not None and not isinstance(attributes, dict):
        raise BadInputError(line, "attributes", "must be an object from label to its attributes")
    return _Declared(
        labels=labels,
        layers=layers,
        questions=None if questions is None else _asked(line, questions, "questions"),
        attributes=None
        if attributes is None
        else {label: _asked(line, fields, f"attributes.{label}") for label, fields in attributes.items()},
        relations=_names(line, entry, "relations"),
    )


def _names(line: int, entry: dict[str, object], key: str) -> list[str] | None:
    names = entry.get(key)
    if names is None and key not in entry:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInputError(line, key, "must be a list of strings")
    if len(set(names)) != len(names):
        raise BadInputError(line, key, f"a {key.removesuffix('s')} is declared twice")
    return names


def _asked(line: int, entry: object, path: str) -> dict[str, _Asked]:
    """Questions by code, or attributes of one label by name."""
    if not isinstance(entry, dict):
        raise BadInputError(line, path, "must be an object by name")
    found = {}
    for name, declared in entry.items():
        where = f"{path}.{name}"
        if not isinstance(declared, dict):
            raise BadInputError(line, where, "must be an object")
        if declared.get("type") not in TYPES:
            raise BadInputError(line, f"{where}.type", f"must be one of {', '.join(TYPES)}")
        for flag in ("many", "ordered"):
            if not isinstance(declared.get(flag, False), bool):
                raise BadInputError(line, f"{where}.{flag}", "must be true or false")
        values = declared.get("values", [])
        if not isinstance(values, list) or not all(_is_single(one) for one in values):
            raise BadInputError(line, f"{where}.values", "must be a list of strings, booleans or finite numbers")
        if declared.get("ordered") and not values:
            raise BadInputError(line, f"{where}.values", "missing: an ordered choice needs its values in their order")
        unknown = sorted(set(declared) - {"type", "many", "ordered", "values"})
        if unknown:
            raise BadInputError(line, f"{where}.{unknown[0]}", "is not known; known: type, many, ordered, values")
        found[name] = _Asked(
            str(declared["type"]), bool(declared.get("many")), tuple(values), bool(declared.get("ordered"))
        )
    return found


class _Entry:
    """One line of a document, checked field by field."""

    def __init__(self, line: int, entry: dict[str, object], declared: _Declared) -> None:
        self.line = line
        self.entry = entry
        self.declared = declared

    def wrong(self, field: str, problem: str) -> BadInputError:
        return BadInputError(self.line, field, problem)

    def document(self) -> Document:
        name = self.name()
        length = self.whole_number(self.entry, "length", "length")
        annotators = self.annotators()
        text = self.entry.get("text")
        if text is not None and not isinstance(text, str):
            raise self.wrong("text", "must be a string")
        if text is not None and len(text) != length:
            raise self.wrong("length", f"is {length}, but text has {len(text)} code points")
        marks = tuple(self.marks(length, set(annotators)))
        return Document(
            id=name,
            length=length,
            annotators=annotators,
            marks=marks,
            text=text,
            tokens=self.tokens(length),
            ratings=dict(self.ratings(set(annotators))),
            values=dict(self.values(set(annotators))),
            answers=dict(self.answers(set(annotators))),
            relations=tuple(self.relations(set(annotators), marks)),
        )

    def name(self) -> str:
        found = self.entry.get("id")
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        if not isinstance(found, str):
            raise self.wrong("id", "missing" if found is None else "must be a string")
        return found

    def whole_number(self, holder: dict[str, object], key: str, field: str) -> int:
        found = holder.get(key)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST_INTEGER:
            problem = "missing" if found is None else f"must be a whole number from 0 to {LARGEST_INTEGER}"
            raise self.wrong(field, problem)
        return found

    def annotators(self) -> tuple[str, ...]:
        found = self.entry.get("annotators")
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise self.wrong("annotators", "missing" if found is None else "must be a list of strings")
        if len(set(found)) != len(found):
            raise self.wrong("annotators", "somebody is named twice")
        return tuple(found)

    def marks(self, length: int, annotators: set[str]) -> Iterator[Mark]:
        found = self.entry.get("spans", [])
        if not isinstance(found, list):
            raise self.wrong("spans", "must be a list")
        ids: set[str] = set()
        for place, span in enumerate(found):
            field = f"spans[{place}]"
            if not isinstance(span, dict):
                raise self.wrong(field, "must be an object")
            annotator, label = span.get("annotator"), span.get("label")
            if not isinstance(annotator, str):
                raise self.wrong(f"{field}.annotator", "missing" if annotator is None else "must be a string")
            if annotator not in annotators:
                raise self.wrong(f"{field}.annotator", f"{annotator!r} is not among the annotators")
            if not isinstance(label, str):
                raise self.wrong(f"{field}.label", "missing" if label is None else "must be a string")
            start = self.whole_number(span, "start", f"{field}.start")
            end = self.whole_number(span, "end", f"{field}.end")
            if end > length:
                raise self.wrong(f"{field}.end", f"{end} is beyond the length {length}")
            pieces = self.ranges(span.get("fragments"), f"{field}.fragments")
            try:
                whole = Span(start, end, label, pieces or ())
            except ValueError as error:
                raise self.wrong(f"{field}.fragments" if pieces and start < end else field, str(error)) from error
            name = self.span_id(span.get("id"), f"{field}.id", ids)
            attributes = dict(self.attributes(span.get("attributes"), label, f"{field}.attributes"))
            yield Mark(annotator, start, end, label, whole.fragments, name, attributes or NO_VALUES)

    def span_id(self, found: object, field: str, ids: set[str]) -> str:
        """ "" where the span has none."""
        if found is None:
            return ""
        if isinstance(found, bool) or not isinstance(found, (str, int)) or found == "":
            raise self.wrong(field, "must be a string that is not empty")
        if str(found) in ids:
            raise self.wrong(field, f"{found!r} is the id of another span here")
        ids.add(str(found))
        return str(found)

    def attributes(self, found: object, label: str, field: str) -> Iterator[tuple[str, Value]]:
        if found is None:
            return
        if not isinstance(found, dict):
            raise self.wrong(field, "must be an object by name")
        declared = self.declared.attributes
        known = None if declared is None else declared.get(label, {})
        for name, value in found.items():
            if "." in name:
                raise self.wrong(f"{field}.{name}", "the name of an attribute must not hold a dot")
            if known is not None and name not in known:
                raise self.wrong(f"{field}.{name}", f"is not among the declared attributes of {label!r}")
            if is_given(value):
                yield name, self.value(value, f"{field}.{name}", None if known is None else known[name])

    def value(self, found: object, field: str, asked: _Asked | None) -> Value:
        if isinstance(found, list):
            if not all(_is_single(one) for one in found):
                raise self.wrong(field, "must be a list of strings, booleans or finite numbers")
            value: Value = tuple(found)
        elif _is_single(found):
            value = found  # type: ignore[assignment]
        else:
            raise self.wrong(field, "must be a string, a boolean, a finite number or a list of these")
        problem = None if asked is None else asked.problem(value)
        if problem is not None:
            raise self.wrong(field, problem)
        return value

    def answers(self, annotators: set[str]) -> Iterator[tuple[str, dict[str, Value]]]:
        found = self.entry.get("answers")
        if found is None:
            return
        if not isinstance(found, dict):
            raise self.wrong("answers", "must be an object by question")
        for question, given in found.items():
            field = f"answers.{question}"
            if self.declared.questions is not None and question not in self.declared.questions:
                raise self.wrong(field, "is not among the declared questions")
            asked = None if self.declared.questions is None else self.declared.questions[question]
            if not isinstance(given, dict):
                raise self.wrong(field, "must be an object by annotator")
            for annotator in given:
                if annotator not in annotators:
                    raise self.wrong(field, f"{annotator!r} is not among the annotators")
            yield (
                question,
                {name: self.value(one, f"{field}.{name}", asked) for name, one in given.items() if is_given(one)},
            )

    def relations(self, annotators: set[str], marks: Iterable[Mark]) -> Iterator[Relation]:
        found = self.entry.get("relations")
        if found is None:
            return
        if not isinstance(found, list):
            raise self.wrong("relations", "must be a list")
        own = {(mark.annotator, mark.id) for mark in marks if mark.id}
        for place, relation in enumerate(found):
            field = f"relations[{place}]"
            if not isinstance(relation, dict):
                raise self.wrong(field, "must be an object")
            annotator, kind = relation.get("annotator"), relation.get("type")
            if not isinstance(annotator, str):
                raise self.wrong(f"{field}.annotator", "missing" if annotator is None else "must be a string")
            if annotator not in annotators:
                raise self.wrong(f"{field}.annotator", f"{annotator!r} is not among the annotators")
            if not isinstance(kind, str):
                raise self.wrong(f"{field}.type", "missing" if kind is None else "must be a string")
            if self.declared.relations is not None and kind not in self.declared.relations:
                raise self.wrong(f"{field}.type", f"{kind!r} is not among the declared relations")
            ends = []
            for key in ("from", "to"):
                end = relation.get(key)
                if end is None or (annotator, str(end)) not in own:
                    problem = "missing" if end is None else f"{end!r} is not the id of a span of {annotator!r} here"
                    raise self.wrong(f"{field}.{key}", problem)
                ends.append(str(end))
            yield Relation(annotator, kind, *ends)

    def ranges(self, found: object, field: str) -> tuple[tuple[int, int], ...] | None:
        """Pairs of whole numbers; None where there are none at all."""
        if found is None:
            return None
        if not isinstance(found, list):
            raise self.wrong(field, "must be a list of pairs [start, end]")
        result = []
        for place, pair in enumerate(found):
            if not isinstance(pair, list) or len(pair) != 2:
                raise self.wrong(f"{field}[{place}]", "must be a pair [start, end]")
            ends = {"start": pair[0], "end": pair[1]}
            start = self.whole_number(ends, "start", f"{field}[{place}][0]")
            end = self.whole_number(ends, "end", f"{field}[{place}][1]")
            result.append((start, end))
        return tuple(result)

    def tokens(self, length: int) -> tuple[tuple[int, int], ...] | None:
        found = self.ranges(self.entry.get("tokens"), "tokens")
        if found is None:
            return None
        for place, (start, end) in enumerate(found):
            if start >= end or end > length:
                raise self.wrong(f"tokens[{place}]", f"[{start}, {end}) is empty or beyond the length {length}")
        for place, (before, after) in enumerate(pairwise(found), start=1):
            if after[0] < before[1]:
                raise self.wrong(f"tokens[{place}]", "tokens must be in order and must not overlap")
        return found

    def by_annotator(self, field: str, annotators: set[str]) -> Iterator[tuple[str, object]]:
        found = self.entry.get(field)
        if found is None:
            return
        if not isinstance(found, dict):
            raise self.wrong(field, "must be an object by annotator")
        for annotator, given in found.items():
            if annotator not in annotators:
                raise self.wrong(field, f"{annotator!r} is not among the annotators")
            if given is not None:
                yield annotator, given

    def ratings(self, annotators: set[str]) -> Iterator[tuple[str, Rating]]:
        for annotator, given in self.by_annotator("ratings", annotators):
            if not isinstance(given, (str, bool, int, float)) or not _is_finite(given):
                raise self.wrong(f"ratings.{annotator}", "must be a string, a boolean or a finite number")
            yield annotator, given

    def values(self, annotators: set[str]) -> Iterator[tuple[str, float]]:
        for annotator, given in self.by_annotator("values", annotators):
            number = given.get("normalised") if isinstance(given, dict) else None
            field = f"values.{annotator}.normalised"
            if isinstance(given, dict) and number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not _is_finite(number):
                raise self.wrong(field, "must be a finite number")
            yield annotator, number


def _is_single(given: object) -> bool:
    return isinstance(given, (str, bool, int, float)) and _is_finite(given)


def _is_finite(given: str | float) -> bool:
    if isinstance(given, str):
        return True
    try:
        return math.isfinite(given)
    except OverflowError:
        return False
