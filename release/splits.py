"""Which articles are for training and which for testing: whole events, never single articles.

Reports on one event share content, so an article of a tested event must not be trained on.
"""

from __future__ import annotations

import hashlib

SEED = 0
SHARES = (("train", 0.8), ("validation", 0.9), ("test", 1.0))  # cumulative


def split_of(group: str, *, seed: int = SEED) -> str:
    """The split of an event, from a hash of its name alone: it never moves when other events are added."""
    digest = hashlib.sha256(f"{seed}/{group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    return next(name for name, upto in SHARES if place < upto)
