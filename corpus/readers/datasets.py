"""Directories that are a data set: what Hugging Face's ``save_to_disk`` writes, and the layout of its hub."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_STATE, _INFO, _DICT = "state.json", "dataset_info.json", "dataset_dict.json"
_SHARD = re.compile(r"(?P<split>[\w.]+(?:-[\w.]+)*?)-\d{5}-of-\d{5}(?:-[0-9a-f]+)?\.(?:parquet|arrow)")
_PLAIN = re.compile(r"(?P<split>train|test|validation|valid|dev)\.(?:parquet|arrow)")


@dataclass(frozen=True, slots=True)
class Split:
    """A part of a data set, in the files that it was cut into. ``name`` says the directory and the split."""

    name: str
    files: tuple[Path, ...]


def splits_in(files: Sequence[Path]) -> tuple[list[Split], set[Path]]:
    """The splits among files in sorted order, and all files that are theirs or that came with them.

    Saved data sets are known by their ``state.json``; shards of the hub by names such as
    ``train-00000-of-00002.parquet``.
    """
    splits: list[Split] = []
    taken: set[Path] = set()
    for directory in sorted({file.parent for file in files if file.name == _STATE}):
        if (directory / _INFO).is_file():
            taken |= {file for file in files if file.parent == directory}
            splits.append(_saved(directory))
    shards: dict[tuple[Path, str], list[Path]] = {}
    for file in files:
        match = _SHARD.fullmatch(file.name) or (_PLAIN.fullmatch(file.name) if file.parent.name == "data" else None)
        if match and file not in taken:
            shards.setdefault((file.parent, match["split"]), []).append(file)
    for (directory, split), found in shards.items():
        root = directory.parent if directory.name == "data" else directory
        splits.append(Split(f"{root} ({split})", tuple(found)))
        taken |= set(found)
    return splits, taken


def _saved(directory: Path) -> Split:
    """One that ``save_to_disk`` wrote: its files in order, as its state says; those of caches are none of them."""
    try:
        state = json.loads((directory / _STATE).read_text(encoding="utf-8"))
        names = [str(file["filename"]) for file in state["_data_files"]]
        split = str(state.get("_split") or "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        names, split = [], ""
    # A name that leads elsewhere is none of the data set's.
    files = [directory / name for name in names if Path(name).name == name]
    root = directory
    if (directory.parent / _DICT).is_file():
        root, split = directory.parent, directory.name
    return Split(f"{root} ({split})" if split else str(root), tuple(files or sorted(directory.glob("data-*.arrow"))))
