"""The five pages that the project was begun with: other people's text, so it lies outside the project."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SLANTWISE_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))
SEEDS = SHARED / "seeds"

needs_seeds = pytest.mark.skipif(
    not SEEDS.is_dir(),
    reason=f"the seed pages are not at {SEEDS}; set SLANTWISE_SHARED to the directory that holds seeds/",
)


def seed_files() -> list[Path]:
    """The pages, sorted by name: the number they begin with."""
    return sorted(SEEDS.glob("*.txt"))
