"""Reading codebook files, and the part of one that a project has switched on."""

import copy
import json
from pathlib import Path

import pytest

from annotate.codebook import (
    CodebookError,
    check_switches,
    condition_holds,
    content_sha256,
    enabled_content,
    labels_of,
    parse_codebook,
    pretty_json,
    switch_names,
)

SHIPPED = Path(__file__).parents[2] / "fixtures/codebooks/media-framing-3.json"
SMALL = {
    "name": "small",
    "version": "1",
    "layers": [
        {
            "code": "numeric",
            "name": "Numbers",
            "shortcut": "m",
            "labels": [
                {
                    "code": "QUANTITY",
                    "name": "Quantity",
                    "definition": "A number.",
                    "attributes": [
                        {"name": "exact", "title": "Exact", "type": "boolean"},
                        {
                            "name": "value",
                            "title": "Value",
                            "type": "number",
                            "required": True,
                            "when": {"attribute": "exact", "equals": True},
                        },
                    ],
                },
                {"code": "SOURCE", "name": "Source", "definition": "Who says it.", "enabled": False},
            ],
        }
    ],
    "relations": [
        {
            "type": "ATTRIBUTED_TO",
            "title": "attributed to",
            "from": ["QUANTITY"],
            "to": ["SOURCE"],
            "min": 1,
            "unless": {"attribute": "exact", "equals": True},
        }
    ],
    "rules": [{"label": "QUANTITY", "one_of": ["value", "exact"]}],
    "questions": [{"code": "tone", "title": "Tone", "type": "choice", "values": [{"code": "pro", "title": "For"}]}],
}


def small(**changes):
    return copy.deepcopy(SMALL) | changes


def with_value(path, value):
    """``SMALL`` with one value replaced or added; ``path`` is a list of keys."""
    book = copy.deepcopy(SMALL)
    place = book
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return book


def codes(content):
    return [(label["layer"], label["code"], label["digit"]) for label in labels_of_enabled(content)]


def labels_of_enabled(content):
    return [label for layer in content["layers"] for label in layer["labels"]]


def attribute_names(content):
    return {label["code"]: [a["name"] for a in label["attributes"]] for label in labels_of_enabled(content)}


def test_the_shipped_file_is_in_canonical_form():
    content = json.loads(SHIPPED.read_text(encoding="utf-8"))

    assert pretty_json(content) == SHIPPED.read_text(encoding="utf-8")


def test_the_shipped_codebook_starts_with_the_minimum_for_a_first_study():
    enabled = enabled_content(parse_codebook(json.loads(SHIPPED.read_text(encoding="utf-8"))), {})

    assert codes(enabled) == [
        ("framing", "FRAME", 1),
        ("framing", "LEXICAL_BIAS", 2),
        ("framing", "INFORMATIONAL_BIAS", 3),
        ("sources", "SOURCE", 4),
        ("sources", "CONTENT", 5),
        ("numeric", "QUANTITY", 6),
        ("numeric", "MEASURED_ENTITY", 7),
    ]
    assert attribute_names(enabled) == {
        "FRAME": ["frame_dimension", "frame_note"],
        "LEXICAL_BIAS": ["target", "polarity", "in_quote"],
        "INFORMATIONAL_BIAS": ["target", "polarity", "in_quote"],
        "SOURCE": ["source_type", "naming"],
        "CONTENT": ["quote_type"],
        "QUANTITY": ["comparator", "value", "value_low", "value_high", "kind", "modality", "unattributed"],
        "MEASURED_ENTITY": [],
    }
    assert [(r["type"], r["from"], r["to"], r["min"], r["max"]) for r in enabled["relations"]] == [
        ("ATTRIBUTED_TO", ["CONTENT"], ["SOURCE"], 0, 1),
        ("ATTRIBUTED_TO", ["QUANTITY"], ["SOURCE"], 1, None),
        ("HAS_QUANTITY", ["MEASURED_ENTITY"], ["QUANTITY"], 1, None),
    ]
    assert enabled["questions"] == []
    assert enabled["digits"] == "flat"


def test_all_ten_labels_are_reached_by_layer_and_digit():
    content = parse_codebook(json.loads(SHIPPED.read_text(encoding="utf-8")))

    enabled = enabled_content(content, dict.fromkeys(("CUE", "MEASURED_PROPERTY", "QUALIFIER"), True))

    assert enabled["digits"] == "by_layer"
    assert [(code, digit) for _, code, digit in codes(enabled)] == [
        ("FRAME", 1),
        ("LEXICAL_BIAS", 2),
        ("INFORMATIONAL_BIAS", 3),
        ("SOURCE", 1),
        ("CUE", 2),
        ("CONTENT", 3),
        ("QUANTITY", 1),
        ("MEASURED_ENTITY", 2),
        ("MEASURED_PROPERTY", 3),
        ("QUALIFIER", 4),
    ]


def test_layer_keys_of_the_shipped_codebook_are_free_on_the_labelling_page():
    content = json.loads(SHIPPED.read_text(encoding="utf-8"))

    assert {layer["shortcut"] for layer in content["layers"]} & set("npelfcugs") == set()


def test_parsing_completes_what_was_left_out():
    book = parse_codebook(SMALL)

    assert book["title"] == ""
    assert book["layers"][0]["labels"][1] == {
        "code": "SOURCE",
        "name": "Source",
        "definition": "Who says it.",
        "include": [],
        "exclude": [],
        "example": "",
        "colour": "#565d66",
        "shortcut": None,
        "enabled": False,
        "attributes": [],
    }
    assert parse_codebook(book) == book


def test_key_order_does_not_change_the_hash():
    turned = dict(reversed(list(parse_codebook(SMALL).items())))

    assert content_sha256(turned) == content_sha256(parse_codebook(SMALL))
    assert pretty_json(turned) == pretty_json(SMALL)


LABEL = ["layers", 0, "labels", 0]
BAD = {
    "no object": ([], "codebook", "must be a JSON object"),
    "unknown key": (small(author="x"), "author", "is not known here"),
    "name": (small(name="Not A Slug"), "name", "must be a short name"),
    "version": (small(version="1@2"), "version", "must be a version"),
    "no layers": (small(layers=[]), "layers", "must hold at least 1"),
    "layers no list": (small(layers={}), "layers", "must be a list"),
    "missing definition": (
        with_value(LABEL, {"code": "X", "name": "X"}),
        "layers[0].labels[0].definition",
        "is missing",
    ),
    "label twice": (
        with_value([*LABEL, "code"], "SOURCE"),
        "layers[0].labels[1].code",
        "is taken by layers[0].labels[0].code",
    ),
    "colour": (with_value([*LABEL, "colour"], "red"), "layers[0].labels[0].colour", "must be a colour"),
    "style in colour": (
        with_value([*LABEL, "colour"], "#00000;"),
        "layers[0].labels[0].colour",
        "must be a colour",
    ),
    "enabled": (with_value([*LABEL, "enabled"], 1), "layers[0].labels[0].enabled", "must be true or false"),
    "attribute type": (
        with_value([*LABEL, "attributes", 0, "type"], "colour"),
        "layers[0].labels[0].attributes[0].type",
        "must be one of choice, entity",
    ),
    "choice without values": (
        with_value([*LABEL, "attributes", 0, "type"], "choice"),
        "layers[0].labels[0].attributes[0].values",
        "needs at least one value",
    ),
    "default": (
        with_value([*LABEL, "attributes", 1, "default"], float("nan")),
        "layers[0].labels[0].attributes[1].default",
        "does not fit the type number",
    ),
    "when of an unknown attribute": (
        with_value([*LABEL, "attributes", 1, "when", "attribute"], "nope"),
        "layers[0].labels[0].attributes[1].when.attribute",
        "there is no attribute nope",
    ),
    "when of an impossible value": (
        with_value([*LABEL, "attributes", 1, "when", "equals"], "yes"),
        "layers[0].labels[0].attributes[1].when.equals",
        "is no value of the attribute exact",
    ),
    "relation to an unknown label": (
        with_value(["relations", 0, "to"], ["NOPE"]),
        "relations[0].to[0]",
        "there is no label NOPE",
    ),
    "relation with a maximum below its minimum": (
        with_value(["relations", 0, "max"], 0),
        "relations[0].max",
        "must be at least 1",
    ),
    "rule on an unknown attribute": (
        with_value(["rules", 0, "one_of"], ["nope"]),
        "rules[0].one_of[0]",
        "QUANTITY has no attribute nope",
    ),
    "question named like a label": (
        with_value(["questions", 0, "code"], "SOURCE"),
        "questions[0].code",
        "is taken",
    ),
    "surrogate": (with_value([*LABEL, "definition"], "\ud800"), "layers[0].labels[0].definition", "surrogate"),
    "NUL": (with_value([*LABEL, "example"], "\0"), "layers[0].labels[0].example", "NUL"),
}


@pytest.mark.parametrize(("data", "path", "message"), BAD.values(), ids=BAD)
def test_a_fault_is_reported_with_its_place(data, path, message):
    with pytest.raises(CodebookError) as caught:
        parse_codebook(data)

    assert caught.value.path == path
    assert message in caught.value.message


def test_too_many_labels_are_refused():
    labels = [{"code": f"L{n}", "name": f"L{n}", "definition": "x"} for n in range(63)]

    with pytest.raises(CodebookError, match="63 labels; at most 62"):
        parse_codebook(small(layers=[{"code": "a", "name": "A", "labels": labels}], relations=[], rules=[]))


def test_switches_turn_labels_attributes_relations_and_questions_on_and_off():
    book = parse_codebook(SMALL)

    off = enabled_content(book, {"QUANTITY.value": False, "tone": False})
    on = enabled_content(book, {"SOURCE": True})

    assert (attribute_names(off), off["relations"], off["questions"]) == ({"QUANTITY": ["exact"]}, [], [])
    assert off["rules"] == [{"label": "QUANTITY", "one_of": ["exact"], "message": ""}]
    assert codes(on) == [("numeric", "QUANTITY", 1), ("numeric", "SOURCE", 2)]
    assert [relation["type"] for relation in on["relations"]] == ["ATTRIBUTED_TO"]
    assert [question["code"] for question in on["questions"]] == ["tone"]
    assert enabled_content(book, {"SOURCE": True, "ATTRIBUTED_TO": False})["relations"] == []


def test_a_condition_on_an_attribute_that_is_off_asks_for_nothing():
    enabled = enabled_content(parse_codebook(SMALL), {"SOURCE": True, "QUANTITY.exact": False})
    (value,) = enabled["layers"][0]["labels"][0]["attributes"]

    assert (value["name"], value["required"], "when" in value) == ("value", False, False)
    assert [(r["min"], "unless" in r) for r in enabled["relations"]] == [(0, False)]
    assert enabled["rules"] == [{"label": "QUANTITY", "one_of": ["value"], "message": ""}]


def test_enabling_leaves_the_codebook_as_it_was():
    book = parse_codebook(SMALL)
    before = copy.deepcopy(book)

    enabled_content(book, {"SOURCE": True, "QUANTITY.exact": False})

    assert book == before


@pytest.mark.parametrize(
    ("condition", "attributes", "expected"),
    [
        (None, {}, True),
        ({"attribute": "a", "equals": "x"}, {"a": "x"}, True),
        ({"attribute": "a", "equals": "x"}, {"a": "y"}, False),
        ({"attribute": "a", "equals": "x"}, {}, False),
        ({"attribute": "a", "equals": ["x", "y"]}, {"a": "y"}, True),
        ({"attribute": "a", "equals": ["x", "y"]}, {"a": ["z", "x"]}, True),
        ({"attribute": "a", "equals": True}, {"a": True}, True),
        ({"attribute": "a", "equals": True}, {"a": 1}, False),
        ({"attribute": "a", "equals": False}, {}, True),
    ],
)
def test_condition_holds(condition, attributes, expected):
    assert condition_holds(condition, attributes) is expected


def test_switch_names_gives_the_codebooks_own_settings():
    assert switch_names(parse_codebook(SMALL)) == {
        "QUANTITY": True,
        "QUANTITY.exact": True,
        "QUANTITY.value": True,
        "SOURCE": False,
        "ATTRIBUTED_TO": True,
        "tone": True,
    }


@pytest.mark.parametrize(
    ("switches", "path"),
    [([], "switches"), ({"NOPE": True}, "switches.NOPE"), ({"SOURCE": "yes"}, "switches.SOURCE")],
)
def test_switches_that_cannot_be_meant_are_refused(switches, path):
    with pytest.raises(CodebookError) as caught:
        check_switches(parse_codebook(SMALL), switches)

    assert caught.value.path == path


def test_labels_of_names_the_layer():
    assert [(label["layer"], label["code"]) for label in labels_of(parse_codebook(SMALL))] == [
        ("numeric", "QUANTITY"),
        ("numeric", "SOURCE"),
    ]


def test_remembering_is_optional_and_leaves_older_files_as_they_are():
    assert all("remember" not in a for label in labels_of(parse_codebook(SMALL)) for a in label["attributes"])
    data = copy.deepcopy(SMALL)
    data["layers"][0]["labels"][0]["attributes"][1]["remember"] = True
    assert parse_codebook(data)["layers"][0]["labels"][0]["attributes"][1]["remember"] is True
    data["layers"][0]["labels"][0]["attributes"][1]["remember"] = "yes"
    with pytest.raises(CodebookError, match=r"attributes\[1\].remember: must be true or false"):
        parse_codebook(data)
