"""Texts that a user has, to be held against the articles of a release that leaves its texts out."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Fields of a JSON line that may name the article: our own, and those that people have.
NAMES = ("article_id", "id", "uuid", "source_url", "url")


@dataclass(slots=True)
class Supplied:
    """Texts by the SHA-256 of their canonical form, and by every name they go by: file stem, id, address."""

    by_sha256: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def take(self, text: str, names: Iterator[str] | list[str]) -> None:
        for form in forms_of(text):
            self.by_sha256.setdefault(hashlib.sha256(form.encode(errors="surrogatepass")).hexdigest(), form)
        for name in names:
            self.by_name.setdefault(name, text)


def forms_of(text: str) -> list[str]:
    """The text as it is, and as it may be meant: LF, NFC, plain spaces, no byte order mark, no line end at the end."""
    plain = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    spaced = "".join(" " if unicodedata.category(one) == "Zs" else one for one in plain)
    return list(dict.fromkeys([text, text.removesuffix("\n"), plain, spaced, spaced.strip("\n"), spaced.strip()]))


def texts_from(source: Path) -> Supplied:
    """The ``*.txt`` files of a directory, or ``text`` of each line of a JSONL file.

    Raises ValueError naming the file and line that cannot be read.
    """
    found = Supplied()
    if source.is_dir():
        for file in sorted(source.rglob("*.txt")):
            try:
                text = file.read_bytes().decode()
            except UnicodeDecodeError as error:
                raise ValueError(f"{file} is not UTF-8: {error}") from error
            found.take(text, [file.stem])
        return found
    with source.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                text = row["text"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{source}:{number}: a JSON object with a text was expected") from error
            if isinstance(text, str):
                found.take(text, [str(row[name]) for name in NAMES if row.get(name)])
    return found
