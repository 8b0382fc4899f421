"""Every record set of croissant.json with ``mlcroissant``; a complaint about the file is an error."""

from pathlib import Path
from typing import Any

import mlcroissant as mlc
from answer import answer


def short(value: Any) -> Any:
    """The names of columns without those of what they stand in: annotations/spans/start is start."""
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: short(one) for key, one in value.items()}
    return [short(one) for one in value] if isinstance(value, list) else value


def read(release: str) -> dict[str, list[dict]]:
    dataset = mlc.Dataset(jsonld=Path(release, "croissant.json"))
    issues = dataset.metadata.ctx.issues
    if issues.errors or issues.warnings:
        raise SystemExit(issues.report())
    return {
        records.id: [short(record) for record in dataset.records(records.id)]
        for records in dataset.metadata.record_sets
    }


if __name__ == "__main__":
    answer("mlcroissant", read)
