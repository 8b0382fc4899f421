"""What the script of a text asks of the page."""

import pytest

from corpus.borders import sentences_of
from corpus.scripts import direction_of, lacks_word_borders

ARABIC = "قال رئيس البلدية إن نحو 7,500 شخص غادروا المدينة."
HEBREW = "ראש העיר אמר כי כ־7,500 איש עזבו את העיירה."


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        (ARABIC, "rtl"),
        (HEBREW, "rtl"),
        ("The mayor said مرحبا to everybody.", "ltr"),
        ("قال العمدة OK للجميع أمس.", "rtl"),
        ("7,500 – 100 %", "ltr"),
        ("", "ltr"),
    ],
)
def test_direction_is_that_of_most_letters(text, direction):
    assert direction_of(text) == direction


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("大约七千五百人离开了小镇。", True),
        ("町を出た人は約七千五百人だった。", True),
        ("ประมาณเจ็ดพันห้าร้อยคนออกจากเมือง", True),
        ("About 7,500 people left the town (小镇).", False),
        ("마을을 떠난 사람은 약 7,500명이었다.", False),
        (ARABIC, False),
        ("", False),
    ],
)
def test_words_are_unknown_where_a_script_writes_no_spaces(text, lacks):
    assert lacks_word_borders(text) is lacks


def test_an_arabic_question_ends_its_sentence():
    text = "هل عادوا؟ نعم عادوا."
    assert sentences_of(text) == [0, 9, 10, len(text)]
