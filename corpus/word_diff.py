"""Where two texts differ, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# The comparison costs up to the square of this: about half a second at worst.
MOST_WORDS = 2000
_TOKENS = re.compile(r"\n{2,}|\S+")
_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row that both texts have, or that only this one has (``own``)."""

    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Both texts in pieces; ``cut`` where one was too long and only its beginning was compared."""

    one: list[Piece]
    other: list[Piece]
    cut: bool


def word_diff(one: str, other: str, *, most: int = MOST_WORDS) -> Difference:
    """Compare the first ``most`` words of both; white space counts only where a paragraph ends."""
    first, second = (_TOKENS.findall(text) for text in (one, other))
    cut = max(len(first), len(second)) > most
    first, second = ([_BREAK if not token.strip() else token for token in tokens[:most]] for tokens in (first, second))
    here: list[Piece] = []
    there: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        for pieces, tokens in ((here, first[a:b]), (there, second[c:d])):
            if tokens:
                pieces.append(Piece(_joined(tokens), own=kind != "equal"))
    return Difference(here, there, cut)


def _joined(tokens: list[str]) -> str:
    """Words with single spaces, paragraphs with blank lines."""
    return re.sub(r" *\n\n *", _BREAK, " ".join(tokens))
