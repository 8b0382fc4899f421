"""Figures of many groups from one sweep are those of each group by itself."""

import numpy as np

from agreement import document_metrics
from agreement.characters import SummedPairs, pair_counts
from agreement.document_groups import CharacterGroups
from agreement.documents import Document, Mark

LABELS = {"A": 0, "B": 3, "C": 5}


def documents() -> list[tuple[int, Document]]:
    """Groups: 0 ordinary, with two and three readers; 1 without any mark; 2 read by one; 3 without documents."""
    two = Document("d1", 40, ("x", "y"), (Mark("x", 0, 10, "A"), Mark("y", 5, 12, "A"), Mark("y", 20, 30, "B")))
    three = Document(
        "d2", 50, ("x", "y", "z"), (Mark("x", 0, 10, "A"), Mark("x", 2, 6, "C"), Mark("z", 3, 9, "A", ((3, 5), (7, 9))))
    )
    bare = Document("d3", 30, ("x", "y"))
    alone = Document("d4", 30, ("x",), (Mark("x", 0, 3, "A"),))
    return [(0, two), (1, bare), (0, three), (2, alone)]


def grouped(documents: list[Document], groups: list[int], n_groups: int) -> CharacterGroups:
    summed = SummedPairs()
    summed.add(pair_counts(documents, LABELS), np.array(groups))
    return CharacterGroups(summed.counts(), n_groups)


def test_each_group_has_the_figures_it_has_alone() -> None:
    given = documents()
    groups = grouped([d for _, d in given], [g for g, _ in given], 4)

    found = {
        "char_alpha_set_nominal": groups.set_alphas(),
        "char_alpha_any": groups.alphas_of_two(),
        **{f"char_alpha_label:{label}": groups.alphas_of_two(1 << index) for label, index in LABELS.items()},
    }

    for group in range(4):
        alone = document_metrics([d for g, d in given if g == group], LABELS, names=list(found))
        for name, figures in found.items():
            value, reason = figures[group].values()[0], figures[group].reason
            assert (None if reason else float(value), reason) == (alone[name].value, alone[name].reason), (group, name)
    assert found["char_alpha_any"][1].reason == "no_variation"
    assert found["char_alpha_any"][2].reason == found["char_alpha_any"][3].reason == "no_pairable_units"


def test_shares_of_two_readers() -> None:
    # Of 40 characters x marks 0-10, y 5-12 and 20-30: both 5, neither 18.
    groups = grouped([documents()[0][1]], [0], 1)

    assert groups.yes_or_no().percent_agreement(0) == 23 / 40
    assert groups.yes_or_no().prevalence(0) == 27 / 80
    assert groups.sets(1 << LABELS["B"]).percent_agreement(0) == 30 / 40
