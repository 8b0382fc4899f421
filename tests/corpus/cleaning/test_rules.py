"""Each rule by its documented example, and lines that look like debris and are not."""

import re
from pathlib import Path

import pytest

from corpus.cleaning import RULE_NAMES, clean, describe

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "cleaning-rules.md"
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.M | re.S))
EXAMPLES = {
    name: found[1] for name, section in SECTIONS.items() if (found := re.search(r"```diff\n(.*?)```", section, re.S))
}

LEAD = "The first ferry left at six with forty passengers on board, most of whom had not seen the island since spring."
MORE = (
    "Fares stay as they were until the end of the year, the company said, although fuel costs a fifth more than before."
)


def test_every_rule_has_its_heading_and_nothing_else_has():
    assert list(SECTIONS) == list(RULE_NAMES) or sorted(SECTIONS) == sorted(RULE_NAMES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documented_example_is_what_the_rule_takes(name):
    lines = EXAMPLES[name].splitlines()
    received = "\n".join(re.sub(r"\[-(.*?)-\]", r"\1", line[1:]) for line in lines)
    kept = [re.sub(r"\[-.*?-\]", "", line[1:]) for line in lines if line.startswith(" ")]
    taken = [found for line in lines for found in ([line[1:]] if line[:1] == "-" else re.findall(r"\[-(.*?)-\]", line))]

    made = clean({"text": received})

    assert [line for line in made.text.splitlines() if line] == kept
    by_rule = "\n".join(made.raw[r["start"] : r["end"]] for r in made.removed if r["rule"] == name)
    assert [line.strip() for line in by_rule.splitlines() if line.strip()] == [line.strip() for line in taken]


@pytest.mark.parametrize(
    "line",
    [
        "Related problems began in May",
        "What happens next?",
        "Home",
        "By the numbers",
        "By then it was too late",
        "About the harbour",
        "Share prices fell",
        "Comments from the mayor drew laughter",
        "Next year will decide",
        "“Leave a light on,” she said.",
        "Previous attempts failed",
        "Published figures differ",
        "Editing by hand takes longer.",
        "He was sent to report an error, and found three.",
        "Correction: An earlier version of this article gave the wrong date.",
        "Reading time is a luxury here",
        "Notify the coast guard, the sign says.",
        "Copyright law did not help him.",
        "Subscribe to nothing, trust nobody",
        "Print runs shrank",
        "Follow the money",
        "See also the harbour master’s ledger, which lists every boat.",
        "Video killed the ferry radio",
        "June 2023: the storm",
        "Photos of the pier went around the world.",
        "12 people were hurt",
        "More about this below.",
        "Yes.",
        "Opinion polls disagree",
    ],
)
def test_a_line_of_the_article_stays(line):
    made = clean({"text": f"Harbour reopens after nine weeks of repairs\n\n{LEAD}\n\n{line}\n\n{MORE}"})

    assert made.text.split("\n\n") == ["Harbour reopens after nine weeks of repairs", LEAD, line, MORE]


@pytest.mark.parametrize(
    ("headline", "outlet", "url", "kept"),
    [
        ("Rain falls | El Sol", "", "", "Rain falls"),
        ("Rain falls on the old town - El Sol", "El Sol", "", "Rain falls on the old town"),
        ("Rain falls on the old town - Lluvia", "", "https://www.lluvia.example/1", "Rain falls on the old town"),
        ("Rain falls on the old town - The Daily Rain", "", "", "Rain falls on the old town"),
        ("Rain falls on the old town – and on the new one", "", "", "Rain falls on the old town – and on the new one"),
        ("Rain in Spain - Mainly in the Plain", "", "", "Rain in Spain - Mainly in the Plain"),
        ("Opinion | Rain falls on the old town", "", "", "Opinion | Rain falls on the old town"),
        ("Is it raining? - BBC News", "", "", "Is it raining?"),
        ("US-Mexico talks end", "", "", "US-Mexico talks end"),
    ],
)
def test_the_outlet_behind_a_headline(headline, outlet, url, kept):
    made = clean({"title": headline, "text": LEAD, "outlet": outlet, "url": url})

    assert made.title == kept


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (f"World\n\nHarbour reopens after nine weeks\n\n{LEAD}", "Harbour reopens after nine weeks"),
        (f"Harbour reopens\n\nThe first ships came in on Monday.\n\n{LEAD}", "Harbour reopens"),
        (f"Rain falls\n\n{LEAD}", "Rain falls"),
        (f"{LEAD}\n\n{MORE}", ""),
        (f"Harbour reopens after nine weeks\n{LEAD}\n{MORE}", "Harbour reopens after nine weeks"),
        ("港口经过九周维修后重新开放\n\n第一班渡轮六点出发，船上有四十名乘客。", "港口经过九周维修后重新开放"),
        (f"Jan 5, 2024\n\nHarbour reopens after nine weeks\n\n{LEAD}", "Harbour reopens after nine weeks"),
    ],
    ids=[
        "below a section",
        "above a short sentence",
        "two words",
        "none",
        "one paragraph a line",
        "Chinese",
        "below a date",
    ],
)
def test_the_headline_is_found(page, title):
    made = clean({"text": page})

    assert made.title == title
    assert made.text.startswith(title)
    assert (made.zones[0]["zone"] == "headline") == bool(title)


def test_lines_wrapped_at_a_column_stay_one_paragraph():
    wrapped = "Harbour reopens\n\n" + "\n".join(
        [
            "The first ferry left at six with forty passengers on board, and most",
            "of them had not seen the island since spring came to the coast.",
        ]
    )

    assert clean({"text": wrapped}).text == wrapped


def test_the_table_lists_each_rule_as_it_is():
    rows = re.findall(r"^\| \[`(\w+)`\]\(#\1\) \| (\d+) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)

    assert [{"name": n, "version": int(v), "description": d} for n, v, d in rows] == describe()


@pytest.mark.parametrize("number", range(2))
def test_the_documented_python_runs(number):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)

    assert len(blocks) == 2
    exec(compile(blocks[number], f"{PAGE.name}[{number}]", "exec"), {})
