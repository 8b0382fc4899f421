"""The guards guard: a reader that hangs, grows or says nothing would fail its test."""

import time

import pytest

from corpus.readers import ImportRow, Rejection
from tests.corpus.readers.fuzzing import GrowthError, HangError, check, memory_limit, time_limit


def test_a_hang_fails():
    with pytest.raises(HangError), time_limit(0.05):
        time.sleep(5)


def test_growth_fails_and_is_measured_anew_each_time():
    for _ in range(2):
        with pytest.raises(GrowthError, match="MiB more"), memory_limit(8 << 20):
            bytes(b"x" * (32 << 20))
    with memory_limit(8 << 20):
        bytes(b"x" * (1 << 20))


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Rejection("a", 0, "", "code", "Message."), id="line 0"),
        pytest.param(Rejection("a", 1, "", "", "Message."), id="no code"),
        pytest.param(Rejection("a", 1, "", "code", ""), id="no message"),
        pytest.param(Rejection("a", 1, "", "code", "NUL \x00."), id="NUL"),
        pytest.param(Rejection("a", 1, "", "code", "Message.", "x" * 201), id="long excerpt"),
        pytest.param(ImportRow("a", 1, {"text": " "}), id="no text"),
        pytest.param(ImportRow("a", 1, {"text": "a", "colour": "red"}), id="a field that is none"),
    ],
)
def test_what_the_import_could_not_store_fails(outcome):
    with pytest.raises(AssertionError):
        check(outcome)


def test_a_lone_surrogate_fails():
    with pytest.raises(UnicodeEncodeError):
        check(ImportRow("a", 1, {"text": "\ud800"}))
