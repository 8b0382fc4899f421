"""The quick ways to fold text give what the plain ones give."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from corpus.canonical import fingerprint
from corpus.cleaning.page import Line, key_of

# Characters that fold to ASCII, to several, or to a letter although they are none, among those that do not.
ODD = st.sampled_from([*"ÉßﬁKſİ½²…’“–—漢のЖ가ไ_-. aZ9", "e\u0301", "\u0345", "\u037a", "\u212a", "\ud800"])
TEXTS = st.lists(st.one_of(ODD, st.characters(), st.text("abc ABC", max_size=5)), max_size=20).map("".join)


@given(TEXTS)
def test_a_key_is_letters_and_digits_without_case_and_accents(text):
    folded = unicodedata.normalize("NFKD", text).casefold()

    assert key_of(text) == "".join(re.findall(r"[^\W_]+", folded))


@given(TEXTS.map(lambda text: " ".join(text.encode("utf-8", "ignore").decode().split())))
def test_the_fingerprint_of_canonical_text_is_that_of_any(text):
    assert fingerprint(text, canonical=True) == fingerprint(text)


@given(TEXTS)
def test_two_characters_without_spaces_are_a_word(text):
    text = "".join(text.split())
    ideographs = re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]", text)

    line = Line(text, 0, len(text), "text", 0, normal=True)

    if line.text == text and text:
        assert line.n_words == 1 + len(ideographs) // 2
