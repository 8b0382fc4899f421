"""The rules in the order in which they look at a page, and the choice of them for one import."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypedDict

from corpus.cleaning import agency, authorship, engagement, headline, links, navigation, repetition
from corpus.cleaning.page import Rule

# The edition of the rules: grows with every change of what a rule removes or of their order.
EDITION = "2"

BEFORE_HEADLINE: tuple[Rule, ...] = (*navigation.RULES, *engagement.RULES, *authorship.RULES[:3])
AFTER_HEADLINE: tuple[Rule, ...] = (
    *headline.RULES,
    *agency.RULES,
    *repetition.RULES,
    *authorship.RULES,
    *links.RULES,
    *engagement.RULES,
    *authorship.RULES[3:],
    *navigation.RULES,
)
RULES: tuple[Rule, ...] = tuple({rule.name: rule for rule in (*BEFORE_HEADLINE, *AFTER_HEADLINE)}.values())
# What is left out without a rule looking at it; these cannot be switched off.
METADATA, LAYOUT, INVISIBLE = "metadata", "layout", "invisible"
SWITCHABLE: tuple[str, ...] = tuple(rule.name for rule in RULES)
RULE_NAMES: tuple[str, ...] = (*SWITCHABLE, METADATA, LAYOUT, INVISIBLE)

_VERSION = re.compile(r"(?P<edition>[^-+]+)(?P<off>(?:-\w+)*)(?P<repaired>\+mojibake)?")


class UnknownRuleError(ValueError):
    """A rule's name that is not known; the message lists those that are."""


class RuleText(TypedDict):
    """A rule as people see it."""

    name: str
    version: int
    description: str


def describe() -> list[RuleText]:
    """Every rule that can be switched off: name, version and one sentence on what it takes."""
    return [{"name": rule.name, "version": rule.version, "description": rule.description} for rule in RULES]


@dataclass(frozen=True)
class RuleSet:
    """Which rules an article is cleaned with: all but those that are ``off``.

    ``repair_mojibake`` reads again what was decoded with the wrong charset ("donâ€™t"); never unless asked for.
    Raises UnknownRuleError for a name that no rule has.
    """

    off: frozenset[str] = frozenset()
    repair_mojibake: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.off) - set(SWITCHABLE))
        if unknown:
            raise UnknownRuleError(f"No cleaning rule is called {', '.join(unknown)}. Known: {', '.join(SWITCHABLE)}.")

    @classmethod
    def without(cls, names: Iterable[str], *, repair_mojibake: bool = False) -> Self:
        """All rules but the named ones."""
        return cls(off=frozenset(names), repair_mojibake=repair_mojibake)

    @classmethod
    def from_version(cls, version: str) -> Self:
        """The choice that an article's ``cleaner_version`` tells of; rules that are no longer known are left aside.

        ValueError where it was not written by :attr:`version`.
        """
        found = _VERSION.fullmatch(version)
        if found is None:
            raise ValueError(f"{version!r} is not a version of the cleaning rules")
        off = frozenset(found["off"].split("-")[1:]) & frozenset(SWITCHABLE)
        return cls(off=off, repair_mojibake=found["repaired"] is not None)

    @cached_property
    def version(self) -> str:
        """What differs from all rules, as stored in ``Article.cleaner_version``: "2", "2-navigation-share+mojibake"."""
        return "-".join([EDITION, *sorted(self.off)]) + ("+mojibake" if self.repair_mojibake else "")

    def __str__(self) -> str:
        return self.version

    @cached_property
    def before_headline(self) -> tuple[Rule, ...]:
        """The rules that look at a page before its headline is known, in order."""
        return tuple(rule for rule in BEFORE_HEADLINE if rule.name not in self.off)

    @cached_property
    def after_headline(self) -> tuple[Rule, ...]:
        """The rules that need the headline, in order."""
        return tuple(rule for rule in AFTER_HEADLINE if rule.name not in self.off)


ALL_RULES = RuleSet()
