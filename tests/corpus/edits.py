"""Made-up news texts and what editors do to them."""

import random

_STEMS = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi", "xo", "zu",
]  # fmt: skip
WORDS = [first + second + third for first in _STEMS for second in _STEMS for third in ("", "n", "rel", "st")]


def make_text(rng: random.Random, words: int = 300) -> str:
    """A headline and paragraphs of fifty words out of a vocabulary of 1,600."""
    chosen = rng.choices(WORDS, k=words)
    paragraphs = [" ".join(chosen[at : at + 50]).capitalize() + "." for at in range(0, words, 50)]
    return "\n\n".join([" ".join(rng.choices(WORDS, k=7)).capitalize(), *paragraphs])


def change_words(text: str, rng: random.Random, share: float = 0.03) -> str:
    """``share`` of the words replaced by others."""
    return " ".join(rng.choice(WORDS) if rng.random() < share else word for word in text.split(" "))


def change_lead(text: str, rng: random.Random) -> str:
    """Another headline and another first paragraph."""
    return "\n\n".join([*make_text(rng, 50).split("\n\n"), *text.split("\n\n")[2:]])


def cut_tail(text: str, share: float = 0.2) -> str:
    """The text without its last ``share``."""
    return text[: int(len(text) * (1 - share))]
