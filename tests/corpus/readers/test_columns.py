"""Whose column is which field."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.columns import KNOWN_NAMES, guess_columns, mapping_for
from corpus.readers.rows import FIELDS, BadFieldError


@pytest.mark.parametrize(
    ("header", "guessed"),
    [
        pytest.param(
            ["", "Headline", "Article Text", "Publisher", "URL", "Pub-Date", "Author", "Lang"],
            {
                "title": "Headline",
                "text": "Article Text",
                "outlet": "Publisher",
                "url": "URL",
                "published": "Pub-Date",
                "byline": "Author",
                "language": "Lang",
            },
            id="English",
        ),
        pytest.param(
            ["Título", "Cuerpo", "Medio", "Enlace", "Fecha", "Autor", "Idioma"],
            {
                "title": "Título",
                "text": "Cuerpo",
                "outlet": "Medio",
                "url": "Enlace",
                "published": "Fecha",
                "byline": "Autor",
                "language": "Idioma",
            },
            id="Spanish",
        ),
        pytest.param(
            ["maintext", "source_domain", "date_publish", "title", "authors", "filename"],
            {
                "text": "maintext",
                "outlet": "source_domain",
                "published": "date_publish",
                "title": "title",
                "byline": "authors",
            },
            id="news-please",
        ),
        pytest.param(["content", "body"], {"text": "body"}, id="the surer of two"),
        pytest.param(["Text", "text", "id"], {"id": "id"}, id="two alike"),
        pytest.param(["a", "b"], {}, id="nothing known"),
    ],
)
def test_columns_are_guessed_by_well_known_names(header, guessed):
    assert guess_columns(header) == guessed


def test_no_name_stands_for_two_fields():
    names = [name for names in KNOWN_NAMES.values() for name in names]

    assert len(names) == len(set(names))
    assert set(KNOWN_NAMES) == set(FIELDS)


def test_what_is_said_goes_before_what_is_guessed():
    header = ["id", "body", "title", "source"]

    assert mapping_for(header, {"text": "title", "outlet": ""}) == {"text": "title", "id": "id"}


@pytest.mark.parametrize(
    ("header", "columns", "field", "code", "words"),
    [
        (["a", "b"], {}, "text", "no_text_column", "a, b. Say which it is: --column text=COLUMN"),
        ([], {}, "text", "no_text_column", "none"),
        (["a", "b"], {"text": "c"}, "text", "no_such_column", "no column c. The columns are: a, b"),
        (["a", "b"], {"body": "a"}, "", "no_such_field", "no field 'body'. Choose one of: id, title, text"),
        (["a", "a"], {"text": "a"}, "text", "duplicate_column", "stands twice"),
        (["text", "title", "title"], {}, "title", "duplicate_column", "--column title=."),
        (["text", "Text"], {}, "text", "duplicate_column", "text, Text. Say which: --column text=COLUMN"),
        ([f"c{n}" for n in range(30)], {}, "text", "no_text_column", "c19, and 10 more"),
    ],
)
def test_a_table_that_cannot_be_mapped_says_why(header, columns, field, code, words):
    with pytest.raises(BadFieldError) as caught:
        mapping_for(header, columns)

    assert (caught.value.field, caught.value.code) == (field, code)
    assert words in caught.value.message


def test_a_field_left_out_may_stand_twice():
    assert mapping_for(["text", "title", "title"], {"title": ""}) == {"text": "text"}


@given(st.lists(st.text(max_size=10) | st.sampled_from(["text", "Title", "title", "url"])))
def test_a_mapping_names_columns_that_stand_once(header):
    with contextlib.suppress(BadFieldError):
        mapping = mapping_for(header, {})
        assert all(header.count(column) == 1 for column in mapping.values())
        assert len(set(mapping.values())) == len(mapping)
