"""Values of attributes and answers: which are equal, and the whole number that stands for one in a row.

A number is kept as the bits of its double, a rank as its place, anything else as 64 bits of a hash of its canonical
text: that is enough to tell values apart, which is all that comparing them as names or sets takes. By chance two
different values of a corpus with a million of them share a hash in one of 10**7 corpora.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring_ascii

type Single = str | bool | int | float
type Value = Single | Sequence[Single]


def canonical(value: Value) -> str:
    """A value as a JSON text that is equal exactly where the values are.

    1 and 1.0 are, 1 and true are not; a list is the set of its members.
    """
    if isinstance(value, str):
        return encode_basestring_ascii(value)  # as json.dumps would, without its detours
    if isinstance(value, float) and value.is_integer():
        return json.dumps(int(value))
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return f"[{','.join(sorted({canonical(one) for one in value}))}]"


def is_given(value: object) -> bool:
    """Whether there is a value: null and an empty text or list are none."""
    return value is not None and value not in ("", [], ())


def same_attributes(a: Mapping[str, Value], b: Mapping[str, Value]) -> bool:
    """Whether the same attributes are given with equal values."""
    if not a and not b:
        return True
    return _given(a) == _given(b)


def _given(attributes: Mapping[str, Value]) -> dict[str, str]:
    return {name: canonical(value) for name, value in attributes.items() if is_given(value)}


def hashed(value: Value) -> int:
    """64 bits of the canonical text, as a signed number such as a database column holds."""
    return _hash_of_text(canonical(value))


@lru_cache(maxsize=1 << 14)
def _hash_of_text(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def bits_of(number: float) -> int:
    """The double nearest to ``number``, as a signed 64-bit integer; 0.0 and -0.0 are one."""
    (bits,) = struct.unpack(">q", struct.pack(">d", float(number) + 0.0))
    return int(bits)


def number_of(bits: int) -> Fraction:
    """The number that :func:`bits_of` made ``bits`` of, exactly."""
    (number,) = struct.unpack(">d", struct.pack(">q", bits))
    return Fraction(number)
