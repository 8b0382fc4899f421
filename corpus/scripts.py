"""What the script of a text asks of the page that shows it."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

# Scripts that write no spaces between words: Thai, Lao, Burmese, Khmer; kana, Bopomofo, Han with its extensions.
# Where words end there is known only to a dictionary; UAX #29 cuts them into characters.
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# Characters at the beginning of a text that are looked at.
_SAMPLE = 2_000


def direction_of(text: str) -> Literal["ltr", "rtl"]:
    """The direction that most letters at the beginning of ``text`` have: a quoted word in another script decides nothing."""
    balance = 0
    for character in text[:_SAMPLE]:
        match unicodedata.bidirectional(character):
            case "L":
                balance += 1
            case "R" | "AL":
                balance -= 1
    return "rtl" if balance < 0 else "ltr"


def lacks_word_borders(text: str) -> bool:
    """Whether a good part of ``text`` is in scripts whose words we cannot tell apart."""
    sample = text[:_SAMPLE]
    return len(_UNSPACED.findall(sample)) * 5 > len(sample)
