"""The columns of a record, read off its class: the one source of schemas, the card, Croissant and the checks."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from json.encoder import encode_basestring
from math import isfinite
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from release import records

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

DIGITS = 9  # of floats, after the point
# Records of which the same ones come again and again: shares of few annotators, values that are codes.
FEW = (records.SoftLabel, records.Value)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record: ``kind`` is str, int, float, bool, Time or a record class, ``many`` a list of it."""

    name: str
    kind: type
    many: bool
    nullable: bool
    meaning: str


@cache
def _meanings() -> dict[tuple[str, str], str]:
    """(class, field) → the string under the field in records.py."""
    found: dict[tuple[str, str], str] = {}
    for node in ast.parse(inspect.getsource(records)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, text in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[node.name, field.target.id] = str(text.value.value)
    return found


@cache
def columns_of(record: type) -> tuple[Column, ...]:
    """In field order. Raises KeyError for a field without its docstring."""
    hints = get_type_hints(record)
    found = []
    for name in record._fields:  # type: ignore[attr-defined]
        hint = hints[name]
        nullable = get_origin(hint) is UnionType
        if nullable:
            (hint,) = (arm for arm in get_args(hint) if arm is not NoneType)
        many = get_origin(hint) is list
        kind = get_args(hint)[0] if many else hint
        found.append(Column(name, kind, many, nullable, _meanings()[record.__name__, name]))
    return tuple(found)


def is_record(kind: type) -> bool:
    """Whether a column of this kind holds records."""
    return issubclass(kind, tuple)


@cache
def as_json(record: type) -> Callable[[Any], str]:
    """A function from a record to its JSON: keys sorted, no spaces, floats rounded to nine decimals.

    The same characters as ``json.dumps`` would give, several times faster, because what a column holds is known before:
    as for a named tuple's own methods, a function is compiled that does just what this record needs. It raises
    ValueError for a float that JSON does not have.
    """
    columns = columns_of(record)
    fields = [f"f{place}" for place in range(len(columns))]
    within: dict[str, Any] = {}
    parts = []
    for column, field in sorted(zip(columns, fields, strict=True), key=lambda pair: pair[0].name):
        within[f"e_{field}"] = as_json(column.kind) if is_record(column.kind) else ENCODERS[column.kind]
        parts.append(f'"{column.name}":{{{_expression(column, field)}}}')
    source = f"def text(item):\n    {', '.join(fields)}, = item\n    return f'{{{{{','.join(parts)}}}}}'\n"
    exec(source, within)  # noqa: S102 - made of the names of fields alone
    text = cast("Callable[[Any], str]", within["text"])
    return lru_cache(maxsize=4096)(text) if record in FEW else text


def _expression(column: Column, field: str) -> str:
    """Python for the JSON of the field, which ``e_…`` makes of one value."""
    if column.many:
        return f'"[" + ",".join(map(e_{field}, {field})) + "]" if {field} else "[]"'
    one = field if column.kind is int else f"e_{field}({field})"
    return f'"null" if {field} is None else {one}' if column.nullable else one


def rounded(value: float) -> float:
    """As releases have it. Adding zero turns -0.0 into 0.0, which would be other bytes for the same number."""
    return round(float(value), DIGITS) + 0.0


@lru_cache(maxsize=4096)  # shares of a few annotators come again and again
def _float(value: float) -> str:
    written = rounded(value)
    if not isfinite(written):
        raise ValueError(f"{value} is not a number of JSON")
    return repr(written)


ENCODERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    records.Time: encode_basestring,
    int: int.__repr__,
    float: _float,
    bool: {True: "true", False: "false"}.__getitem__,
}
SCHEMA_TYPES = {str: "string", records.Time: "string", int: "integer", float: "number", bool: "boolean"}
FEATURE_TYPES = {str: "string", records.Time: "timestamp[s]", int: "int64", float: "float64", bool: "bool"}


def json_schema(record: type) -> dict[str, Json]:
    """JSON Schema 2020-12 of one line."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": record.__name__, **_schema(record)}


def _schema(record: type) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    for column in columns_of(record):
        one: dict[str, Json]
        if is_record(column.kind):
            one = _schema(column.kind)
        else:
            one = {"type": SCHEMA_TYPES[column.kind]}
            if column.kind is records.Time:
                one["format"] = "date-time"
        if column.many:
            one = {"type": "array", "items": one}
        elif column.nullable:
            one["type"] = [one["type"], "null"]
        properties[column.name] = {**one, "description": column.meaning}
    return {
        "type": "object",
        "description": (record.__doc__ or "").strip(),
        "properties": properties,
        "required": [column.name for column in columns_of(record)],
        "additionalProperties": False,
    }


def features(record: type) -> list[Json]:
    """The columns as ``dataset_info.features`` of a dataset card, for the library ``datasets``."""
    found: list[Json] = []
    for column in columns_of(record):
        if is_record(column.kind):
            found.append({"name": column.name, "list": features(column.kind)})
        elif column.many:
            found.append({"name": column.name, "list": FEATURE_TYPES[column.kind]})
        else:
            found.append({"name": column.name, "dtype": FEATURE_TYPES[column.kind]})
    return found


def problem(record: type, row: object) -> str | None:
    """What keeps ``row`` from being a ``record``, with the path to it, or None."""
    if not isinstance(row, Mapping):
        return f"an object was expected, not {row!r:.60}"
    columns = columns_of(record)
    missing = sorted({column.name for column in columns} - set(row))
    if missing:
        return f"{', '.join(missing)}: missing"
    unknown = sorted(set(row) - {column.name for column in columns})
    if unknown:
        return f"{', '.join(unknown)}: not a field of {record.__name__}"
    for column in columns:
        found = _value_problem(column, row[column.name])
        if found:
            return f"{column.name}{found}"
    return None


def _value_problem(column: Column, value: object) -> str | None:
    if value is None:
        return None if column.nullable else ": is null"
    if not column.many:
        return _one_problem(column.kind, value)
    if not isinstance(value, list):
        return f": a list was expected, not {value!r:.60}"
    for place, one in enumerate(value):
        found = _one_problem(column.kind, one)
        if found:
            return f"[{place}]{found}"
    return None


def _one_problem(kind: type, value: object) -> str | None:
    if is_record(kind):
        found = problem(kind, value)
        return f".{found}" if found else None
    fits = {
        str: isinstance(value, str),
        records.Time: isinstance(value, str) and len(value) == len("2026-01-05T10:00:00Z") and value.endswith("Z"),
        int: isinstance(value, int) and not isinstance(value, bool),
        float: isinstance(value, (int, float)) and not isinstance(value, bool),
        bool: isinstance(value, bool),
    }[kind]
    return None if fits else f": {SCHEMA_TYPES[kind]} expected, not {value!r:.60}"
