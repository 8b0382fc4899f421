"""Reading a codebook strictly: every key known, every value of its kind, every reference met.

The shape is docs/reference/codebook.md. Nothing here touches the database.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_LABELS = 62  # Label.index is a bit of a Postgres bigint.
ATTRIBUTE_TYPES = ("choice", "entity", "number", "text", "boolean", "date")

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,99})")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_VALUE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MISSING = object()

type Json = Any
type Read = Callable[[Json, str], Json]


class CodebookError(ValueError):
    """What is wrong with a codebook, where (``layers[0].labels[2].colour``) and what to do about it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def parse_codebook(data: Json) -> dict[str, Json]:
    """``data`` checked and completed: every optional key present, keys in the order of the reference.

    Raises CodebookError for the first thing that is wrong.
    """
    book = _record(
        data,
        "",
        name=_matching(_NAME, "a short name of small letters, digits, - and _"),
        version=_matching(_VERSION, "a version such as 1.0 (letters, digits, dots, dashes)"),
        title=(_text, ""),
        layers=_list_of(_layer, least=1),
        relations=(_list_of(_relation), []),
        rules=(_list_of(_rule), []),
        questions=(_list_of(_question), []),
    )
    _check_names(book)
    _check_references(book)
    return book


# Reading: each function takes a value and its path and returns the value, completed, or raises CodebookError.


def _record(data: Json, path: str, **fields: Read | tuple[Read, Json]) -> dict[str, Json]:
    """An object with exactly ``fields``; one given as (reader, default) may be left out.

    A default of ``_MISSING`` keeps a key that was left out absent. A field ``from_`` is the key ``from``.
    """
    if not isinstance(data, Mapping):
        raise CodebookError(path or "codebook", "must be a JSON object")
    keys = {field.rstrip("_"): read for field, read in fields.items()}
    for key in data:
        if key not in keys:
            raise CodebookError(_join(path, str(key)), f"is not known here; remove it (known: {', '.join(keys)})")
    record: dict[str, Json] = {}
    for key, read in keys.items():
        reader, default = read if isinstance(read, tuple) else (read, None)
        if key in data:
            record[key] = reader(data[key], _join(path, key))
        elif not isinstance(read, tuple):
            raise CodebookError(_join(path, key), "is missing; add it")
        elif default is not _MISSING:
            record[key] = list(default) if isinstance(default, list) else default
    return record


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise CodebookError(path, "must be text")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise CodebookError(path, "holds a NUL or half a surrogate pair; remove it")
    return value


def _filled(value: Json, path: str) -> str:
    if not _text(value, path).strip():
        raise CodebookError(path, "is empty; fill it in")
    return str(value)


def _short(value: Json, path: str) -> str:
    if len(_filled(value, path)) > 100:
        raise CodebookError(path, "is longer than 100 characters; shorten it")
    return str(value)


def _boolean(value: Json, path: str) -> bool:
    if not isinstance(value, bool):
        raise CodebookError(path, "must be true or false")
    return value


def _count(value: Json, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CodebookError(path, "must be a whole number, 0 or more")
    return value


def _or_null(read: Read) -> Read:
    return lambda value, path: None if value is None else read(value, path)


def _anything(value: Json, _path: str) -> Json:
    return value


def _matching(pattern: re.Pattern[str], expected: str) -> Read:
    def read(value: Json, path: str) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise CodebookError(path, f"must be {expected}")
        return value

    return read


_code = _matching(_CODE, "a code: a letter, then letters, digits or _ (at most 60)")
_colour = _matching(_COLOUR, "a colour such as #0072b2 (small letters)")
_letter = _matching(re.compile("[a-z]"), "one small letter")


def _one_of(*options: str) -> Read:
    def read(value: Json, path: str) -> str:
        if not isinstance(value, str) or value not in options:
            raise CodebookError(path, f"must be one of {', '.join(options)}")
        return value

    return read


def _list_of(read: Read, *, least: int = 0) -> Read:
    def read_list(value: Json, path: str) -> list[Json]:
        if not isinstance(value, list):
            raise CodebookError(path, "must be a list")
        if len(value) < least:
            raise CodebookError(path, f"must hold at least {least}")
        return [read(entry, f"{path}[{index}]") for index, entry in enumerate(value)]

    return read_list


def _layer(data: Json, path: str) -> dict[str, Json]:
    return _record(
        data,
        path,
        code=_code,
        name=_short,
        definition=(_text, ""),
        shortcut=(_or_null(_letter), None),
        labels=_list_of(_label, least=1),
    )


def _label(data: Json, path: str) -> dict[str, Json]:
    label = _record(
        data,
        path,
        code=_code,
        name=_short,
        definition=_filled,
        include=(_list_of(_filled), []),
        exclude=(_list_of(_filled), []),
        example=(_text, ""),
        colour=(_colour, "#565d66"),
        shortcut=(_or_null(_letter), None),
        enabled=(_boolean, True),
        attributes=(_list_of(_attribute), []),
    )
    attributes = {a["name"]: a for a in label["attributes"]}
    _unique([a["name"] for a in label["attributes"]], f"{path}.attributes", "name")
    for index, attribute in enumerate(label["attributes"]):
        if "when" in attribute:
            where = f"{path}.attributes[{index}].when"
            if attribute["when"]["attribute"] == attribute["name"]:
                raise CodebookError(where, "rests on the attribute itself; name another")
            _check_condition(attribute["when"], attributes, where)
    return label


def _attribute(data: Json, path: str) -> dict[str, Json]:
    attribute = _record(
        data,
        path,
        name=_code,
        title=_short,
        definition=(_text, ""),
        type=_one_of(*ATTRIBUTE_TYPES),
        many=(_boolean, False),
        required=(_boolean, False),
        default=(_anything, None),
        enabled=(_boolean, True),
        values=(_list_of(_value), []),
        ordered=(_boolean, _MISSING),
        remember=(_boolean, _MISSING),
        when=(_condition, _MISSING),
    )
    _check_values(attribute, path)
    return attribute


def _question(data: Json, path: str) -> dict[str, Json]:
    question = _record(
        data,
        path,
        code=_code,
        title=_short,
        definition=(_text, ""),
        type=_one_of(*ATTRIBUTE_TYPES),
        many=(_boolean, False),
        required=(_boolean, False),
        default=(_anything, None),
        enabled=(_boolean, True),
        values=(_list_of(_value), []),
        ordered=(_boolean, _MISSING),
    )
    _check_values(question, path)
    return question


def _value(data: Json, path: str) -> dict[str, Json]:
    return _record(
        data,
        path,
        code=_matching(_VALUE_CODE, "a code of letters, digits, _ . and - (at most 60)"),
        title=_short,
        definition=(_text, ""),
    )


def _condition(data: Json, path: str) -> dict[str, Json]:
    return _record(data, path, attribute=_code, equals=_anything)


def _relation(data: Json, path: str) -> dict[str, Json]:
    relation = _record(
        data,
        path,
        type=_code,
        title=_short,
        definition=(_text, ""),
        from_=_list_of(_code, least=1),
        to=_list_of(_code, least=1),
        min=(_count, 0),
        max=(_or_null(_count), None),
        enabled=(_boolean, True),
        unless=(_condition, _MISSING),
    )
    if relation["max"] is not None and relation["max"] < max(relation["min"], 1):
        raise CodebookError(f"{path}.max", "must be at least 1 and at least min; use null for no limit")
    return relation


def _rule(data: Json, path: str) -> dict[str, Json]:
    return _record(data, path, label=_code, one_of=_list_of(_code, least=1), message=(_text, ""))


def _check_values(field: dict[str, Json], path: str) -> None:
    codes = [value["code"] for value in field["values"]]
    if field["type"] == "choice" and not codes:
        raise CodebookError(f"{path}.values", "is empty; a choice needs at least one value")
    if field["type"] not in {"choice", "entity"} and codes:
        raise CodebookError(f"{path}.values", f"stands only with a choice or an entity, not with {field['type']}")
    _unique(codes, f"{path}.values", "code")
    if field["default"] is None:
        return
    given = field["default"] if field["many"] else [field["default"]]
    if not isinstance(given, list) or not all(_fits(value, field) for value in given):
        raise CodebookError(f"{path}.default", f"does not fit the type {field['type']}; use null for none")


def _fits(value: Json, field: Mapping[str, Json]) -> bool:
    match field["type"]:
        case "choice":
            return value in [option["code"] for option in field["values"]]
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "date":
            return isinstance(value, str) and bool(_DATE.fullmatch(value))
        case _:
            return isinstance(value, str)


def _check_condition(condition: dict[str, Json], attributes: Mapping[str, dict[str, Json]], path: str) -> None:
    attribute = attributes.get(condition["attribute"])
    if attribute is None:
        raise CodebookError(f"{path}.attribute", f"there is no attribute {condition['attribute']} here")
    wanted = condition["equals"] if isinstance(condition["equals"], list) else [condition["equals"]]
    if not wanted or not all(_fits(value, attribute) for value in wanted):
        raise CodebookError(f"{path}.equals", f"is no value of the attribute {attribute['name']}")


def _unique(names: list[str], path: str, key: str) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise CodebookError(f"{path}[{index}].{key}", f"{name} stands there twice; rename one")


def _check_names(book: dict[str, Json]) -> None:
    """Names that switches, relations or keys refer to must be told apart."""
    _unique([layer["code"] for layer in book["layers"]], "layers", "code")
    seen: dict[str, str] = {}
    for at, layer in enumerate(book["layers"]):
        for index, label in enumerate(layer["labels"]):
            _claim(seen, label["code"], f"layers[{at}].labels[{index}].code")
    if len(seen) > MAX_LABELS:
        raise CodebookError("layers", f"hold {len(seen)} labels; at most {MAX_LABELS} fit")
    types: dict[tuple[str, str], int] = {}
    for index, relation in enumerate(book["relations"]):
        if relation["type"] in seen:
            raise CodebookError(f"relations[{index}].type", f"{relation['type']} is taken; rename one")
        for code in relation["from"]:
            if (relation["type"], code) in types:
                raise CodebookError(f"relations[{index}].from", f"{relation['type']} from {code} stands there twice")
            types[relation["type"], code] = index
    seen |= dict.fromkeys((relation["type"] for relation in book["relations"]), "relations")
    for index, question in enumerate(book["questions"]):
        _claim(seen, question["code"], f"questions[{index}].code")
    keys = [layer["shortcut"] for layer in book["layers"] if layer["shortcut"]]
    if len(set(keys)) < len(keys):
        raise CodebookError("layers", "two layers share a shortcut; change one")


def _claim(seen: dict[str, str], name: str, path: str) -> None:
    if name in seen:
        raise CodebookError(path, f"{name} is taken by {seen[name]}; rename one")
    seen[name] = path


def _check_references(book: dict[str, Json]) -> None:
    labels = {label["code"]: label for layer in book["layers"] for label in layer["labels"]}
    for index, relation in enumerate(book["relations"]):
        path = f"relations[{index}]"
        for side in ("from", "to"):
            for at, code in enumerate(relation[side]):
                if code not in labels:
                    raise CodebookError(f"{path}.{side}[{at}]", f"there is no label {code}")
        if "unless" in relation:
            for code in relation["from"]:
                attributes = {a["name"]: a for a in labels[code]["attributes"]}
                _check_condition(relation["unless"], attributes, f"{path}.unless")
    for index, rule in enumerate(book["rules"]):
        path = f"rules[{index}]"
        if rule["label"] not in labels:
            raise CodebookError(f"{path}.label", f"there is no label {rule['label']}")
        names = {a["name"] for a in labels[rule["label"]]["attributes"]}
        for at, name in enumerate(rule["one_of"]):
            if name not in names:
                raise CodebookError(f"{path}.one_of[{at}]", f"{rule['label']} has no attribute {name}")
