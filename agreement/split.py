"""Why two annotators disagree on a span: one missed it, the borders differ, the label does, an attribute does.

Of every pair of annotators, each span of either is in exactly one class. In this order:

agreed, attribute   the other has a span of the same characters and label; their attributes are equal, or differ
border              the other has a span of the same label that shares a character, and neither of the two is agreed
                    or attribute
label               the other has a span of another label (of the same layer, where layers are known) that shares a
                    character, and neither of the two is in a class above
missed              the rest: nothing of the other's answers it

Pairs of the first two classes are one-to-one, as nobody has two spans of the same characters and label. Below them a
span may answer several (one long span where the other has two is a difference of borders in all three). A maximum
matching would leave one of the two over, and which one depends on the order of the spans; these classes do not, and
are the same seen from either annotator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from agreement.documents import Mark
from agreement.overlaps import EXACT, Overlaps
from agreement.stat import StatRow
from agreement.values import same_attributes

AGREED, ATTRIBUTE, BORDER, LABEL, MISSED = range(5)
CLASSES = ("agreed", "attribute", "border", "label", "missed")
MEASURES = {f"split_{name}": name for name in CLASSES}
_MEASURE_OF = list(MEASURES)


def split_rows(found: Overlaps, layers: Mapping[str, str]) -> list[StatRow]:
    """Per pair of readers, label and class the spans of each. ``layers``: of a label; without, all are of one."""
    units = found.units
    label_of = [unit.label for unit in units]
    rows: list[StatRow] = []
    for a, b in found.pairs:
        own_a, own_b = found.own[a], found.own[b]
        if not own_a and not own_b:
            continue
        class_of: dict[int, int] = {}
        rest: list[tuple[int, int, bool]] = []
        for i, j, level, same_label, _ in found.meetings.get((a, b), ()):
            if same_label and level == EXACT:
                class_of[i] = class_of[j] = AGREED if _equal(found.marks[i], found.marks[j]) else ATTRIBUTE
            else:
                rest.append((i, j, same_label))
        rest = [(i, j, same) for i, j, same in rest if i not in class_of and j not in class_of]
        for i, j, same_label in rest:
            if same_label:
                class_of[i] = class_of[j] = BORDER
        others = [(i, j) for i, j, same_label in rest if not same_label and i not in class_of and j not in class_of]
        for i, j in others:
            if layers.get(label_of[i]) == layers.get(label_of[j]):
                class_of[i] = class_of[j] = LABEL
        sizes: dict[tuple[str, int], list[int]] = {}
        for side, own in enumerate((own_a, own_b)):
            for i in own:
                key = (label_of[i], class_of.get(i, MISSED))
                if key in sizes:
                    sizes[key][side] += 1
                else:
                    sizes[key] = [1 - side, side]
        for label, kind in sorted(sizes):
            of_a, of_b = sizes[label, kind]
            rows.append(StatRow(_MEASURE_OF[kind], label, 0, 0, 0, a, b, of_a + of_b, of_a, of_b))
    return rows


def _equal(a: list[Mark], b: list[Mark]) -> bool:
    return same_attributes(a[0].attributes, b[0].attributes)


def disagreement(rows: Iterable[StatRow]) -> dict[str, dict[str, int]]:
    """Spans of all pairs of annotators by label and class: ``{label: {"agreed", "attribute", "border", "label",
    "missed"}}``, all five always there.

    ``rows`` of any number of documents (others than ``split_...`` are passed over), or sums of them. A span counts
    once for each other annotator who completed its document; the five add up to all such spans, the last four to the
    disagreement. Twice the matched pairs of ``f1_exact`` are agreed + attribute.
    """
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(CLASSES, 0))
    for row in rows:
        name = MEASURES.get(row.measure)
        if name is not None:
            counts[row.label][name] += row.n
    return {label: counts[label] for label in sorted(counts)}
