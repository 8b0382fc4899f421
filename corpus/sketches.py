"""How alike two texts are, without comparing them: MinHash sketches of their shingles. Pure: numpy, no database.

A shingle is ``SHINGLE`` tokens in a row, case folded; a token is a run of letters and digits, or one character of a
script that is written without spaces (Chinese, Japanese, Thai, Khmer …). The share of equal places in two sketches
estimates the Jaccard similarity of the texts' shingle sets (Broder 1997), with a standard error of at most
``1 / (2 * sqrt(PLACES))`` = 0.044.

Sketches are stored and compared years later, so every constant here is written out or derived from SHA-256 and nothing
depends on a library's own hashing. Whoever changes what a text's sketch is gives ``VERSION`` the next number.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

VERSION = 1
PLACES = 128
SHINGLE = 5
# 20 bands of 4 places: two texts of similarity s share a band with probability 1 - (1 - s⁴)²⁰, which is .94 at .6,
# .996 at .7 and .002 at .1. More bands find a little more and cost the database as much again.
BANDS = 20
ROWS = 4

type Sketches = NDArray[np.uint32]
type Bands = NDArray[np.int32]
type Hashes = NDArray[np.uint64]

# Characters worked on at once: the arrays of one block stay in the processor's cache.
_BLOCK = 100_000
_SEPARATOR, _WORD, _ALONE, _UNKNOWN = 0, 1, 2, 255
_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x30FF),  # radicals, kana
    (0x31F0, 0x31FF),  # kana
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFF9F),  # half-width kana
    (0x1B000, 0x1B16F),  # kana
    (0x20000, 0x3FFFF),  # Han
)
_EMPTY = np.uint32(0xFFFFFFFF)


def _constants(name: str, n: int) -> Hashes:
    """``n`` odd numbers of 64 bits that are the same on every machine and for ever."""
    digests = b"".join(hashlib.sha256(f"slantwise {name} {i}".encode()).digest()[:8] for i in range(n))
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64) | np.uint64(1)


_FACTOR = _constants("places", PLACES)
_OFFSET = _constants("offsets", PLACES)
_POSITION = _constants("positions in a shingle", SHINGLE)
_BAND = _constants("rows of a band", ROWS)
_BASE = int(_constants("characters of a token", 1)[0])
_BASE_INVERSE = pow(_BASE, -1, 2**64)
_kinds = np.full(0x110000, _UNKNOWN, dtype=np.uint8)


def sketches_of(texts: Sequence[str]) -> Sketches:
    """One row of ``PLACES`` numbers for each text; a text without letters and digits gets an empty sketch."""
    made = np.full((len(texts), PLACES), _EMPTY, dtype=np.uint32)
    for start, end in _blocks(texts):
        _sketch_block(texts[start:end], made[start:end])
    return made


def is_empty(sketches: Sketches) -> NDArray[np.bool_]:
    """Which sketches stand for a text without a single token: they resemble nothing, not even each other."""
    return (sketches == _EMPTY).all(axis=-1)


def bands_of(sketches: Sketches) -> Bands:
    """``BANDS`` numbers for each sketch, signed 32 bits as Postgres has them: equal ones in the same column or another
    make two texts candidates. Different bands are told apart by their index, which goes into the number."""
    rows = sketches[:, : BANDS * ROWS].reshape(len(sketches), BANDS, ROWS).astype(np.uint64)
    sums: Hashes = np.einsum("nbr,r->nb", rows, _BAND)
    mixed = _mixed(np.add(sums, np.arange(BANDS, dtype=np.uint64)))
    return (mixed >> np.uint64(32)).astype(np.uint32).view(np.int32)


def similarity(one: Sketches, other: Sketches) -> NDArray[np.float64]:
    """The estimated Jaccard similarity of sketches, row by row, from 0 to 1; with an empty sketch it is 0."""
    alike = (one == other).mean(axis=-1)
    return np.where(is_empty(one) | is_empty(other), 0.0, alike)


def to_bytes(sketch: Sketches) -> bytes:
    """A sketch as it is stored: little-endian, 4 bytes a place."""
    return sketch.astype("<u4").tobytes()


def from_bytes(stored: Sequence[bytes | memoryview]) -> Sketches:
    """Stored sketches, one row each."""
    return np.frombuffer(b"".join(stored), dtype="<u4").astype(np.uint32).reshape(len(stored), PLACES)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = size = 0
    for index, text in enumerate(texts):
        if size and size + len(text) > _BLOCK:
            yield start, index
            start, size = index, 0
        size += len(text)
    if start < len(texts):
        yield start, len(texts)


def _sketch_block(texts: Sequence[str], made: Sketches) -> None:
    tokens, first = _tokens(texts)
    shingles, starts, owners = _shingles(tokens, first)
    if not len(owners):
        return
    product = np.empty_like(shingles)
    for place in range(PLACES):
        np.multiply(shingles, _FACTOR[place], out=product)
        np.add(product, _OFFSET[place], out=product)
        made[owners, place] = np.minimum.reduceat(product, starts) >> np.uint64(32)


def _tokens(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.intp]]:
    """Hashes of all tokens, and the index of each text's first one with the total at the end."""
    folded = [text.casefold().encode("utf-32-le", "surrogatepass") for text in texts]
    # A zero, which is no letter, keeps the last word of a text from the first of the next.
    codes = np.frombuffer(b"\0\0\0\0".join(folded) + b"\0\0\0\0", dtype="<u4")
    ends = np.fromiter(accumulate(len(text) // 4 + 1 for text in folded), dtype=np.intp, count=len(folded))
    kinds = _kinds_of(codes)
    alone = kinds == _ALONE
    inside = kinds == _WORD
    begins = alone | inside
    begins[1:] &= ~(inside[1:] & inside[:-1])
    starts = np.flatnonzero(begins)
    first = np.concatenate(([0], np.searchsorted(starts, ends)))
    if not len(starts):
        return np.empty(0, dtype=np.uint64), first
    powers, inverses = _powers(len(codes))
    weighed = codes.astype(np.uint64)
    weighed *= powers[: len(codes)]
    weighed[kinds == _SEPARATOR] = 0
    sums = np.add.reduceat(weighed, starts)
    # Dividing by the power of the place where a token begins makes its hash the same wherever it stands.
    return _mixed(sums * inverses[starts]), first


def _shingles(tokens: Hashes, first: NDArray[np.intp]) -> tuple[Hashes, NDArray[np.intp], NDArray[np.intp]]:
    """All shingles, where each text's begin, and which texts have any. A text of fewer tokens is one shingle."""
    counts = np.diff(first)
    owners = np.flatnonzero(counts)
    padded = np.concatenate((tokens, np.zeros(SHINGLE - 1, dtype=np.uint64)))
    sums = np.zeros(len(tokens), dtype=np.uint64)
    for offset, factor in enumerate(_POSITION):
        sums += padded[offset : offset + len(tokens)] * factor
    keep = np.ones(len(tokens), dtype=bool)
    # The last tokens of a text begin no shingle: it would reach into the next text.
    for back in range(1, SHINGLE):
        keep[first[1:][counts > back] - back] = False
    for text in owners[counts[owners] < SHINGLE]:
        at, end = first[text], first[text + 1]
        sums[at] = (tokens[at:end] * _POSITION[: end - at]).sum(dtype=np.uint64)
        keep[at], keep[at + 1 : end] = True, False
    places = np.cumsum(keep) - 1
    return _mixed(sums[keep]), places[first[owners]], owners


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64: every bit of the result depends on every bit given."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _kinds_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    kinds = _kinds[codes]
    unknown = kinds == _UNKNOWN
    if unknown.any():
        for code in np.unique(codes[unknown]):
            _kinds[code] = _kind(int(code))
        kinds = _kinds[codes]
    return kinds


def _kind(code: int) -> int:
    character = chr(code)
    # Marks are vowels in Indic scripts: without them a word would fall apart.
    if not (character.isalnum() or unicodedata.category(character).startswith("M")):
        return _SEPARATOR
    return _ALONE if any(low <= code <= high for low, high in _SPACELESS) else _WORD


_known_powers: list[tuple[Hashes, Hashes]] = []


def _powers(n: int) -> tuple[Hashes, Hashes]:
    """The first ``n`` powers of the base and of its inverse, modulo 2⁶⁴, kept for the next block."""
    if not _known_powers or len(_known_powers[0][0]) < n:
        size = max(n, 2 * _BLOCK)
        factors = np.empty((2, size), dtype=np.uint64)
        factors[0], factors[1], factors[:, 0] = _BASE, _BASE_INVERSE, 1
        powers = np.multiply.accumulate(factors, axis=1)
        _known_powers[:] = [(powers[0], powers[1])]
    return _known_powers[0]
