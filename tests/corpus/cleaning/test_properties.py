"""What holds of any received fields under any choice of rules."""

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cleaning import SWITCHABLE, RuleSet, clean
from tests.corpus.invariants import assert_maps

_LINES = [
    "Skip to content", "Related Posts", "By Ana Ruiz", "Share this", "Read Next", "Comments", "3 min read", "", " ", "Menu",
    "A title of several words | The Daily Post", "A title of several words", "Something happened today. " * 10,
    "Cafe\u0301 owners met", "cafe owners met", "About Ana Ruiz", "Ana Ruiz is a writer.", "Written by Published", "“Go.”",
    "March 5, 2024", "Photo: Reuters", "Correction: An earlier version was wrong.", "(Reuters) - Ships sailed.",
    "The pier seen from the lighthouse, with…", "The pier seen from the lighthouse, with the ferry.",
    "\u202bשלום עולם\u202c", "مرحبا بالعالم\u200f", "می\u200cخواهم", "👩\u200d💻👨\u200d👩\u200d👧 🇫🇷 👍🏽", "港口经过九周维修后重新开放。",
    "\u1112\u1161\u11ab국어 \u1100\u1161", "ภาษาไทย", "หนึ่ง สอง", "नमस्ते दुनिया क्\u200dष", "e\u0323\u0302x\u0301", "a\u0315\u0300\u05ae\u0062",
    "doesnâ€™t Ã©tÃ© Â£5", "â\x80\x99 Ã\x85land", "ЎРё РєРѕС‚", "\ufeff\u200b\u2060\u00ad", "x\u00ad\u200by", "1\u00a0000\u2009km\u3000!",
]  # fmt: skip
_ANY = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
_SIGNS = st.sampled_from("ab .?|-\n\r\t\x0b\x0c\x1c\x85\u2028\u00a0é\u0301\u200b\u200d\u202e\ufeff\u00ad\u0600ﬁß")
_line = st.sampled_from(_LINES) | st.text(_SIGNS, max_size=20) | st.text(_ANY, max_size=30)
_text = st.builds(
    lambda lines, between: between.join(lines),
    st.lists(_line, max_size=14),
    st.sampled_from(["\n", "\n\n", "\r\n", "\r\n\r\n", "\n \u00a0\n", "\u2029", "\r"]),
)
fields = st.fixed_dictionaries(
    {"text": _text},
    optional={
        "title": _line,
        "byline": st.sampled_from(["Ana Ruiz", "Cafe\u0301", " ", "Ana\u00a0Ruiz"]) | st.text(_ANY, max_size=10),
        "outlet": st.sampled_from(["The Daily Post", ""]) | st.text(_ANY, max_size=10),
        "url": st.sampled_from(["https://www.dailypost.example/1", "http://[broken"]) | st.text(_ANY, max_size=10),
        "id": st.text(_ANY, max_size=5),
    },
)
rule_sets = st.builds(
    RuleSet,
    off=st.frozensets(st.sampled_from(SWITCHABLE)) | st.just(frozenset(SWITCHABLE)),
    repair_mojibake=st.booleans(),
)
_broken = st.text(_ANY, max_size=12).flatmap(
    lambda text: st.sampled_from([text, text.encode().decode("latin-1"), text.encode().decode("cp1252", "replace")])
)


@settings(max_examples=300)
@given(fields, rule_sets)
def test_any_fields_under_any_rules_map_both_ways(received, rules):
    made = clean(received, rules)

    assert_maps(made)
    assert {name: made.raw[f["start"] : f["end"]] for f in made.raw_fields for name in [f["name"]]} == received
    assert not {removed["rule"] for removed in made.removed} & rules.off


@given(fields)
def test_with_every_rule_off_nothing_but_white_space_and_invisible_signs_goes(received):
    made = clean(received, RuleSet(off=frozenset(SWITCHABLE)))

    assert {removed["rule"] for removed in made.removed} <= {"metadata", "layout", "invisible"}


@settings(max_examples=300)
@given(st.lists(_broken | _line, max_size=8).map("\n".join), rule_sets)
def test_any_mojibake_maps_both_ways(text, rules):
    made = clean({"title": "A title of several words", "text": text}, rules)

    assert_maps(made)
    assert made.n_mojibake == 0 or not rules.repair_mojibake
