"""Paragraphs that a page shows twice, however their white space differs."""

import textwrap

import pytest

from corpus.cleaning import clean
from tests.corpus.invariants import assert_maps

TITLE = "Harbour reopens after nine weeks of repairs"
LEAD = "The first ferry left at six with forty passengers on board, most of whom had not seen the island since spring."
MORE = (
    "Fares stay as they were until the end of the year, the company said, although fuel costs a fifth more than before."
)
LONG = f"{LEAD} {MORE}"


@pytest.mark.parametrize(
    "copy",
    [
        LEAD,
        LEAD.replace(" ", "\u00a0"),
        LEAD.replace(" at ", "  at\t") + "\u00a0 ",
        LEAD.replace("ferry", "fer\u200bry").replace("board", "bo\u00adard") + "\ufeff",
        "\u2060" + LEAD.replace(" six", "\u2009six"),
        LEAD.replace("The first", "The\u200d first\u200c"),
        "——— ——— ——— ——— ——— ——— ——— ——— ——— ——— ——— ——— ——— ——— ——— " + LEAD,
        LEAD.upper(),
    ],
    ids=["same", "no-break", "tabs", "zero-width", "thin", "joiners", "dashes before", "capitals"],
)
def test_a_copy_that_differs_in_white_space_is_taken(copy):
    made = clean({"title": TITLE, "text": f"{LEAD}\n\n{MORE}\n\n{copy}\n\n{MORE[:60]} again."})

    assert made.text.split("\n\n") == [TITLE, LEAD, MORE, f"{MORE[:60]} again."]
    assert_maps(made)


@pytest.mark.parametrize("first", [LONG, "\n".join(textwrap.wrap(LONG, 72)), "\n".join(textwrap.wrap(LONG, 130))])
@pytest.mark.parametrize("width", [60, 80, 95, 120, 400])
def test_a_copy_broken_at_other_places_is_taken_whole(first, width):
    copy = "\n".join(textwrap.wrap(LONG, width))
    between = "Nobody on the island had expected the works to last so long."

    made = clean({"title": TITLE, "text": f"{first}\n\n{between}\n\n{copy}\n\nThe end came soon."})

    assert made.text == f"{TITLE}\n\n{first}\n\n{between}\n\nThe end came soon."
    assert {removed["rule"] for removed in made.removed} <= {"repeated_lead"}


def test_paragraphs_that_only_begin_and_end_alike_stay():
    other = LEAD.replace("forty passengers on board", "nobody at all to see it go")

    made = clean({"title": TITLE, "text": f"{LEAD}\n\n{other}"})

    assert made.text.split("\n\n") == [TITLE, LEAD, other]
