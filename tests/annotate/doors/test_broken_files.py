"""Files that are broken anywhere: every reader says so, none falls over."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.codebook import enabled_content, parse_codebook
from annotate.doors.alignment import ArticleText, align, own_text
from annotate.doors.files import InputFile
from annotate.doors.formats import BY_NAME
from annotate.doors.labels import Names
from annotate.doors.records import GivenReading, Refused
from annotate.operations.doors import DoorResult, DoorSettings
from annotate.operations.doors.contents import Contents
from tests.annotate.doors import exports
from tests.annotate.doors.exports import TEXT
from tests.factories import codebook_content

CONTENT = parse_codebook(codebook_content())
ENABLED = enabled_content(CONTENT, {})
OURS = {
    "article": "a", "annotator": "mara", "status": "complete", "seconds": 3, "round": 1, "submitted": "2026-01-01T00:00:00Z",
    "spans": [{"id": "x", "label": "SOURCE", "fragments": [[0, 5], [8, 9]], "text": "Crowd", "attributes": {"value": [1]}},
              {"label": "QUANTITY", "start": 1, "end": 3, "unsure": True, "confidence": 0.5, "comment": "c"}],
    "relations": [{"type": "ATTRIBUTED_TO", "from_span": 1, "to_span": "x"}], "answers": {"tone": "pro"},
}  # fmt: skip
RELEASED = {
    "annotation_id": "7", "article_id": "a", "annotator_id": "a1", "round": 1, "status": "complete", "seconds": 1,
    "submitted": None, "article_labels": [{"name": "t", "value": "x", "number": None}],
    "spans": [{"span_id": "1", "label": "SOURCE", "fragments": [{"start": 0, "end": 5, "text": "Crowd"}], "start": 0, "end": 5,
               "text": "Crowd", "attributes": [{"name": "value", "value": "1", "number": 1.0}]}],
    "relations": [{"relation_id": "2", "type": "ATTRIBUTED_TO", "from_span": "1", "to_span": "1"}],
}  # fmt: skip
FILES: dict[str, tuple[str, Any]] = {
    "slantwise": ("a.jsonl", OURS),
    "release": ("a.jsonl", RELEASED),
    "label-studio": ("a.json", json.loads(exports.label_studio())),
    "doccano": ("mara.jsonl", json.loads(exports.doccano())),
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=3), st.just([]), st.just({}),
    st.just([[]]), st.just([{}]), st.just({"a": []}), st.just(["\0\ud800"]),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, entry in inner for place in places(entry, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], junk)
    return copy


def take(name: str, *files: tuple[str, str]) -> None:
    """Read, and judge what was read as an import does."""
    inputs = [InputFile(path, PurePosixPath(path), content.encode("utf-8", "surrogatepass")) for path, content in files]
    for entry in BY_NAME[name].read(inputs):
        assert isinstance(entry, GivenReading | Refused)
        if isinstance(entry, GivenReading):
            article = ArticleText(TEXT, TEXT, [], [])
            alignment = own_text(article) if entry.text is None else align(entry.text, article, entry.gaps)
            if alignment is not None:
                contents = Contents(ENABLED, Names.of(ENABLED, CONTENT), DoorSettings(), DoorResult())
                contents.rows(entry, alignment, TEXT, "scope")
            assert all(isinstance(refused, Refused) for refused in entry.refused)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=120)
@given(data=st.data())
def test_any_value_may_be_anything(kind: str, data: st.DataObject):
    name, whole = FILES[kind]
    place = data.draw(st.sampled_from(places(whole)))
    broken = replaced(whole, place, data.draw(JUNK))
    take("slantwise" if kind == "release" else kind, (name, json.dumps(broken)))


@pytest.mark.parametrize(("name", "content"), [("webanno-tsv", exports.webanno()), ("brat", exports.brat())])
@settings(max_examples=120)
@given(data=st.data())
def test_any_stretch_may_be_missing_or_other(name: str, content: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 12, len(content))))
    other = data.draw(st.text(st.sampled_from("\t\n|[]_*-0123456789;T#.\\ab"), max_size=4))
    path = "mara/a.tsv" if name == "webanno-tsv" else "mara/a.ann"
    take(name, (path, content[:start] + other + content[end:]), *([("mara/a.txt", TEXT)] if name == "brat" else []))
