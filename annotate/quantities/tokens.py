"""A paragraph as tokens: words, figures and signs, with their places in it (code points, half-open)."""

import re
from collections.abc import Container
from typing import NamedTuple

DASHES = frozenset("-–−‑")
_TOKEN = re.compile(r"(?P<n>\d+(?:[.,'’\u00a0\u2009\u202f]\d+)*)|(?P<w>[^\W\d_]+(?:[.'’][^\W\d_]+)*)|(?P<s>\S)")
_LONGEST_PHRASE = 5


class Token(NamedTuple):
    kind: str
    text: str
    """In small letters."""
    start: int
    end: int
    capital: bool


class Line:
    """One paragraph's tokens, and what stands around each."""

    def __init__(self, text: str) -> None:
        self.tokens = [
            Token(str(m.lastgroup), m[0].lower(), m.start(), m.end(), m[0][:1].isupper()) for m in _TOKEN.finditer(text)
        ]

    def text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def phrase(self, at: int, length: int) -> str:
        """The texts of ``length`` tokens from ``at``, with a space between them."""
        return " ".join(self.text(n) for n in range(at, at + length))

    def glued(self, at: int) -> bool:
        """Whether token ``at`` follows the one before it without a space."""
        return 0 < at < len(self.tokens) and self.tokens[at - 1].end == self.tokens[at].start

    def phrase_at(self, at: int, phrases: Container[str]) -> int:
        """How many tokens the longest of ``phrases`` takes that begins at ``at``; 0 for none."""
        for length in range(min(_LONGEST_PHRASE, len(self.tokens) - at), 0, -1):
            if self.phrase(at, length) in phrases:
                return length
        return 0

    def phrase_before(self, at: int, phrases: Container[str]) -> int:
        for length in range(min(_LONGEST_PHRASE, at), 0, -1):
            if self.phrase(at - length, length) in phrases:
                return length
        return 0
