"""Page debris, removed by named rules that can be switched off: docs/reference/cleaning-rules.md lists them."""

from corpus.cleaning.article import CleanArticle, RawField, Removed, clean
from corpus.cleaning.rules import (
    ALL_RULES,
    EDITION,
    INVISIBLE,
    LAYOUT,
    RULE_NAMES,
    RULES,
    SWITCHABLE,
    RuleSet,
    UnknownRuleError,
    describe,
)

# What articles that went through every rule carry as cleaner_version.
CLEANER_VERSION = ALL_RULES.version

__all__ = [
    "ALL_RULES",
    "CLEANER_VERSION",
    "EDITION",
    "INVISIBLE",
    "LAYOUT",
    "RULES",
    "RULE_NAMES",
    "SWITCHABLE",
    "CleanArticle",
    "RawField",
    "Removed",
    "RuleSet",
    "UnknownRuleError",
    "clean",
    "describe",
]
