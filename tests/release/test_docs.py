"""The reference page says of every field what the record says."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from release import records
from release.columns import columns_of, is_record
from release.records import FILES, VIEWS

PAGE = (Path(settings.BASE_DIR) / "docs" / "reference" / "release-format.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", re.MULTILINE)
NESTED = [
    kind
    for kind in vars(records).values()
    if isinstance(kind, type) and is_record(kind) and kind not in (FILES | VIEWS).values()
]


def section(heading: str) -> str:
    found = re.search(rf"^### {re.escape(heading)}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


@pytest.mark.parametrize(
    ("heading", "record"),
    [
        *((f"data/{name}.jsonl", record) for name, record in (FILES | VIEWS).items()),
        *((kind.__name__, kind) for kind in NESTED),
    ],
)
def test_every_field_has_its_row(heading: str, record: type) -> None:
    expected = [(column.name, column.meaning) for column in columns_of(record)]

    assert ROW.findall(section(heading)) == expected


def test_the_page_names_the_schema_version() -> None:
    assert f"Schema version {records.SCHEMA_VERSION}." in PAGE
