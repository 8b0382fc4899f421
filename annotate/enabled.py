"""The part of a codebook that a project uses, made once per process and read often.

A codebook's content is found again by its sha256, so nothing here goes stale: another content is another key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from annotate.codebook import enabled_content
from annotate.models import Codebook
from annotate.rendering import layers_of

# More codebooks than a lab has in use at once; beyond that everything is made anew.
_MOST_KEPT = 64
_kept: dict[tuple[str, str], EnabledCodebook] = {}


@dataclass(frozen=True, slots=True)
class EnabledCodebook:
    """What is switched on: as plain data, as JSON text, as layers for templates. Shared, so never changed.

    ``key`` names this content among all others.
    """

    key: str
    content: Mapping[str, Any]
    text: str
    layers: list[dict[str, Any]]


def enabled_codebook(*, pk: int, sha256: str, switches: Mapping[str, bool]) -> EnabledCodebook:
    """The enabled part of the codebook ``pk``, whose content had ``sha256`` when its row was read; at most one query."""
    chosen = json.dumps(switches, sort_keys=True)
    known = _kept.get((sha256, chosen))
    if known is not None:
        return known
    content, sha256 = Codebook.objects.values_list("content", "sha256").get(pk=pk)
    enabled = enabled_content(content, switches)
    text = json.dumps(enabled, ensure_ascii=False, separators=(",", ":"))
    # A codebook without a hash was not stored by our operations: nothing is kept of it.
    key = f"{sha256} {chosen}" if sha256 else uuid4().hex
    made = EnabledCodebook(key, enabled, text, layers_of(enabled))
    if sha256:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[sha256, chosen] = made
    return made
