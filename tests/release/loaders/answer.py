"""What every reader answers: the records as it read them, with nulls and times written as the files write them.

The readers run in environments of their own, which have the library and nothing of ours.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """``value`` of any of the libraries as JSON has it: NaN and NaT are null, times end in Z, bytes are text."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        value = value.tolist()
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode()
    if value != value:
        return None
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value


def answer(library: str, read: Callable[[str], Mapping[str, Iterable[dict[str, Any]]]]) -> None:
    """Called as ``reader.py RELEASE OUT``: write to OUT what ``read`` found in the directory RELEASE."""
    release, out = sys.argv[1:]
    records = {name: [plain(record) for record in found] for name, found in read(release).items()}
    said = {"library": f"{library} {version(library)}", "records": records}
    Path(out).write_text(json.dumps(said), encoding="utf-8")
