"""A codebook that was read: its canonical bytes, its hash, its labels in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from annotate.codebook.reading import Json, parse_codebook


def canonical_json(content: Mapping[str, Json]) -> bytes:
    """The bytes whose hash identifies ``content``: sorted keys, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_sha256(content: Mapping[str, Json]) -> str:
    return hashlib.sha256(canonical_json(content)).hexdigest()


def pretty_json(content: Mapping[str, Json]) -> str:
    """``content`` as a file: keys in the order of the reference (the database forgets theirs), one final newline."""
    return json.dumps(parse_codebook(content), ensure_ascii=False, indent=2) + "\n"


def labels_of(content: Mapping[str, Json]) -> list[dict[str, Json]]:
    """All labels in order, each with the code of its layer under ``layer``."""
    return [{**label, "layer": layer["code"]} for layer in content["layers"] for label in layer["labels"]]
