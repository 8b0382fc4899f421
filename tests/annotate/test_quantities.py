"""Figures proposed from a text: what is read, what is left out, and that nothing else is ever made of any text."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.quantities import LARGEST, quantities

SEEDS = Path(os.environ.get("SLANTWISE_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "seeds"

EQ, APPROX, GT, LT, RANGE, VAGUE = "eq", "approx", "gt", "lt", "range", "vague"

# (text, the stretch, comparator, value or (low, high) or the one bound, what else is told)
ENGLISH = [
    ("The mayor counted 7,500 people.", "7,500", EQ, 7500, {"kind": "count"}),
    ("About 7,000 walkers set out.", "About 7,000", APPROX, 7000, {"kind": "count"}),
    ("They saw nearly 2.5 million arrivals.", "nearly 2.5 million", APPROX, 2_500_000, {"kind": "count"}),
    ("Almost 900 beds are full.", "Almost 900", APPROX, 900, {}),
    ("Some 4,200 people came.", "Some 4,200", APPROX, 4200, {}),
    ("Roughly two thirds, or 640, agreed.", "640", EQ, 640, {}),
    ("An estimated 3,000 joined.", "An estimated 3,000", APPROX, 3000, {"modality": "estimated"}),
    ("around 12,000 tents", "around 12,000", APPROX, 12_000, {}),
    ("~400 seats", "~400", APPROX, 400, {}),
    ("close to 80 boats", "close to 80", APPROX, 80, {}),
    ("300 or so neighbours", "300 or so", APPROX, 300, {}),
    ("more than 1,500 beds", "more than 1,500", GT, 1500, {}),
    ("at least 40 houses burned", "at least 40", GT, 40, {}),
    ("just over 60 chairs", "just over 60", GT, 60, {}),
    ("well over a hundred calls", "well over a hundred", GT, 100, {}),
    ("upwards of 90,000 letters", "upwards of 90,000", GT, 90_000, {}),
    ("no fewer than 11 mayors", "no fewer than 11", GT, 11, {}),
    ("7,000+ signatures", "7,000+", GT, 7000, {}),
    ("50 or more wells", "50 or more", GT, 50, {}),
    ("a 200-plus crowd", "200-plus", GT, 200, {}),
    ("fewer than 30 buses", "fewer than 30", LT, 30, {}),
    ("less than 5 percent", "less than 5 percent", LT, 5, {"kind": "percentage", "unit": "%"}),
    ("as many as 15,000 visitors", "as many as 15,000", LT, 15_000, {}),
    ("up to 20 tents", "up to 20", LT, 20, {}),
    ("no more than 8 boats", "no more than 8", LT, 8, {}),
    ("just under 600 votes", "just under 600", LT, 600, {}),
    ("10 or fewer buses", "10 or fewer", LT, 10, {}),
    ("between 3,000 and 5,000 people", "between 3,000 and 5,000", RANGE, (3000, 5000), {"kind": "count"}),
    ("from 200 to 300 beds", "from 200 to 300", RANGE, (200, 300), {}),
    ("some 3,000 to 5,000 people", "some 3,000 to 5,000", RANGE, (3000, 5000), {}),
    ("3,000–5,000 people", "3,000–5,000", RANGE, (3000, 5000), {}),
    ("2 to 3 million letters", "2 to 3 million", RANGE, (2_000_000, 3_000_000), {}),
    ("$2 to $3 million", "$2 to $3 million", RANGE, (2_000_000, 3_000_000), {"kind": "money", "unit": "USD"}),
    ("5-10 years", "5-10 years", RANGE, (5, 10), {"kind": "duration", "unit": "year"}),
    ("15 to 20 percent", "15 to 20 percent", RANGE, (15, 20), {"kind": "percentage"}),
    ("Dozens waited at the gate.", "Dozens", VAGUE, (12, 120), {"kind": "count"}),
    ("hundreds of letters", "hundreds", VAGUE, (100, 1000), {}),
    ("Thousands walk north", "Thousands", VAGUE, (1000, 10_000), {}),
    ("tens of thousands of homes", "tens of thousands", VAGUE, (10_000, 100_000), {}),
    ("hundreds of thousands came", "hundreds of thousands", VAGUE, (100_000, 1_000_000), {}),
    ("several hundred homes", "several hundred", VAGUE, (100, 1000), {}),
    ("a few dozen tents", "a few dozen", VAGUE, (12, 120), {}),
    ("millions of dollars", "millions of dollars", VAGUE, (10**6, 10**7), {"kind": "money", "unit": "USD"}),
    ("scores of buses", "scores", VAGUE, (20, 200), {}),
    ("it could reach 15,000 soon", "15,000", EQ, 15_000, {"modality": "projected"}),
    ("is expected to swell to about 9,000", "about 9,000", APPROX, 9000, {"modality": "projected"}),
    ("$4.5bn in aid", "$4.5bn", EQ, 4_500_000_000, {"kind": "money", "unit": "USD"}),
    ("US$20 million", "US$20 million", EQ, 20_000_000, {"kind": "money", "unit": "USD"}),
    ("€300,000 for roofs", "€300,000", EQ, 300_000, {"kind": "money", "unit": "EUR"}),
    ("£5m was lost", "£5m", EQ, 5_000_000, {"kind": "money", "unit": "GBP"}),
    ("50 euros each", "50 euros", EQ, 50, {"kind": "money", "unit": "EUR"}),
    ("12 million dollars", "12 million dollars", EQ, 12_000_000, {"kind": "money", "unit": "USD"}),
    ("35%", "35%", EQ, 35, {"kind": "percentage", "unit": "%"}),
    ("3.5 per cent", "3.5 per cent", EQ, 3.5, {"kind": "percentage"}),
    ("two percent", "two percent", EQ, 2, {"kind": "percentage"}),
    ("a 20-mile walk", "20-mile", EQ, 20, {"kind": "measurement", "unit": "mile"}),
    ("1,200 kilometres away", "1,200 kilometres", EQ, 1200, {"kind": "measurement", "unit": "km"}),
    ("90 km of road", "90 km", EQ, 90, {"kind": "measurement", "unit": "km"}),
    ("80km of fence", "80km", EQ, 80, {"kind": "measurement", "unit": "km"}),
    ("−12 degrees", "−12 degrees", EQ, -12, {"kind": "measurement"}),
    ("waited six weeks", "six weeks", EQ, 6, {"kind": "duration", "unit": "week"}),
    ("three thousand walkers", "three thousand", EQ, 3000, {"kind": "count"}),
    ("two dozen eggs", "two dozen", EQ, 24, {}),
    ("a dozen mayors", "a dozen", EQ, 12, {}),
    ("half a million letters", "half a million", EQ, 500_000, {}),
    ("two and a half million", "two and a half million", EQ, 2_500_000, {}),
    ("2 and a half million", "2 and a half million", EQ, 2_500_000, {}),
    ("three hundred and fifty", "three hundred and fifty", EQ, 350, {}),
    ("twenty-five boats", "twenty-five", EQ, 25, {}),
    ("one hundred thousand trees", "one hundred thousand", EQ, 100_000, {}),
    ("five women", "five", EQ, 5, {}),
    ("1,234,567 votes", "1,234,567", EQ, 1_234_567, {}),
    ("1.234.567 votes", "1.234.567", EQ, 1_234_567, {}),
    ("1,234.5 tonnes", "1,234.5 tonnes", EQ, 1234.5, {"unit": "t"}),
    ("7\u202f500 people", "7\u202f500", EQ, 7500, {}),
    ("2000 people", "2000", EQ, 2000, {}),
    ("a 12-member board", "12", EQ, 12, {}),
    ("7k followers", "7k", EQ, 7000, {}),
    ("6500 chairs", "6500", EQ, 6500, {}),
    ("😀 about 7,000", "about 7,000", APPROX, 7000, {}),
]

SPANISH = [
    ("Unas 7.000 personas salieron.", "Unas 7.000", APPROX, 7000, {"kind": "count"}),
    ("Hubo 2,5 millones de visitas.", "2,5 millones", EQ, 2_500_000, {}),
    ("casi 900 camas", "casi 900", APPROX, 900, {}),
    ("cerca de 40 barcos", "cerca de 40", APPROX, 40, {}),
    ("más de 1.500 cartas", "más de 1.500", GT, 1500, {}),
    ("al menos tres mujeres", "al menos tres", GT, 3, {}),
    ("menos de 30 autobuses", "menos de 30", LT, 30, {}),
    ("hasta 15.000 visitantes", "hasta 15.000", LT, 15_000, {}),
    ("entre 3.000 y 5.000 cartas", "entre 3.000 y 5.000", RANGE, (3000, 5000), {}),
    ("decenas de miles de casas", "decenas de miles", VAGUE, (10_000, 100_000), {}),
    ("cientos de vecinos", "cientos", VAGUE, (100, 1000), {}),
    ("dos mil quinientos votos", "dos mil quinientos", EQ, 2500, {}),
    ("treinta y cinco barcos", "treinta y cinco", EQ, 35, {}),
    ("mil millones de euros", "mil millones de euros", EQ, 10**9, {"kind": "money", "unit": "EUR"}),
    ("dos docenas de huevos", "dos docenas", EQ, 24, {}),
    ("medio millón de cartas", "medio millón", EQ, 500_000, {}),
    ("el 35 por ciento", "35 por ciento", EQ, 35, {"kind": "percentage", "unit": "%"}),
    ("120 kilómetros", "120 kilómetros", EQ, 120, {"unit": "km"}),
    ("podría llegar a 15.000", "15.000", EQ, 15_000, {"modality": "projected"}),
    ("2.5 millones", "2.5 millones", EQ, 2_500_000, {}),
]

NOTHING = [
    ("en", "On 21 October they left."),
    ("en", "On October 21, 2018, they left."),
    ("en", "On Oct. 21 they left."),
    ("en", "In 2018 nobody came."),
    ("en", "The 1990s were calm."),
    ("en", "The 3rd boat, the twenty-first house, the second day."),
    ("en", "The gate opens at 10:30."),
    ("en", "The gate opens at 5 p.m. and at 7 am."),
    ("en", "Section 427 and Article 13 and Route 66 stand."),
    ("en", "A 5G mast and an F-16 and COVID-19."),
    ("en", "Jo Bloggs, 45, agreed."),
    ("en", "The 45-year-old agreed; she is 45 years old."),
    ("en", "One wonders why no one came."),
    ("en", "One in five agreed."),
    ("en", "7 out of 10 agreed."),
    ("en", "They won 5 to 4."),
    ("en", "They won 3-1."),
    ("en", "In the season 2018-19 nobody came."),
    ("en", "Call 555-1234 now."),
    ("en", "Version 1.2.3 of 21.10.2018 at 10/21."),
    ("en", "It rained over three days."),
    ("en", "Agent 007 and #3."),
    ("en", "The Apollo 11 capsule landed."),
    ("en", "In 2.500 ways"),  # a comma in English would be certain
    ("en", "7 000 people"),
    ("es", "7,000 personas"),
    ("es", "El 21 de octubre de 2018 a las 5"),
    ("es", "El artículo 13 y el 3.º"),
    ("es", "Una mujer de 45 años, la primera"),
    (None, "7,000 or 7.000 people"),
    ("de", "Etwa 7.000 Menschen"),
]

BOUNDS = {
    EQ: ("value",),
    APPROX: ("value",),
    GT: ("value_low",),
    LT: ("value_high",),
    RANGE: ("value_low", "value_high"),
    VAGUE: ("value_low", "value_high"),
}


@pytest.mark.parametrize(
    ("language", "text", "stretch", "comparator", "value", "more"),
    [("en", *case) for case in ENGLISH] + [("es", *case) for case in SPANISH],
)
def test_a_figure_is_read(language, text, stretch, comparator, value, more):
    [found] = quantities(text, language)
    assert text[found["start"] : found["end"]] == stretch
    assert found["comparator"] == comparator
    values = value if isinstance(value, tuple) else (value,)
    assert {name: found[name] for name in found if name.startswith("value")} == dict(
        zip(BOUNDS[comparator], values, strict=True)
    )
    assert {name: found.get(name) for name in more} == more


@pytest.mark.parametrize(("language", "text"), NOTHING)
def test_what_is_no_quantity_or_unclear_gives_nothing(language, text):
    assert [text[found["start"] : found["end"]] for found in quantities(text, language)] == []


def test_a_figure_and_its_projection_are_two():
    text = "The column of 3,000, officials say, could reach 15,000 by the border."
    assert [(text[f["start"] : f["end"]], f["value"], f.get("modality")) for f in quantities(text)] == [
        ("3,000", 3000, None),
        ("15,000", 15_000, "projected"),
    ]


def test_a_change_is_no_range():
    text = "Arrivals rose from 3,000 to 5,000."
    assert [found["value"] for found in quantities(text)] == [3000, 5000]


def test_commas_part_thousands_in_mexican_spanish():
    assert [found["value_low"] for found in quantities("más de 7,000 personas", "es-MX")] == [7000]


def test_offsets_count_code_points_across_paragraphs():
    text = "👩‍👩‍👧‍👦 fled\n\n🙏🏽 About 7,000 left; dozens stayed."
    assert [text[f["start"] : f["end"]] for f in quantities(text)] == ["About 7,000", "dozens"]


WORDS = (
    "about nearly 7,000 2.5 million $ % - – to between and a an half dozen dozens of one in five km 3 . , : / + "
    "hundred thousand twenty 2018 October \n 😀 5G out year old or more so"
)
PIECES = st.sampled_from(WORDS.split(" "))


@given(st.lists(PIECES, max_size=12).map(" ".join) | st.text(max_size=60), st.sampled_from(["en", "es", "es-MX", None]))
def test_whatever_the_text_proposals_lie_in_order_and_fit_their_comparator(text, language):
    at = 0
    for found in quantities(text, language):
        assert at <= found["start"] < found["end"] <= len(text)
        at = found["end"]
        assert not text[found["start"]].isspace()
        assert not text[found["end"] - 1].isspace()
        values = {name: found[name] for name in found if name.startswith("value")}
        assert tuple(values) == BOUNDS[found["comparator"]]
        assert all(abs(value) <= LARGEST for value in values.values())


def test_the_seed_articles_figures_are_read():
    files = sorted(SEEDS.glob("*.txt"))
    if not files:
        pytest.skip("the shared seed articles are not here")
    found = [[f.get("value", f.get("value_low")) for f in quantities(path.read_text())] for path in files]
    everything = [value for values in found for value in values]
    assert everything.count(7000) >= 2
    assert {1000, 24, 2_500_000, 3000} <= set(everything)
    assert not {2018, 2023, 2024, 2025} & set(everything)
