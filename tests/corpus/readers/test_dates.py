"""Dates: one reading or none."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.dates import parse_date

MORNING = datetime(2024, 4, 3, 8, 0, tzinfo=UTC)
DAY = datetime(2024, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-04-03", DAY),
        ("20240403", DAY),
        (" 2024-04-03T10:00:00+02:00 ", MORNING),
        ("2024-04-03 08:00:00 UTC", MORNING),
        ("2024-04-03 10:00:00 +0200", MORNING),
        ("2024/04/03", DAY),
        ("2024/4/3 08:00", MORNING),
        ("2024.04.03", DAY),
        ("Wed, 03 Apr 2024 10:00:00 +0200", MORNING),
        ("03 Apr 2024 08:00 GMT", MORNING),
        ("3 Apr 2024 03:00:00 CDT", MORNING),
        ("3 April 2024", DAY),
        ("03-Apr-2024", DAY),
        ("April 3, 2024", DAY),
        ("Apr. 3, 2024, 08:00", MORNING),
        ("1712131200", MORNING),
        ("1712131200000", MORNING),
    ],
)
def test_a_date_with_one_reading_is_read(value, moment):
    assert parse_date(value) == moment


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("03/04/2024", "Day and month"),
        ("3.4.24", "Day and month"),
        ("27/12/2023", "Day and month"),
        ("03-04-2024 10:00", "Day and month"),
        ("2024040312", "no date"),
        ("45385", "no date"),
        ("2024", "no date"),
        ("31 Feb 2024", "no date"),
        ("3 Apr 2024 25:00", "no date"),
        ("3 Apr 2024 10:00 XYZ", "no date"),
        ("0001-01-01T00:00:00+14:00", "no date"),
        ("yesterday", "no date"),
        ("", "no date"),
        ("2024-04-03" * 50, "too long"),
    ],
)
def test_another_is_refused_with_the_remedy(value, why):
    with pytest.raises(ValueError, match=rf"{why}.*Write it as ISO 8601, e\.g\. 2023-12-27"):
        parse_date(value)


@given(st.one_of(st.text(), st.from_regex(r"[0-9A-Za-z/.:,+ -]{0,40}", fullmatch=True), st.datetimes().map(str)))
def test_any_text_is_a_moment_in_utc_or_refused(value):
    with contextlib.suppress(ValueError):
        assert parse_date(value).tzinfo is UTC
