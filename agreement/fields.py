"""Figures of questions, attributes and relations, one set for each that the schema names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from agreement.coincidences import Formula, Variable
from agreement.columns import Columns, Sums
from agreement.figures import NO_RELATIONS, Figure, f1, share
from agreement.ledger import Ledger, PairCells
from agreement.schema import KINDS, Field, Kind, Schema
from agreement.values import Single, hashed, number_of

# What alpha is computed with, by the kind of values.
LEVELS: dict[Kind, tuple[str, ...]] = {
    "nominal": ("nominal",),
    "rank": ("nominal", "ordinal"),
    "number": ("interval", "ratio", "interval_signedlog1p"),
    "set": ("set_jaccard", "set_masi"),
}
# More different names, numbers or sets than this would need a column each.
MOST_VALUES = 500

type Owner = Literal["answer", "attr"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a name asks for: alpha at a ``level`` ("option" with the option, "share_equal") of one field."""

    owner: Owner
    path: str
    field: Field
    level: str
    option: Single | None = None

    @property
    def unit(self) -> str:
        """The kind of unit, as the ledger lists readers by."""
        return f"answer:{self.path}" if self.owner == "answer" else "reading"


def field_names(schema: Schema) -> dict[str, Wanted]:
    """The names of figures of questions and attributes, in the order in which they are printed."""
    found: dict[str, Wanted] = {}
    for owner, begin, fields in (("answer", "doc", schema.questions), ("attr", "attribute", schema.attributes)):
        for path, field in fields.items():
            for level, option in _levels(field):
                end = path if option is None else f"{path}={option if isinstance(option, str) else hashed(option)}"
                kind = level if level == "share_equal" else f"alpha_{level}"
                found[f"{begin}_{kind}:{end}"] = Wanted(owner, path, field, level, option)  # type: ignore[arg-type]
    return found


def _levels(field: Field) -> Iterator[tuple[str, Single | None]]:
    for level in LEVELS[field.kind]:
        yield level, None
    if field.kind == "set":
        for option in field.options:
            yield "option", option
    yield "share_equal", None


def relation_names(schema: Schema) -> list[str]:
    """The names of figures of relations; none where there are no types."""
    if not schema.relations:
        return []
    return ["relation_f1", "relation_f1_unlabelled", *(f"relation_f1_type:{kind}" for kind in schema.relations)]


def schema_of_rows(ledger: Ledger) -> Schema:
    """What the rows themselves tell: kinds, not options, so there are no figures of single options."""
    owners: dict[str, dict[str, Field]] = {"answer": {}, "attr": {}}
    for measure, label in sorted(ledger.pairs):
        owner, _, kind = measure.partition("_")
        for known in KINDS:
            if owner in owners and kind == known:
                owners[owner][label] = Field(known)
    types = sorted({label for measure, label, _, _ in ledger.sums if measure == "relation_f1"})
    return Schema(questions=owners["answer"], attributes=owners["attr"], relations=tuple(types))


class FieldFigures:
    """Enters the columns that these figures need and gives their formulas."""

    def __init__(self, ledger: Ledger, columns: Columns) -> None:
        self.ledger = ledger
        self.columns = columns
        self._variables: dict[tuple[str, str], Variable[int]] = {}
        self._shares: set[tuple[str, str]] = set()

    def formula(self, wanted: Wanted) -> Formula:
        """Alpha or the share of equal values of one field."""
        key = (f"{wanted.owner}_{wanted.field.kind}", wanted.path)
        cells = self.ledger.pairs.get(key, PairCells())
        if wanted.level == "share_equal":
            return self._share_equal(key, cells, wanted)
        variable = self._variables.get(key) or self._variable(key, cells, wanted.field.kind)
        self._variables[key] = variable
        members = self.ledger.members[wanted.path]
        if wanted.level.startswith("set_"):
            formula = variable.of_sets(members, wanted.level)
        elif wanted.level == "option":
            assert wanted.option is not None
            formula = variable.of_option(members, hashed(wanted.option))
        else:
            formula = variable.formula(wanted.level)
        return formula if wanted.owner == "answer" else _stating(formula, _pairs(cells))

    def _variable(self, key: tuple[str, str], cells: PairCells, kind: Kind) -> Variable[int]:
        scale = self.ledger.scale
        by_values: defaultdict[tuple[int, int], defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
        for document, m, c, k, n in zip(cells.document, cells.m, cells.key_c, cells.key_k, cells.n, strict=True):
            by_values[c, k][document] += n * (scale // (m - 1))
        values = {*cells.key_c, *cells.key_k}
        points: Mapping[int, Fraction] | None = None
        if kind == "number":
            points = {value: number_of(value) for value in values}
        elif kind == "rank":
            points = {value: Fraction(value) for value in values}
        return Variable(self.columns, key, by_values, scale, points, MOST_VALUES)

    def _share_equal(self, key: tuple[str, str], cells: PairCells, wanted: Wanted) -> Formula:
        """Pairs of values that are equal, of all pairs; of spans also of those where only one of the two has a value."""
        name = ("share", *key)
        # Twice the pairs of annotators: a cell of equal values holds both directions.
        amounts = np.array([n if c == k else 2 * n for c, k, n in zip(cells.key_c, cells.key_k, cells.n, strict=True)])
        documents = np.array(cells.document, dtype=np.int64)
        same = np.array(cells.key_c, dtype=np.int64) == np.array(cells.key_k, dtype=np.int64)
        if key not in self._shares:
            self._shares.add(key)
            amounts = amounts.astype(np.int64)
            self.columns.add((*name, "equal"), documents[same], amounts[same])
            self.columns.add((*name, "pairs"), documents, amounts)
            lone = self._lone(wanted)
            self.columns.add_large((*name, "pairs"), list(lone), [2 * n for n in lone.values()])

        def formula(s: Sums) -> Figure:
            return share(s[*name, "equal"], s[*name, "pairs"])

        if wanted.owner == "answer":
            return formula
        return _stating(formula, _pairs(cells) + sum(self._lone(wanted).values()))

    def _lone(self, wanted: Wanted) -> Mapping[int, int]:
        """By document, matched spans of which one has a value."""
        return self.ledger.sums.get(("attr_lone", wanted.path, "n", 0), {}) if wanted.owner == "attr" else {}

    def relations(self, name: str, types: tuple[str, ...]) -> Formula:
        """F1 of relations: all types, whatever the types, or one type."""
        family, _, kind = name.partition(":")
        if family == "relation_f1_unlabelled":
            keys = [("relation_f1_unlabelled", "")]
        else:
            keys = [("relation_f1", one) for one in ([kind] if kind else types)]
        for measure, label in keys:
            for column in ("matched", "spans"):
                entries: Mapping[int, int] = self.ledger.sums.get((measure, label, column, 0), {})
                self.columns.add_large((name, column), list(entries), list(entries.values()))

        def formula(s: Sums) -> Figure:
            found = f1(s[name, "matched"], s[name, "spans"])
            return replace(found, reason=NO_RELATIONS) if found.reason is not None else found

        return formula


def _pairs(cells: PairCells) -> int:
    """Pairs of matched spans that both have a value."""
    return sum(n // 2 if c == k else n for c, k, n in zip(cells.key_c, cells.key_k, cells.n, strict=True))


def _stating(formula: Callable[[Sums], Figure], n_pairs: int) -> Formula:
    return lambda s: replace(formula(s), n_pairs=n_pairs)
