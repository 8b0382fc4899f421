"""Page debris, removed by named rules: docs/reference/cleaning.md lists them."""

from corpus.cleaning.article import (
    CLEANER_VERSION,
    INVISIBLE,
    LAYOUT,
    RULE_NAMES,
    CleanArticle,
    RawField,
    Removed,
    clean,
)

__all__ = ["CLEANER_VERSION", "INVISIBLE", "LAYOUT", "RULE_NAMES", "CleanArticle", "RawField", "Removed", "clean"]
