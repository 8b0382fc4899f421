"""UIMA XMI, as INCEpTION writes it: USER.xmi with TypeSystem.xml beside it.

The file counts UTF-16 units; dkpro-cassis, which reads it, counts code points (measured: an emoji moved 15 to 16).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import cassis
from cassis.typesystem import FeatureStructure, Type

from annotate.doors.files import InputFile
from annotate.doors.layers import NOBODY, is_preprocessing, short_name, split_features
from annotate.doors.records import BadFileError, GivenReading, GivenRelation, GivenSpan, Refused

_TYPES = ("TypeSystem.xml", "typesystem.xml", "full-typesystem.xml")
_OWN_FEATURES = {"begin", "end", "sofa", "Governor", "Dependent", "self"}
_PLAIN = {"uima.cas.String", "uima.cas.Integer", "uima.cas.Float", "uima.cas.Boolean", "uima.cas.Double",
          "uima.cas.Long", "uima.cas.Short"}  # fmt: skip


def read_xmi(files: Mapping[PurePosixPath, InputFile], annotator: str = "") -> Iterator[GivenReading | Refused]:
    """A reading for each .xmi; its type system lies beside it."""
    for path, file in files.items():
        if path.suffix != ".xmi":
            continue
        if path.stem in NOBODY:
            yield Refused(file.name, None, "", "", "no_reading", f"Left out: this is {NOBODY[path.stem]}.")
            continue
        hints = (*file.folders, path.stem)
        reading = GivenReading(file.name, None, "", annotator=annotator or path.stem, hints=hints)
        try:
            _take(_cas(file, files), reading)
        except BadFileError as bad:
            yield Refused(file.name, bad.line, "", bad.field, bad.code, bad.message)
        else:
            yield reading


def _cas(file: InputFile, files: Mapping[PurePosixPath, InputFile]) -> cassis.Cas:
    types = next((files[place] for name in _TYPES if (place := file.path.with_name(name)) in files), None)
    if types is None:
        raise BadFileError("", "missing_type_system", "Put TypeSystem.xml, which the export brings, beside the .xmi.")
    for part in (types, file):
        if b"<!DOCTYPE" in part.content[:4096] or b"<!ENTITY" in part.content:
            raise BadFileError("", "bad_xml", f"{part.name} declares entities; export it again from INCEpTION.")
    try:
        return cassis.load_cas_from_xmi(
            io.BytesIO(file.content), typesystem=cassis.load_typesystem(io.BytesIO(types.content))
        )
    except Exception as error:  # the library raises whatever its parsers do
        raise BadFileError("", "bad_xmi", f"The file cannot be read as UIMA XMI: {error}.") from error


def _take(cas: cassis.Cas, reading: GivenReading) -> None:
    reading.text = cas.sofa_string or ""
    keys: dict[int, str] = {}
    links: list[tuple[Type, FeatureStructure]] = []
    for found in sorted(cas.select_all_annotations(), key=lambda fs: (getattr(fs, "begin", 0) or 0, fs.xmiID or 0)):
        kind: Type = found.type
        if is_preprocessing(kind.name) or not hasattr(found, "begin"):
            continue
        names = {feature.name for feature in kind.all_features}
        if {"Governor", "Dependent"} <= names:
            links.append((kind, found))
            continue
        label, attributes = split_features(kind.name, _features(kind, found, reading))
        key = f"{short_name(kind.name)} {found.xmiID}"
        keys[id(found)] = key
        reading.spans.append(GivenSpan(key, label, ((found.begin, found.end),), attributes=attributes))
    for kind, found in links:
        ends = [keys.get(id(getattr(found, name))) for name in ("Governor", "Dependent")]
        if ends[0] is None or ends[1] is None:
            reading.refuse(short_name(kind.name), "unknown_span", "The relation joins tokens or nothing, not marks.")
            continue
        label, attributes = split_features(kind.name, _features(kind, found, reading))
        for name in attributes:
            reading.refuse(name, "unsupported_feature", f"Relations have no attributes here; {name} is left out.")
        reading.relations.append(GivenRelation(label, ends[0], ends[1]))


def _features(kind: Type, found: FeatureStructure, reading: GivenReading) -> dict[str, str | None]:
    given: dict[str, str | None] = {}
    for feature in kind.all_features:
        if feature.name in _OWN_FEATURES:
            continue
        value: Any = getattr(found, feature.name, None)
        if feature.rangeType.name in _PLAIN:
            given[feature.name] = (
                None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            )
        elif value is not None and getattr(value, "elements", True):
            reading.refuse(feature.name, "unsupported_feature", f"The feature {feature.name} is no plain value.")
    return given
