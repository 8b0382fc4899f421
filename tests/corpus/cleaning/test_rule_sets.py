"""Choosing rules, and saying which were chosen."""

import pytest

from corpus.cleaning import ALL_RULES, EDITION, RULES, SWITCHABLE, RuleSet, UnknownRuleError, clean, describe

PAGE = (
    "Skip to content\n\nHarbour reopens after nine weeks of repairs\n\nBy Ilse Marten\n\n"
    "The first ferry left at six with forty passengers on board, most of whom had not seen the island since spring.\n\n"
    "Share this story"
)


def test_a_rule_that_is_off_leaves_its_debris_in_the_text():
    made = clean({"text": PAGE}, RuleSet.without(["share"]))

    assert made.text.endswith("Share this story")
    assert "Skip to content" not in made.text
    assert made.cleaner_version == f"{EDITION}-share"


def test_without_the_byline_rule_the_name_stays_and_is_no_field():
    made = clean({"text": PAGE}, RuleSet.without(["byline"]))

    assert "By Ilse Marten" in made.text
    assert made.byline == ""


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UnknownRuleError, match=r"called menu, nav\. Known: skip_to_content, .*tags\.$"):
        RuleSet(off=frozenset(["nav", "share", "menu"]))


@pytest.mark.parametrize("name", ["metadata", "layout", "invisible"])
def test_what_no_rule_takes_cannot_be_switched_off(name):
    with pytest.raises(UnknownRuleError):
        RuleSet.without([name])


@pytest.mark.parametrize(
    "rules",
    [
        ALL_RULES,
        RuleSet.without(["tags", "byline"]),
        RuleSet.without(SWITCHABLE, repair_mojibake=True),
        RuleSet(repair_mojibake=True),
    ],
    ids=str,
)
def test_a_choice_survives_being_stored(rules):
    assert RuleSet.from_version(rules.version) == rules
    assert len(rules.version) <= 500


def test_a_rule_that_was_known_to_an_older_edition_only_is_left_aside():
    assert RuleSet.from_version("0-weather-share") == RuleSet.without(["share"])


def test_a_version_of_something_else_is_refused():
    with pytest.raises(ValueError, match="'' is not a version"):
        RuleSet.from_version("")


def test_rules_are_listed_with_version_and_one_sentence():
    assert [text["name"] for text in describe()] == list(SWITCHABLE)
    assert all(rule.version >= 1 and rule.description.endswith(".") for rule in RULES)
    assert ALL_RULES.version == EDITION
