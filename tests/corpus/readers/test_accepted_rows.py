"""Whatever table an article came in, its text maps back to what was received."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cleaning import clean
from corpus.readers import ImportRow, read, upload
from tests.corpus.invariants import assert_maps

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.lists(st.text(LETTERS, max_size=60), max_size=6).map("\n".join),
            "title": st.text(LETTERS, max_size=60),
            "byline": st.text(LETTERS, max_size=20),
        }
    ),
    min_size=1,
    max_size=4,
)


def _csv(records):
    written = io.StringIO()
    writer = csv.DictWriter(written, ["text", "title", "byline"])
    writer.writeheader()
    writer.writerows(records)
    return written.getvalue().encode()


def _jsonl(records):
    return "\n".join(map(json.dumps, records)).encode()


def _parquet(records):
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", _csv),
        ("a.jsonl", _jsonl),
        ("a.jsonl.gz", lambda records: gzip.compress(_jsonl(records))),
        ("a.parquet", _parquet),
    ],
)
@given(records=RECORDS)
def test_every_accepted_row_arrives_as_written_and_maps_both_ways(name, write, records):
    found = list(read([upload(name, io.BytesIO(write(records)))]))

    rows = [outcome for outcome in found if isinstance(outcome, ImportRow)]
    with_words = [record for record in records if any(c.isalnum() for c in record["text"])]
    assert len(rows) >= len(with_words)
    written = [{field: value for field, value in record.items() if value} for record in records]
    for row in rows:
        assert dict(row.fields) in written
        assert_maps(clean(row.fields))
