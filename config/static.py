"""Our own scripts and styles, served without their comments and indentation, packed by gzip.

There is no bundler: what a browser loads has the names, the statements and the modules of the source. Only comments and
white space are left out.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware

# Apps whose files these are; files of others (Django's admin, libraries with their licences) go out as they are.
OURS = ("annotate/", "corpus/", "release/")

_LINE_COMMENT = re.compile(r"^[ \t]*//[^\n]*\n", re.MULTILINE)
_REMARK = re.compile(r"(.*?[;{,(\[]) +// .*$")
_VALUE = re.compile(r": (?=[^{}]*[;}])")  # the colon of a declaration, not that of a media query
_SIGN = re.compile(r" *([{};,]) *")
# Spaces around these mean nothing to JavaScript; around + - / < > they may.
_MARK = re.compile(r" *(=>|[{}(),;:?=&|]) *")
_TEXT = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)""")
_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)


def lean(source: str) -> str:
    """JavaScript or CSS without comments that end a line or fill it, indentation and empty lines.

    A file with a text that reaches over lines (an odd number of backticks in one) is left alone.
    """
    lines = [line.strip() for line in _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", source)).split("\n")]
    if any(line.count("`") % 2 for line in lines):
        return source
    return "".join(f"{_without_remark(line)}\n" for line in lines if line)


def _without_remark(line: str) -> str:
    """The line without ``// …`` at its end; in a text there is an odd number of its quotation marks before it."""
    remark = _REMARK.match(line)
    return line if remark is None or any(remark[1].count(quote) % 2 for quote in "'\"`") else remark[1]


def lean_script(source: str) -> str:
    """:func:`lean` JavaScript, also without the spaces around its signs."""
    short = lean(source)
    return short if short == source else "".join(map(_tight, short.splitlines(keepends=True)))


def _tight(line: str) -> str:
    """The line without spaces around signs; as it is where a regular expression or a text in a text may be in it."""
    parts = _TEXT.split(line)
    code = parts[::2]
    if line.count("`") > 2 or any(sign in part for part in code for sign in "/`'\""):
        return line
    parts[::2] = [_MARK.sub(r"\1", part) for part in code]
    return "".join(parts)


def lean_styles(source: str) -> str:
    """:func:`lean` CSS, also without the spaces around its signs. Texts in double quotes are left alone."""
    parts = re.split(r'("[^"]*")', lean(source))
    for number in range(0, len(parts), 2):
        short = _VALUE.sub(":", parts[number])
        parts[number] = _SIGN.sub(r"\1", short).replace(";}", "}").replace("}\n", "}")
    return "".join(parts)


class LeanStaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise that serves :func:`lean` copies of our scripts and styles, kept under ``var/lean``."""

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> Any:
        if path.endswith((".js", ".css")) and url.removeprefix(self.static_prefix or "").startswith(OURS):
            # Where the disk takes nothing, the source does as well.
            with contextlib.suppress(OSError):
                path, stat_cache = _lean_copy(Path(path)), None
        return super().get_static_file(path, url, stat_cache)


def _lean_copy(source: Path) -> str:
    shorten = lean_styles if source.suffix == ".css" else lean_script
    content = shorten(source.read_text(encoding="utf-8")).encode()
    directory = settings.VAR_DIR / "lean" / hashlib.sha256(content).hexdigest()[:20]
    copy = Path(directory / source.name)
    if not copy.with_name(f"{copy.name}.gz").exists():
        directory.mkdir(parents=True, exist_ok=True)
        # Several workers may do this at once: each file appears whole, the one that is looked for last.
        for name, data in ((copy.name, content), (f"{copy.name}.gz", gzip.compress(content, 9, mtime=0))):
            draft = directory / f"{name}.{os.getpid()}"
            draft.write_bytes(data)
            draft.replace(directory / name)
    return str(copy)
