"""Named figures of agreement, each with what it rests on: the same for a file, a database and a release."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from agreement import answers
from agreement.coincidences import Variable
from agreement.columns import Columns, Sums
from agreement.documents import Document, LabelIndexes, label_indexes
from agreement.fields import FieldFigures, Wanted, field_names, relation_names, schema_of_rows
from agreement.figures import (
    NO_PAIRS,
    NO_SPANS,
    NOT_FINISHED,
    SELF_OVERLAP,
    Figure,
    alpha,
    alpha_of_two,
    expected_under,
    f1,
    set_distances,
    share,
    share_taken,
    undefined,
    unitizing_alpha,
    unitizing_alpha_of,
)
from agreement.gamma import GammaPlan, GammaRun, run_gamma
from agreement.ledger import Ledger, PairCells, ledger_of_documents, ledger_of_rows
from agreement.metric import Metric, Sampling, printed
from agreement.schema import NOTHING, Schema
from agreement.stat import StatRow
from spans.matching import CRITERIA

__all__ = [
    "Metric",
    "UnknownMetricError",
    "document_metrics",
    "gamma_metrics",
    "metric_names",
    "metrics",
    "printed",
]

# Not additive and slow, so computed from documents and only by name.
JOINT = ("gamma", "gamma_cat")
ON_REQUEST = ("gamma_pairwise", *JOINT)
# Disorders are numbers of the sampler, kept as multiples of 2**-40 so that their sums are exact like all others.
DISORDER_UNIT = 1 << 40

SET_DISTANCES = ("set_nominal", "set_jaccard", "set_masi")


class UnknownMetricError(ValueError):
    """A metric of this name does not exist for these labels."""


def metric_names(
    labels: Iterable[str],
    *,
    tokens: bool = False,
    ratings: bool = False,
    values: bool = False,
    schema: Schema = NOTHING,
) -> list[str]:
    """What is computed by default, in the order in which it is printed."""
    labels = list(labels)
    names = [f"char_alpha_{kind}" for kind in (*SET_DISTANCES, "any")]
    names += [f"char_alpha_label:{label}" for label in labels]
    names += ["u_alpha", "u_alpha_binary", *(f"u_alpha_label:{label}" for label in labels)]
    names += ["cu_alpha", "cu_coverage", *(f"ku_alpha:{label}" for label in labels)]
    for criterion in CRITERIA:
        names += [f"span_f1_{criterion}", f"span_f1_{criterion}_unlabelled"]
        names += [f"span_f1_{criterion}_label:{label}" for label in labels]
    if tokens:
        names += ["token_alpha_nominal", *(f"token_alpha_label:{label}" for label in labels)]
    if ratings:
        names += [f"doc_alpha_{level}" for level in answers.RATING_LEVELS]
    if values:
        names += [f"value_alpha_{level}" for level in answers.VALUE_LEVELS] + ["value_share_equal"]
    return names + list(field_names(schema)) + relation_names(schema)


def metrics(
    rows_by_document: Mapping[str, Iterable[StatRow]],
    labels: Sequence[str] | LabelIndexes,
    bootstrap: int | None = None,
    seed: int = 0,
    names: Collection[str] | None = None,
    *,
    jackknife: bool = False,
    schema: Schema | None = None,
) -> dict[str, Metric]:
    """Figures from the rows of documents (``document_rows``), made with the same ``labels``.

    Equal rows give equal figures to the last bit, whatever the order of documents or rows: whole numbers are summed,
    documents are resampled in the order of their ids, and there is one division at the end. ``names``: only these
    (UnknownMetricError for one that does not exist); by default :func:`metric_names`, with tokens, ratings and values
    where rows of theirs are present. ``bootstrap``: number of resamples; all metrics share one stream of them.
    ``jackknife``: also the interval from leaving out each document in turn. ``schema``: what the rows were made with;
    without it, figures of the questions, attributes and relations that have rows, but none of single options of sets.
    """
    ledger = ledger_of_rows(rows_by_document)
    known = schema_of_rows(ledger) if schema is None else schema
    return ledger_metrics(ledger, label_indexes(labels), Sampling(bootstrap, seed, jackknife), names, known)


def document_metrics(
    documents: Sequence[Document],
    labels: Sequence[str] | LabelIndexes,
    bootstrap: int | None = None,
    seed: int = 0,
    names: Collection[str] | None = None,
    *,
    jackknife: bool = False,
    schema: Schema = NOTHING,
) -> dict[str, Metric]:
    """The same figures straight from documents, faster than by rows, and ``ON_REQUEST`` if named. Ids must be unique.

    ``seed`` is also that of gamma's random texts. ``gamma`` and ``gamma_cat`` are computed here on all documents and
    without a limit of time; ``agreement.run_gamma`` has both.
    """
    indexes = label_indexes(labels)
    wanted = None if names is None else set(names)
    with_gamma = wanted is not None and "gamma_pairwise" in wanted
    matchings = wanted is None or any(name.startswith("span_") for name in wanted)
    units = wanted is None or any(name.startswith(("u_", "cu_", "ku_")) for name in wanted)
    tokens = wanted is None or any(name.startswith("token_") for name in wanted)
    partners = wanted is None or any(name.startswith(("attribute_", "relation_")) for name in wanted)
    ledger = ledger_of_documents(
        documents,
        indexes,
        matchings=matchings,
        units=units,
        tokens=tokens,
        partners=partners,
        gamma_seed=seed if with_gamma else None,
        schema=schema,
    )
    sampling = Sampling(bootstrap, seed, jackknife)
    if wanted is None or wanted.isdisjoint(JOINT):
        return ledger_metrics(ledger, indexes, sampling, names, schema)
    found = ledger_metrics(ledger, indexes, sampling, wanted.difference(JOINT), schema)
    joint = gamma_metrics(documents, run_gamma(documents, GammaPlan(seed=seed)), bootstrap, seed, jackknife=jackknife)
    return found | {name: metric for name, metric in joint.items() if name in wanted}


def gamma_metrics(
    documents: Sequence[Document],
    run: GammaRun,
    bootstrap: int | None = None,
    seed: int = 0,
    *,
    jackknife: bool = False,
) -> dict[str, Metric]:
    """``gamma`` and ``gamma_cat`` from a run over ``documents``: those that it finished, and no others.

    ``n_documents`` counts the finished ones, which are also what ``bootstrap`` resamples. Undefined with
    ``not_finished`` where there were documents to compare and none was both drawn and finished.
    """
    finished = sorted((d for d in documents if d.id in run.disorders), key=lambda d: d.id)
    ledger = Ledger(len(finished), disorders={n: run.disorders[d.id] for n, d in enumerate(finished)})
    for number, document in enumerate(finished):
        ledger.readers["reading"][number].update(document.annotators)
    found = ledger_metrics(ledger, {}, Sampling(bootstrap, seed, jackknife), JOINT, NOTHING)
    if not finished and any(d.id in run.unfinished or (len(d.annotators) >= 2 and d.length) for d in documents):
        return {name: replace(metric, reason=NOT_FINISHED) for name, metric in found.items()}
    return found


def ledger_metrics(
    ledger: Ledger,
    indexes: LabelIndexes,
    sampling: Sampling,
    names: Collection[str] | None,
    schema: Schema,
) -> dict[str, Metric]:
    """The figures of what ``ledger`` counts: all for which it has counts, or ``names``."""
    known = metric_names(indexes, tokens=True, ratings=True, values=True, schema=schema)
    if names is None:
        wanted = metric_names(
            indexes,
            tokens=any(measure == "token_set" for measure, _ in ledger.pairs),
            ratings="doc_rating" in ledger.answers,
            values="value" in ledger.answers,
            schema=schema,
        )
    else:
        if ledger.disorders is not None:
            known += ON_REQUEST
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise UnknownMetricError(f"there is no metric {unknown[0]!r} for these labels")
        chosen = set(names)
        wanted = [name for name in known if name in chosen]
    builder = _Builder(ledger, indexes, schema)
    formulas = {name: builder.formula(name) for name in wanted}
    sums = sampling.sums(builder.columns)
    result = {}
    for name, formula in formulas.items():
        readers = ledger.readers[unit_of(name, builder.fields)]
        people = set().union(*readers.values())
        result[name] = sampling.metric(formula(sums), readers, len(people))
    return result


def unit_of(name: str, fields: Mapping[str, Wanted]) -> str:
    """The kind of unit that a figure compares, as the ledger lists readers by."""
    if name in fields:
        return fields[name].unit
    if name.startswith("doc_"):
        return "doc_rating"
    return "value" if name.startswith("value_") else "reading"


type Formula = Callable[[Sums], Figure]


class _Builder:
    """Enters the columns that a metric needs, once, and gives the formula that reads their sums."""

    def __init__(self, ledger: Ledger, indexes: LabelIndexes, schema: Schema) -> None:
        self.ledger = ledger
        self.indexes = indexes
        self.schema = schema
        self.fields = field_names(schema)
        self.scale = ledger.scale
        self.columns = Columns(ledger.n_documents)
        self._figures = FieldFigures(ledger, self.columns)
        self._answers: dict[str, Variable[str]] = {}
        self._entered: dict[object, list[int]] = {}

    def formula(self, name: str) -> Formula:
        if name in self.fields:
            return self._figures.formula(self.fields[name])
        family, _, label = name.partition(":")
        if family.startswith("relation_"):
            return self._figures.relations(name, self.schema.relations)
        if family == "char_alpha_any":
            return self._two_valued("char_any", "")
        if family == "char_alpha_label":
            return self._two_valued("char_label", label)
        if family == "token_alpha_label":
            return self._two_valued("token_label", label)
        if family == "token_alpha_nominal":
            return self._set_valued("token_set", "set_nominal")
        if family.startswith("char_alpha_"):
            return self._set_valued("char_set", family.removeprefix("char_alpha_"))
        if family in ON_REQUEST:
            return self._gamma(family)
        if family.startswith("span_f1_"):
            return self._matching(family.removeprefix("span_"), label)
        if family.startswith("doc_alpha_"):
            return self._alpha_of_answers("doc_rating", family.removeprefix("doc_alpha_"))
        if family == "value_share_equal":
            return answers.share_equal(self.ledger, self.columns, "value")
        if family.startswith("value_alpha_"):
            return self._alpha_of_answers("value", family.removeprefix("value_alpha_"))
        return self._unitizing(family, label)

    def _alpha_of_answers(self, measure: str, level: str) -> Formula:
        if measure not in self._answers:
            self._answers[measure] = answers.variable(self.ledger, self.columns, measure)
        return answers.formula(self._answers[measure], level)

    # -- values on characters and tokens

    def _factors(self, cells: PairCells) -> list[int]:
        return [self.scale // (m - 1) for m in cells.m]

    def _enter_pairs(self, measure: str, label: str) -> list[int]:
        """Columns (measure, label, "n", value), (…, "agreed") and (…, "mixed"); the values that occur, in order."""
        key = (measure, label)
        if key in self._entered:
            return self._entered[key]
        cells = self.ledger.pairs.get(key, PairCells())
        documents = np.array(cells.document, dtype=np.int64)
        c, k = np.array(cells.key_c, dtype=np.int64), np.array(cells.key_k, dtype=np.int64)
        n = np.array(cells.n, dtype=np.int64)
        factors = np.array(self._factors(cells), dtype=object)
        values = sorted({*cells.key_c, *cells.key_k})
        for value in values:
            mixed = (c == value) ^ (k == value)
            both = (c == value) & (k == value)
            own = mixed | both
            self.columns.add((*key, "n", value), documents[own], n[own], factors[own].tolist())
        same = c == k
        self.columns.add((*key, "agreed"), documents[same], n[same], factors[same].tolist())
        self.columns.add((*key, "mixed"), documents[~same], n[~same], factors[~same].tolist())
        self._entered[key] = values
        return values

    def _two_valued(self, measure: str, label: str) -> Formula:
        self._enter_pairs(measure, label)
        key = (measure, label)
        return lambda s: alpha_of_two(s[*key, "n", 0], s[*key, "n", 1], s[*key, "mixed"], self.scale)

    def _set_valued(self, measure: str, kind: str) -> Formula:
        values = self._enter_pairs(measure, "")
        key = (measure, "")
        distances, denominator = set_distances(values, kind)
        cells = self.ledger.pairs.get(key, PairCells())
        place = {value: i for i, value in enumerate(values)}
        if kind == "set_nominal":
            observed = "mixed"
        else:
            observed = kind
            documents, amounts = np.array(cells.document, dtype=np.int64), np.array(cells.n, dtype=np.int64)
            factors = [
                factor * int(distances[place[c], place[k]])
                for factor, c, k in zip(self._factors(cells), cells.key_c, cells.key_k, strict=True)
            ]
            self.columns.add((*key, observed), documents, amounts, factors)
        names = [(*key, "n", value) for value in values]

        def formula(s: Sums) -> Figure:
            if not names:
                return undefined(len(s[key]), NO_PAIRS)
            marginals = s.columns(names)
            n = marginals.sum(axis=1)
            # Each cell stands for (c, k) and (k, c).
            return alpha(n, 2 * s[*key, observed], expected_under(marginals, distances), self.scale)

        assert denominator >= 1  # it stands on both sides of the fraction and cancels
        return formula

    # -- spans

    def _enter_sums(self, measure: str, label: str, column: str, target: tuple[str | int, ...], power: int) -> None:
        """One column of plain sums, by (scale / (m - 1)) ** power where the counts are by m, by scale ** power else."""
        for (of_measure, of_label, of_column, m), entries in list(self.ledger.sums.items()):
            if (of_measure, of_label, of_column) == (measure, label, column):
                factor = (self.scale // (m - 1)) ** power if m else 1
                documents = np.array(list(entries), dtype=np.int64)
                self.columns.add(target, documents, np.array(list(entries.values()), dtype=np.int64), factor)

    def _matching(self, family: str, label: str) -> Formula:
        measure = family.removesuffix("_label")
        labels = [label] if family.endswith("_label") else list(self.indexes)
        if family.endswith("_unlabelled"):
            labels = [""]
        key = (family, label)
        if key not in self._entered:
            self._entered[key] = []
            for one in labels:
                for column in ("matched", "spans"):
                    self._enter_sums(measure, one, column, (*key, column), 0)
        return lambda s: f1(s[*key, "matched"], s[*key, "spans"])

    def _gamma(self, name: str) -> Formula:
        """1 - observed / expected disorder; the ledger holds those of pairs or those of all annotators."""
        disorders = self.ledger.disorders or {}
        for column in ("observed", "expected"):
            part = column + ("_labels" if name == "gamma_cat" else "")
            amounts = [round(getattr(disorder, part) * DISORDER_UNIT) for disorder in disorders.values()]
            self.columns.add_large((name, column), list(disorders), amounts)
        if not any(disorder.units for disorder in disorders.values()):
            return lambda s: undefined(len(s[name,]), NO_SPANS)
        return lambda s: share_taken(s[name, "observed"], s[name, "expected"])

    # -- the unitizing family

    def _enter_units(self) -> None:
        if "units" in self._entered:
            return
        self._entered["units"] = []
        for label in ("", *self.indexes):
            self._enter_overlaps(label)
            self._enter_sums("cu_units", label, "n", ("cu_units", label), 2)
            for (measure, of_label, _, _), entries in self.ledger.sums.items():
                if (measure, of_label) == ("u_units", label):
                    documents = np.array(list(entries), dtype=np.int64)
                    amounts = np.array(list(entries.values()), dtype=np.int64)
                    self.columns.add(("u_units", label), documents, amounts, self.scale**2)
        self._enter_intersections()

    def _enter_overlaps(self, label: str) -> None:
        for (measure, of_label, _, _), entries in self.ledger.sums.items():
            if (measure, of_label) == ("self_overlap", label):
                documents = np.array(list(entries), dtype=np.int64)
                self.columns.add(("self_overlap", label), documents, np.array(list(entries.values()), dtype=np.int64))

    def _enter_intersections(self) -> None:
        """Columns ("cu", value, "n") and ("cu", value, "agreed") of the characters on which both marked something."""
        cells = self.ledger.pairs.get(("char_set", ""), PairCells())
        c, k = np.array(cells.key_c, dtype=np.int64), np.array(cells.key_k, dtype=np.int64)
        documents, n = np.array(cells.document, dtype=np.int64), np.array(cells.n, dtype=np.int64)
        factors = np.array(self._factors(cells), dtype=object)
        within = (c != 0) & (k != 0)
        for index in self.indexes.values():
            value = 1 << index
            agreed = within & (c == value) & (k == value)
            own = within & ((c == value) | (k == value))
            self.columns.add(("cu", value, "n"), documents[own], n[own], factors[own].tolist())
            self.columns.add(("cu", value, "agreed"), documents[agreed], n[agreed], factors[agreed].tolist())

    def _unitizing(self, family: str, label: str) -> Formula:
        self._enter_units()
        values = self._enter_pairs("char_set", "")
        everything = [("char_set", "", "n", value) for value in values]
        if family == "u_alpha_label":
            return self._binary_unitizing("char_label", label, [label], label)
        if family == "u_alpha_binary":
            return self._binary_unitizing("char_any", "", list(self.indexes), "")
        bits = {one: 1 << index for one, index in self.indexes.items()}

        def formula(s: Sums) -> Figure:
            if s["self_overlap", ""][0]:
                return undefined(len(s["self_overlap", ""]), SELF_OVERLAP)
            n = sum((s[name] for name in everything), start=s["nothing",])
            if family == "u_alpha":
                squares = sum((s[name] ** 2 for name in everything), start=s["nothing",])
                units = sum((s["u_units", one] for one in bits), start=s["char_set", "", "n", 0] * self.scale)
                return unitizing_alpha(n, s["char_set", "", "agreed"], squares, units)
            own = {one: s["cu", bit, "n"] for one, bit in bits.items()}
            within = sum(own.values(), start=s["nothing",])
            if family == "cu_coverage":
                return share(within, n)
            if family == "ku_alpha":
                return unitizing_alpha_of(within, own[label], s["cu", bits[label], "agreed"], s["cu_units", label])
            agreed = sum((s["cu", bit, "agreed"] for bit in bits.values()), start=s["nothing",])
            squares = sum((amount**2 for amount in own.values()), start=s["nothing",])
            units = sum((s["cu_units", one] for one in bits), start=s["nothing",])
            return unitizing_alpha(within, agreed, squares, units)

        return formula

    def _binary_unitizing(self, measure: str, label: str, units_of: list[str], overlap_of: str) -> Formula:
        self._enter_pairs(measure, label)
        key = (measure, label)

        def formula(s: Sums) -> Figure:
            if s["self_overlap", overlap_of][0]:
                return undefined(len(s["self_overlap", overlap_of]), SELF_OVERLAP)
            zeros, ones = s[*key, "n", 0], s[*key, "n", 1]
            # A gap counts character by character, so its squares are its length.
            units = sum((s["u_units", one] for one in units_of), start=zeros * self.scale)
            return unitizing_alpha(zeros + ones, s[*key, "agreed"], zeros**2 + ones**2, units)

        return formula
