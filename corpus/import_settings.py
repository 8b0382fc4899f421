"""How an import reads, cleans and files its articles: chosen by a person, kept with the batch, the same when run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from django.conf import settings

from corpus.cleaning import RuleSet
from corpus.readers import AUTO, FetchPolicy, Limits, ReadOptions

KEEP, LINK, SKIP = "keep", "link", "skip"
NEAR_DUPLICATES = (KEEP, LINK, SKIP)


def limits() -> Limits:
    """The limits of this installation (``settings.IMPORT_LIMITS``)."""
    return Limits(**settings.IMPORT_LIMITS)


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """``story`` (a slug) and ``outlet`` (a name) stand in where a record names none; ``project`` is a slug.

    ``columns`` names the column of each of our fields, in tables. ``rules_off`` names cleaning rules that are not used.
    ``near_duplicates``: keep them all unlinked, link them in a group, or skip all but the first. ``outlet_from_host`` names
    the outlet by the address where a record names none; ``summaries`` takes feeds' summaries for articles.
    """

    format: str = AUTO
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    story: str = ""
    outlet: str = ""
    project: str = ""
    rules_off: tuple[str, ...] = ()
    repair_mojibake: bool = False
    near_duplicates: str = LINK
    outlet_from_host: bool = False
    summaries: bool = False

    def as_json(self) -> dict[str, Any]:
        """For ``ImportBatch.options``."""
        return asdict(self) | {"columns": dict(self.columns), "rules_off": list(self.rules_off)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What ``as_json`` gave; a batch of an earlier version lacks names, a later one's unknown names are left out."""
        known = {one.name: stored[one.name] for one in fields(cls) if one.name in stored}
        if "rules_off" in known:
            known["rules_off"] = tuple(known["rules_off"])
        return cls(**known)

    def rules(self) -> RuleSet:
        """The cleaning rules that were chosen. Raises UnknownRuleError where one is not known any more."""
        return RuleSet.without(self.rules_off, repair_mojibake=self.repair_mojibake)

    def read_options(self) -> ReadOptions:
        return ReadOptions(
            encoding=self.encoding,
            columns=self.columns,
            limits=limits(),
            summaries=self.summaries,
            outlet_from_host=self.outlet_from_host,
            fetch=FetchPolicy() if settings.IMPORT_FETCH else None,
        )
