"""Which span of one annotator is which of another, and what the two say of it: attributes and relations."""

from __future__ import annotations

from collections import Counter

from agreement.coding import key_of, member_rows
from agreement.overlaps import EXACT, IOU50, OVERLAP, Overlaps, Pair
from agreement.pairs import Edge, matching
from agreement.schema import Field, Schema
from agreement.stat import StatRow
from agreement.values import Value


def partner_rows(found: Overlaps, schema: Schema) -> list[StatRow]:
    """Rows of attributes and relations; none where no mark has attributes of ``schema`` and nothing is related."""
    fields = {label: schema.attributes_of(label) for label in {unit.label for unit in found.units}}
    if not found.document.relations and not any(
        fields[unit.label] and any(mark.attributes for mark in marks)
        for unit, marks in zip(found.units, found.marks, strict=True)
    ):
        return []
    partners = {pair: partners_of(found, pair) for pair in found.pairs}
    return attribute_rows(found, fields, partners) + relation_rows(found, partners)


def partners_of(found: Overlaps, pair: Pair) -> list[Edge]:
    """One-to-one pairs of spans of the same label, the closest first.

    Spans of equal characters; then a largest matching of the rest by intersection over union of at least one half;
    then one of what is left by any overlap. Ties fall in the order of the text, which is the same from either side.
    """
    meetings = [one for one in found.meetings.get(pair, ()) if one.same_label]
    edges: list[Edge] = []
    taken: set[int] = set()
    for level in (EXACT, IOU50, OVERLAP):
        open_ones = [
            (one.i, one.j) for one in meetings if one.level >= level and one.i not in taken and one.j not in taken
        ]
        matched = matching(open_ones)
        edges += matched
        for i, j in matched:
            taken.update((i, j))
    return sorted(edges)


def attribute_rows(
    found: Overlaps, fields: dict[str, dict[str, Field]], partners: dict[Pair, list[Edge]]
) -> list[StatRow]:
    """Per pair of annotators and attribute, how often matched spans had which two values, and where only one had any."""
    keys: list[dict[str, int | None]] = []
    sets: dict[str, dict[int, Value]] = {}
    for unit, marks in zip(found.units, found.marks, strict=True):
        attributes = marks[0].attributes
        of_unit = {}
        for name, field in fields[unit.label].items():
            value = attributes.get(name)
            key = key_of(value, field) if value is not None else None
            of_unit[name] = key
            if key is not None and value is not None and field.kind == "set":
                sets.setdefault(f"{unit.label}.{name}", {})[key] = value
        keys.append(of_unit)
    counts: Counter[tuple[str, str, int, int, str, str]] = Counter()
    for (a, b), edges in partners.items():
        for i, j in edges:
            label = found.units[i].label
            for name, field in fields[label].items():
                c, k = keys[i][name], keys[j][name]
                if c is not None and k is not None:
                    counts[f"attr_{field.kind}", f"{label}.{name}", c, k, a, b] += 1
                elif c is not None or k is not None:
                    counts["attr_lone", f"{label}.{name}", 0, 0, a, b] += 1
    rows = [StatRow(measure, path, 0, c, k, a, b, n) for (measure, path, c, k, a, b), n in sorted(counts.items())]
    for path in sorted(sets):
        rows += member_rows(path, sets[path])
    return rows


def relation_rows(found: Overlaps, partners: dict[Pair, list[Edge]]) -> list[StatRow]:
    """Per pair of annotators the relations whose two ends are partners and whose type is equal, and those of each.

    Relations of one annotator between the same spans and of the same type count once; unlabelled, of any type.
    """
    if not found.document.relations:
        return []
    number = {
        (unit.annotator, mark.id): i
        for i, (unit, marks) in enumerate(zip(found.units, found.marks, strict=True))
        for mark in marks
    }
    own: dict[str, set[tuple[str, int, int]]] = {name: set() for name in found.readers}
    for one in found.document.relations:
        start, end = number.get((one.annotator, one.start)), number.get((one.annotator, one.end))
        if start is not None and end is not None:
            own[one.annotator].add((one.type, start, end))
    rows: list[StatRow] = []
    for (a, b), edges in partners.items():
        if not own[a] and not own[b]:
            continue
        answer = dict(edges)
        as_of_b = {(kind, answer.get(start, -1), answer.get(end, -1)) for kind, start, end in own[a]}
        same = as_of_b & own[b]
        sizes_a, sizes_b = (Counter(kind for kind, _, _ in own[name]) for name in (a, b))
        matched = Counter(kind for kind, _, _ in same)
        for kind in sorted(sizes_a.keys() | sizes_b.keys()):
            rows.append(StatRow("relation_f1", kind, 0, 0, 0, a, b, matched[kind], sizes_a[kind], sizes_b[kind]))
        bare_a, bare_b, bare = ({(start, end) for _, start, end in some} for some in (own[a], own[b], as_of_b))
        n = len(bare & bare_b)
        rows.append(StatRow("relation_f1_unlabelled", "", 0, 0, 0, a, b, n, len(bare_a), len(bare_b)))
    return rows
