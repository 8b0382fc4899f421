"""The characters of a web page: which encoding its bytes are in."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from corpus.readers.rows import BadFieldError

# What pages declare, and the Python codec that browsers' rules (encoding.spec.whatwg.org, "Names and labels") mean by
# it: latin-1 is windows-1252, gb2312 is gb18030. Only names in this table are obeyed.
_FAMILIES = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8",
    "cp1252": "windows-1252 cp1252 x-cp1252 ascii us-ascii iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ansi_x3.4-1968",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 tis-620",
    "cp866": "ibm866 cp866 866 csibm866",
    "iso8859-2": "iso-8859-2 iso8859-2 latin2 l2",
    "iso8859-3": "iso-8859-3 iso8859-3 latin3 l3",
    "iso8859-4": "iso-8859-4 iso8859-4 latin4 l4",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859-6": "iso-8859-6 iso8859-6 arabic",
    "iso8859-7": "iso-8859-7 iso8859-7 greek",
    "iso8859-8": "iso-8859-8 iso8859-8 iso-8859-8-i hebrew visual logical",
    "iso8859-10": "iso-8859-10 iso8859-10 latin6 l6",
    "iso8859-13": "iso-8859-13 iso8859-13",
    "iso8859-14": "iso-8859-14 iso8859-14",
    "iso8859-15": "iso-8859-15 iso8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "koi8-r koi8 koi koi8_r",
    "koi8-u": "koi8-u koi8-ru",
    "mac-roman": "macintosh mac x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gb18030 gbk gb2312 gb_2312-80 chinese x-gbk",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis windows-31j ms_kanji ms932",
    "euc_jp": "euc-jp x-euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 korean windows-949",
}
_CODECS = {label: codec for codec, labels in _FAMILIES.items() for label in labels.split()}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# A declaration stands in the first kilobyte (the standard) or, in practice, a little later.
_DECLARED_WITHIN = 4096
_XML = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""", re.IGNORECASE)
_META = re.compile(rb"""<meta\b[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_COMMENTS = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_HINTED_BYTES = 20_000


def decoded_page(data: bytes, *, http_charset: str = "", encoding: str = "") -> str:
    """The page's characters. Raises BadFieldError ``wrong_encoding``.

    In this order: a byte order mark; UTF-8, if there is more than ASCII and all of it is valid (which hardly ever
    happens to be anything else); what the server said; what the page declares; plain ASCII; ``encoding``. A guess from
    the bytes is told in the message and never used.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], codec, said="its byte order mark")
    declared = codec_of(http_charset) or _declared(data)
    if declared == "iso2022_jp":  # Japanese in ASCII bytes
        return _strictly(data, declared, said="its declaration")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        position = error.start
    for codec in (declared, encoding):
        if codec and codec != "utf-8":
            try:
                return _decoded(data, codec)
            except (UnicodeError, LookupError):
                continue
    tried = " and not ".join(name for name in ("UTF-8", declared if declared != "utf-8" else "", encoding) if name)
    raise BadFieldError(
        "text",
        "wrong_encoding",
        f"Byte {position} of the page is not {tried}. Say its encoding with --encoding{_hint(data)}.",
    )


def codec_of(label: str) -> str:
    """The codec that browsers use for a declared name; "" for one they do not know."""
    return _CODECS.get(label.strip().strip("\"'").lower(), "")


def _declared(data: bytes) -> str:
    start = _COMMENTS.sub(b"", data[:_DECLARED_WITHIN])
    for pattern in (_META, _XML):
        found = pattern.search(start)
        if found and (codec := codec_of(found[1].decode("ascii", "replace"))):
            return codec
    return ""


def _strictly(data: bytes, codec: str, *, said: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise BadFieldError(
            "text",
            "wrong_encoding",
            f"Byte {error.start} of the page is not {codec}, which {said} says. Save the page again.",
        ) from None


def _decoded(data: bytes, codec: str) -> str:
    """Windows code pages leave bytes undefined that browsers read as C1 controls, which cleaning then takes out."""
    if codec.startswith("cp125"):
        return data.decode(codec, "slantwise.c1")
    return data.decode(codec)


def _as_control(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    if any(not 0x80 <= byte <= 0x9F for byte in bad):
        raise error
    return bad.decode("latin-1"), error.end


codecs.register_error("slantwise.c1", _as_control)


def _hint(data: bytes) -> str:
    best = from_bytes(data[:_HINTED_BYTES]).best()
    return f", perhaps {best.encoding}" if best is not None else ", e.g. cp1252"
