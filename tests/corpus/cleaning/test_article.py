"""Whole articles: the shipped ones, the seeds, and what holds of any."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cleaning import RULE_NAMES, clean
from spans.offsets import SegmentMap
from tests.corpus.seeds import needs_seeds, seed_files

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
PAGES = sorted((FIXTURES / "articles").glob("*.txt"))
RECORDS = [json.loads(line) for line in (FIXTURES / "articles.jsonl").read_text(encoding="utf-8").splitlines()]
BY_OUTLET = {
    "Northgate Wire": "northgate-wire",
    "Liberty Beacon": "liberty-beacon",
    "Tierra Común": "tierra-comun",
    "Canal Ocho International": "canal-ocho",
    "Frontier Business Review": "frontier-business-review",
}


def _expected(name: str) -> str:
    return (FIXTURES / "articles" / f"{name}.expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_shipped_pages_become_their_expected_text(page):
    assert clean({"text": page.read_text(encoding="utf-8")}).text == _expected(page.stem)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_the_shipped_records_become_the_same_text(record):
    made = clean(record)

    assert made.text == _expected(BY_OUTLET[record["outlet"]])
    assert made.text.startswith(made.title + "\n\n")
    # A project may be blind: the shipped texts do not say whose they are.
    assert record["outlet"] not in made.text


def test_there_are_five_pages_and_five_records():
    assert sorted(page.stem for page in PAGES) == sorted(BY_OUTLET.values())
    assert [record["outlet"] for record in RECORDS] == list(BY_OUTLET)


def test_what_is_no_text_goes_to_fields():
    made = clean({"text": (FIXTURES / "articles" / "northgate-wire.txt").read_text(encoding="utf-8")})

    assert (made.byline, made.outlet) == ("Tomás Ferreira and Ingrid Åkesson", "Northgate Wire")


def test_lines_that_came_as_captions_are_captions_without_a_sign_and_after_a_cut():
    body = (
        "The river rose in the night, and by the morning the lower town stood under water for the third time this year."
    )
    made = clean(
        {
            "title": "Dam holds",
            "text": f"The dam on Monday.\n\n{body}\n\nCafe\u0301 Sur, closed.\n\n{body} Twice.",
            "captions": "The dam on Monday.\nCafé Sur, closed.\nNot in the text.",
        }
    )

    assert [z["zone"] for z in made.zones] == ["headline", "caption", "body", "caption", "body"]
    assert "Not in the text" not in made.text


def test_zones_of_an_article_with_all_parts():
    made = clean({"text": (FIXTURES / "articles" / "canal-ocho.txt").read_text(encoding="utf-8")})

    assert [zone["zone"] for zone in made.zones] == ["headline", "standfirst", "caption", "body", "correction"]
    assert made.text[made.zones[4]["start"] : made.zones[4]["end"]].startswith("Correction: An earlier version")


def test_raw_holds_every_field_and_says_where():
    record = {
        "text": "A headline of some words\n\nOne.",
        "outlet": "El Día",
        "title": "",
        "url": "https://example.org/1",
    }

    made = clean(record)

    assert [f["name"] for f in made.raw_fields] == ["title", "text", "outlet", "url"]
    assert {f["name"]: made.raw[f["start"] : f["end"]] for f in made.raw_fields} == record
    assert made.text == "A headline of some words\n\nOne."


def _assert_partition(made):
    """Every character of raw is in one segment or in one removed range, under a known rule."""
    kept = [(s.raw_start, s.raw_end) for s in made.segments if s.raw_start < s.raw_end]
    dropped = [(r["start"], r["end"]) for r in made.removed]
    assert [at for piece in sorted(kept + dropped) for at in range(*piece)] == list(range(len(made.raw)))
    assert {r["rule"] for r in made.removed} <= set(RULE_NAMES)
    SegmentMap(made.segments)
    if made.zones:
        assert made.zones[0]["start"] == 0
        assert made.zones[-1]["end"] == len(made.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_kept_and_removed_partition_raw(page):
    _assert_partition(clean({"text": page.read_text(encoding="utf-8")}))


_debris = [
    "Skip to content", "Related Posts", "By Ana Ruiz", "Share this", "Read Next", "Comments", "3 min read", "", " ", "Menu",
    "A title of several words | The Daily Post", "A title of several words", "Something happened today. " * 10, "x\u00ad\u200by",
    "Cafe\u0301 owners met", "cafe owners met", "About Ana Ruiz", "Ana Ruiz is a writer.", "Written by Published", "“Go.”",
]  # fmt: skip


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(_debris) | st.text(st.sampled_from("ab .?|-\n\r\u00a0é\u0301\u200b"), max_size=20), max_size=14
    ),
    st.sampled_from(["\n", "\n\n", "\r\n", "\r\n\r\n"]),
    st.sampled_from([None, "A title of several words", "A title of several words - The Daily Post", " "]),
)
def test_kept_and_removed_partition_any_page(lines, between, title):
    fields = {"text": between.join(lines)}
    if title is not None:
        fields["title"] = title

    _assert_partition(clean(fields))


@given(st.lists(st.sampled_from(_debris), max_size=14))
def test_cleaning_a_clean_text_changes_nothing_more_of_its_prose(lines):
    """A paragraph of forty words is never debris, whatever stands around it, unless it is repeated."""
    prose = "The committee met for four hours and heard eleven witnesses, and none of them agreed with the others. " * 3

    made = clean({"text": "\n\n".join([*lines, prose, *lines])})

    assert made.text.count(prose.strip()) == 1


@needs_seeds
def test_the_headlines_of_the_seeds():
    headlines = [clean({"text": page.read_text(encoding="utf-8")}).title for page in seed_files()]

    # First and last words: the pages are other people's text.
    assert [(h.split()[0], h.split()[-1], len(h.split())) for h in headlines] == [
        ("Is", "Overview", 11),
        ("Thousands", "Visit", 10),
        ("USA", "migration", 7),
        ("Migrant", "Trip", 11),
        ("High-Stakes", "Dynamics?", 14),
    ]


@needs_seeds
@pytest.mark.parametrize("index", range(5))
def test_no_debris_of_the_seeds_is_left_and_names_are_intact(index):
    raw = seed_files()[index].read_text(encoding="utf-8")

    made = clean({"text": raw})

    lines = [line.casefold() for line in made.text.splitlines()]
    for debris in (
        "skip to content", "related posts", "read previous", "read next", "notify of", "inline feedbacks", "view all comments",
        "2 min read", "share this article", "leave a comment", "leave a reply", "read also:", "comment via facebook",
        "comments are closed.", "written by published", "about wr news writer",
    ):  # fmt: skip
        assert debris not in lines
    for part in (
        "pizza hut",
        "[email protected]",
        "would love your thoughts",
        "refugees - ",
        "required fields",
        "jail sentences",
    ):
        assert part not in made.text.casefold()
    filled = [line for line in lines if line]
    assert len(filled) == len(set(filled))
    for name in ("López Obrador", "Andrés Manuel", "Bárcena", "García Villagrán", "Jonás"):
        assert (name in made.text) == (name in raw)
    _assert_partition(made)


@needs_seeds
def test_subheads_of_the_seeds_stay():
    texts = [clean({"text": page.read_text(encoding="utf-8")}).text for page in seed_files()]

    assert "\n\nWhat is a migrant caravan?\n\n" in texts[0]
    assert "\n\nFleeing poverty, violence and crises\n\n" in texts[2]
    assert [len(text.split("\n\n")) for text in texts] == [18, 7, 9, 13, 8]
