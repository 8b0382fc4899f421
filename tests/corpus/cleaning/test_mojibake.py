"""Text decoded with the wrong charset: seen, repaired only when asked for, and mapped exactly."""

import pytest

from corpus.cleaning import ALL_RULES, RuleSet, clean
from corpus.cleaning.mojibake import Edit, edits_of
from spans.offsets import SegmentMap
from tests.corpus.invariants import assert_maps

REPAIR = RuleSet(repair_mojibake=True)


def _edits(raw):
    return edits_of(raw, [(0, len(raw))])


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("The mayor doesnâ€™t mind.", "The mayor doesn’t mind."),
        ("Lâ€™humanitÃ© a gagnÃ©", "L’humanité a gagné"),
        ("“Ã©” beside a true “é”", "“é” beside a true “é”"),
        ("He said: â\x80\x98Noâ\x80\x99 in Ã\x85land", "He said: ‘No’ in Åland"),
        ("ðŸ˜€ it cost Â£5 and 5â‚¬", "😀 it cost £5 and 5€"),
        ("ÃƒÂ©tÃƒÂ© twice over", "été twice over"),
        ("voilÃ\xa0 and Ã  la carte", "voilà and à la carte"),
        ("It\x92s here", "It’s here"),
    ],
)
def test_mojibake_is_left_unless_repair_is_asked_for(raw, meant):
    as_came, repaired = clean({"text": raw}), clean({"text": raw}, REPAIR)

    assert as_came.n_mojibake > 0
    assert as_came.text != meant
    assert repaired.text == meant
    assert repaired.raw == raw
    assert repaired.n_mojibake == 0
    assert repaired.cleaner_version == f"{ALL_RULES.version}+mojibake"
    assert_maps(as_came)
    assert_maps(repaired)


@pytest.mark.parametrize(
    "raw",
    [
        "“Café”, “CAFÉ” and “Señor À”",
        "Ångström â la carte, São Tomé, Łódź, İstanbul, Ærø",
        "Ο Άγιος και ο “Έρως”",
        "Привет, мир — «да»",
        "© 2024 … † 5 € 3 ½ × 2 ± 0°",
        "plain",
        "Garçon, ça va ? “À bientôt !”",
        "Größe: ‚Ärger‘ über √2",
    ],
)
def test_good_text_is_not_suspect(raw):
    assert _edits(raw) == []
    assert clean({"text": raw}, REPAIR).text == clean({"text": raw}).text


def test_each_broken_character_is_an_edit_of_its_own():
    assert _edits("a Ã©Ã¨ b") == [Edit(2, 4, "é"), Edit(4, 6, "è")]


def test_a_word_with_a_repaired_character_maps_both_ways():
    raw = "The mayor doesnâ€™t mind."
    found = SegmentMap(clean({"text": raw}, REPAIR).segments)

    assert found.to_text(10, 19) == (10, 17)
    assert found.to_raw(10, 17) == (10, 19)
    assert found.to_raw(18, 22) == (20, 24)


def test_rules_see_what_is_meant():
    lead = (
        "The first ferry left at six with forty passengers on board, most of whom had not seen the island since spring."
    )
    raw = f"Harbour reopens after nine weeks\n\nBy JosÃ© GarcÃ­a\n\n{lead}\n\nShare this story"

    made = clean({"text": raw}, REPAIR)

    assert made.byline == "José García"
    assert made.text == f"Harbour reopens after nine weeks\n\n{lead}"
    assert {made.raw[r["start"] : r["end"]].strip(): r["rule"] for r in made.removed if r["rule"] != "layout"} == {
        "By JosÃ© GarcÃ­a": "byline",
        "Share this story": "share",
    }


def test_broken_line_separators_do_not_part_lines():
    made = clean({"title": "A headline", "text": "one Ã\x85land two"}, REPAIR)

    assert made.text == "A headline\n\none Åland two"
    assert_maps(made)


def test_addresses_are_left_alone():
    made = clean({"text": "Ã©tÃ©", "url": "https://example.org/Ã©", "byline": "JosÃ©"}, REPAIR)

    assert made.byline == "José"
    assert made.raw.endswith("https://example.org/Ã©")
