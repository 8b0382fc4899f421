"""annotate.rendering: what the first paint of the labelling page says."""

import json
import time
from pathlib import Path

import pytest

from annotate.rendering import keys_of, layers_of, paragraphs_of, tones_of

TONE_CASES = json.loads((Path(__file__).parent.parent / "js" / "tone_cases.json").read_text(encoding="utf-8"))["cases"]
TEXT = "Head & line\n\n“No,” she 😀 said.\n\nEnd"
ARTICLE = {
    "text": TEXT,
    "zones": [{"zone": "headline", "start": 0, "end": 11}, {"zone": "body", "start": 13, "end": len(TEXT)}],
    "paragraphs": [[0, 11], [13, 30], [32, 35]],
}
CODEBOOK = {
    "digits": "flat",
    "layers": [
        {"code": "framing", "name": "Framing", "labels": [{"code": "FRAME", "name": "Frame <1>", "digit": 1}]},
        {"code": "sources", "name": "Sources", "labels": [{"code": "SOURCE", "name": "Source", "digit": 2}]},
    ],
}


def span(id_, label, start, end, fragments=None):
    return {"id": id_, "label": label, "start": start, "end": end, "fragments": fragments or [[start, end]]}


@pytest.mark.parametrize("case", TONE_CASES, ids=lambda case: case["name"])
def test_tones_on_the_shared_cases(case):
    assert tones_of(case["layers"]) == case["tones"]


def test_keys_count_by_layer_where_digits_do():
    by_layer = {
        "digits": "by_layer",
        "layers": [{"code": "a", "shortcut": "b", "labels": [{"code": "X", "digit": 1}, {"code": "Y", "digit": None}]}],
    }
    assert keys_of(CODEBOOK) == {"FRAME": "1", "SOURCE": "2"}
    assert keys_of(by_layer) == {"X": "b 1", "Y": ""}


def test_paragraphs_without_marks_are_escaped_text():
    paragraphs = paragraphs_of(ARTICLE, [], layers_of(CODEBOOK))
    assert [(p.start, p.zone, p.html) for p in paragraphs] == [
        (0, "headline", "Head &amp; line"),
        (13, "body", "“No,” she 😀 said."),
        (32, "body", "End"),
    ]


def test_pieces_name_their_marks_shortest_first_with_lanes_and_caps():
    marks = [span("aa", "SOURCE", 13, 22), span("bb", "FRAME", 19, 24)]
    html = paragraphs_of(ARTICLE, marks, layers_of(CODEBOOK))[1].html
    assert html == (
        '<mark data-span-ids="aa" data-lane0="1" data-cap0="start" aria-description="Source">“No,” </mark>'
        '<mark data-span-ids="bb aa" data-lane1="0" data-cap1="start" data-lane0="1" data-cap0="end"'
        ' aria-description="Frame &lt;1&gt;, Source">she</mark>'
        '<mark data-span-ids="bb" data-lane1="0" data-cap1="end" aria-description="Frame &lt;1&gt;"> 😀</mark>'
        " said."
    )


def test_a_fourth_overlap_is_counted_not_drawn():
    marks = [span(f"m{i}", "FRAME", 13, 30 - i) for i in range(5)]
    html = paragraphs_of(ARTICLE, marks, layers_of(CODEBOOK))[1].html
    assert 'data-more="+2"' in html
    assert "data-lane3" not in html


def test_a_label_that_is_off_is_drawn_under_its_code():
    html = paragraphs_of(ARTICLE, [span("cc", "CUE", 19, 22)], layers_of(CODEBOOK))[1].html
    assert 'aria-description="CUE">she</mark>' in html


def test_a_long_article_is_cut_in_milliseconds():
    paragraph = "word " * 60
    text = "\n\n".join([paragraph] * 100)
    size = len(paragraph)
    article = {
        "text": text,
        "zones": [{"zone": "body", "start": 0, "end": len(text)}],
        "paragraphs": [[i * (size + 2), i * (size + 2) + size] for i in range(100)],
    }
    marks = [span(f"m{i}", "FRAME", i * 100, i * 100 + 60) for i in range(300)]
    began = time.perf_counter()
    paragraphs = paragraphs_of(article, marks, layers_of(CODEBOOK))
    assert time.perf_counter() - began < 0.25
    assert sum(p.html.count("<mark") for p in paragraphs) >= 300
