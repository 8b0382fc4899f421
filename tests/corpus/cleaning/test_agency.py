"""News agencies go to a field of their own."""

import pytest

from corpus.cleaning import RuleSet, clean
from tests.corpus.invariants import assert_maps

TITLE = "Harbour reopens after nine weeks of repairs"
LEAD = "The first ferry left at six with forty passengers on board, most of whom had not seen the island since spring."
MORE = (
    "Fares stay as they were until the end of the year, the company said, although fuel costs a fifth more than before."
)


@pytest.mark.parametrize(
    ("lead", "agency"),
    [
        (f"(Reuters) - {LEAD}", "Reuters"),
        (f"MEXICO CITY (Reuters) – {LEAD}", "Reuters"),
        (f"TAPACHULA, Mexico, Oct. 21 (AP) — {LEAD}", "Associated Press"),
        (f"Ciudad de México, 21 oct (EFE).- {LEAD}", "EFE"),
        (f"Madrid (EFE).- {LEAD}", "EFE"),
        (f"Port of Spain (AFP): {LEAD}", "Agence France-Presse"),
        (f"BERLIN (dpa) - {LEAD}", "dpa"),
        (f"{LEAD} (AP)", "Associated Press"),
        (f"{LEAD} – Reuters", "Reuters"),
        (f"Reuters\n\n{LEAD}", "Reuters"),
        (f"Source: Agence France-Presse\n\n{LEAD}", "Agence France-Presse"),
        (f"{LEAD}\n\nAFP", "Agence France-Presse"),
    ],
)
def test_an_agency_goes_to_its_field(lead, agency):
    made = clean({"title": TITLE, "text": lead})

    assert made.agency == agency
    if agency:
        assert made.text == f"{TITLE}\n\n{LEAD}"
        assert "agency_line" in {removed["rule"] for removed in made.removed}
    assert_maps(made)


@pytest.mark.parametrize(
    "line",
    [
        "The reporter (Reuters) - he said - was there before anybody else had come to see the boats and the people on them.",
        "He works for the Associated Press (AP).",
        "The agency (AP) denied it.",
        "Reuters was founded in London.",
    ],
)
def test_an_agency_in_a_sentence_stays(line):
    made = clean({"title": TITLE, "text": f"{LEAD}\n\n{line}\n\n{MORE}"})

    assert line in made.text
    assert made.agency == ""


@pytest.mark.parametrize("byline", ["The Associated Press", "Ilse Marten, AP", "Ilse Marten | Associated Press"])
def test_a_byline_may_name_the_agency(byline):
    assert clean({"title": TITLE, "text": LEAD, "byline": byline}).agency == "Associated Press"


def test_no_agency_is_known_by_default_and_the_rule_can_be_off():
    assert clean({"title": TITLE, "text": LEAD}).columns()["agency"] is None
    assert clean({"title": TITLE, "text": f"(Reuters) - {LEAD}"}, RuleSet.without(["agency_line"])).text == (
        f"{TITLE}\n\n(Reuters) - {LEAD}"
    )
