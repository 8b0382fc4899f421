"""An HTTP response as bytes: its status, its headers and its body as the page it carries."""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Protocol

from corpus.readers.options import MIB
from corpus.readers.rows import BadFieldError, excerpt_of

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_PIECE = 64 * 1024
_MAX_CODINGS = 3


@dataclass(frozen=True, slots=True)
class Response:
    """``headers`` by lower-case name, the last of each; ``body`` as sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return _content_type(self.headers).get_content_type() if "content-type" in self.headers else ""

    @property
    def charset(self) -> str:
        charset = _content_type(self.headers).get_param("charset", failobj="")
        return charset if isinstance(charset, str) else ""

    @property
    def is_page(self) -> bool:
        return self.media_type in PAGE_TYPES


def parsed(data: bytes) -> Response:
    """Raises BadFieldError ``bad_http``."""
    head, _, body = _split(data)
    lines = head.decode("latin-1").splitlines()
    parts = lines[0].split(None, 2) if lines else []
    if len(parts) < 2 or not parts[0].upper().startswith("HTTP/") or not (parts[1].isascii() and parts[1].isdigit()):
        raise BadFieldError("", "bad_http", "The record holds no HTTP response. It may have been cut; leave it out.")
    return Response(status=int(parts[1][:4]), headers=headers_of(lines[1:]), body=body)


def headers_of(lines: list[str]) -> dict[str, str]:
    """Header lines by lower-case name; folded lines are joined, lines without a colon left out."""
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (" ", "\t") and name:
            headers[name] += " " + line.strip()
            continue
        before, colon, value = line.partition(":")
        if colon:
            name = before.strip().lower()
            headers[name] = value.strip()
    return headers


def decoded_body(response: Response, *, most: int, expansion: int) -> bytes:
    """The body without its transfer and content codings, at most ``most`` bytes. Raises BadFieldError."""
    body = response.body
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        body = _dechunked(body)
    codings = [c.strip().lower() for c in response.headers.get("content-encoding", "").split(",") if c.strip()]
    if len(codings) > _MAX_CODINGS:
        raise BadFieldError(
            "text", "unsupported_encoding", "The page is packed more than three times over. Leave it out."
        )
    for coding in reversed(codings):
        if coding != "identity":
            body = _unpacked(body, coding, most=most, expansion=expansion)
    return body


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Head and body at the first blank line, whichever line ends the head uses."""
    ends = [(at, mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
    return data.partition(min(ends)[1]) if ends else (data, b"", b"")


def _content_type(headers: Mapping[str, str]) -> Message:
    message = Message()
    message["content-type"] = headers.get("content-type", "").replace("\r", " ").replace("\n", " ")
    return message


def _dechunked(body: bytes) -> bytes:
    """The chunks' bytes. Some archives keep the header and store the body without chunks: then it stays as it is."""
    pieces: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at, at + 1024)
        try:
            size = int(body[at:end].split(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0:
            if not pieces:
                return body
            raise BadFieldError(
                "text", "broken_record", "The page breaks off within a chunk. It was not stored whole; leave it out."
            )
        if size == 0:
            return b"".join(pieces)
        piece = body[end + 2 : end + 2 + size]
        if len(piece) < size:
            raise BadFieldError(
                "text", "broken_record", "The page breaks off within a chunk. It was not stored whole; leave it out."
            )
        pieces.append(piece)
        at = end + 2 + size + 2


class _Unpacker(Protocol):
    """At most so many bytes of what the packed bytes hold; what is left waits in the unpacker."""

    def __call__(self, data: bytes, most: int, /) -> bytes: ...


def _unpacked(body: bytes, coding: str, *, most: int, expansion: int) -> bytes:
    if coding in ("gzip", "x-gzip"):
        if not body.startswith(b"\x1f\x8b"):
            return body  # stored unpacked, with the header as it was
        unpacker = _zlib_unpacker(31)
    elif coding == "deflate":
        # Named after zlib's form, though some servers send the bare one.
        is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
        unpacker = _zlib_unpacker(15 if is_zlib else -15)
    elif coding == "br":
        unpacker = _brotli_unpacker()
    else:
        raise BadFieldError(
            "text",
            "unsupported_encoding",
            f"The page is packed as {excerpt_of(coding)[:40]!r}, which is not read. Unpack it first.",
        )
    limit = min(most, max(expansion * len(body), MIB))
    pieces: list[bytes] = []
    length = 0
    data = body
    try:
        while piece := unpacker(data, _PIECE):
            data = b""
            pieces.append(piece)
            length += len(piece)
            if length > limit:
                raise BadFieldError(
                    "text",
                    "expansion",
                    f"The page unpacks to more than {limit / MIB:.3g} MB (IMPORT_RECORD_KIB, IMPORT_EXPANSION), as bombs do. Leave it "
                    "out, or save the page by itself.",
                )
    except (zlib.error, EOFError) as error:
        raise BadFieldError(
            "text",
            "broken_record",
            f"The page cannot be unpacked ({excerpt_of(str(error))}). It was not stored whole; leave it out.",
        ) from None
    return b"".join(pieces)


def _zlib_unpacker(window: int) -> _Unpacker:
    unpacker = zlib.decompressobj(window)

    def next_piece(data: bytes, most: int, /) -> bytes:
        piece = unpacker.decompress(data or unpacker.unconsumed_tail, most)
        if not piece and not unpacker.eof:
            raise EOFError("it breaks off")
        return piece

    return next_piece


def _brotli_unpacker() -> _Unpacker:
    if importlib.util.find_spec("brotli") is None:
        raise BadFieldError(
            "text",
            "missing_extra",
            "The page is packed with Brotli, which needs the extra 'warc': pip install 'slantwise[warc]'.",
        )
    brotli = importlib.import_module("brotli")
    unpacker = brotli.Decompressor()

    def next_piece(data: bytes, most: int, /) -> bytes:
        try:
            piece: bytes = unpacker.process(data, output_buffer_limit=most)
        except brotli.error as error:
            raise EOFError(str(error)) from None
        if not piece and not unpacker.is_finished():
            raise EOFError("it breaks off")
        return piece

    return next_piece
