"""Plain text: a file is an article."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from corpus.readers.options import DEFAULTS, KIB, ReadOptions
from corpus.readers.rows import BadFieldError, ImportRow, Rejection, excerpt_of, row_from
from corpus.readers.source import Source

_TEXT_CONTROLS = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85"
_CONTROL_SHARE = 0.1


def read_text(source: Source, options: ReadOptions = DEFAULTS) -> Iterator[ImportRow | Rejection]:
    """The one row, or the one rejection, of a text file."""
    most = options.limits.record_bytes
    with source.open() as stream:
        data = stream.read(most + 1)
    try:
        if len(data) > most:
            raise BadFieldError(
                "text",
                "too_large",
                f"The file is larger than {most // KIB} kB, too long for one article. "
                "Split it into one file per article.",
            )
        if not data:
            raise BadFieldError("text", "empty_text", "The file is empty. Leave it out.")
        yield row_from({"text": decode(data, encoding=options.encoding)}, source=source.name, line=None)
    except BadFieldError as bad:
        yield Rejection(source.name, None, bad.field, bad.code, bad.message, excerpt_of(data[:400].decode("latin-1")))


def decode(data: bytes, *, encoding: str = "") -> str:
    """UTF-8 with or without mark, UTF-16 with its mark, then ``encoding``. Raises BadFieldError ``wrong_encoding``.

    UTF-8 comes before ``encoding`` because text that is valid UTF-8 hardly ever is anything else; NUL characters
    betray UTF-16 without a mark.
    """
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
            if "\x00" in text and encoding:
                text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if not encoding:
            raise BadFieldError(
                "text",
                "wrong_encoding",
                f"The bytes at {error.start} are not {error.encoding}. Say the encoding, e.g. --encoding cp1252, or save the "
                "file as UTF-8.",
            ) from None
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as second:
            raise BadFieldError(
                "text",
                "wrong_encoding",
                f"The bytes at {second.start} are neither UTF-8 nor {encoding}. Try another --encoding.",
            ) from None
    controls = sum(c < " " and c not in _TEXT_CONTROLS for c in text)
    if controls and controls >= _CONTROL_SHARE * len(text):
        raise BadFieldError(
            "text",
            "not_text",
            f"{controls} of {len(text)} characters are control characters: this is no text, or its encoding is another. "
            "Say it with --encoding, or leave the file out.",
        )
    return text
