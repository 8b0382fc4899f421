"""Every data file with records, and the Parquet files, with polars."""

from pathlib import Path

import polars as pl
from answer import answer


def read(release: str) -> dict[str, list[dict]]:
    found = {
        path.stem: pl.read_ndjson(path, infer_schema_length=None).to_dicts()
        for path in sorted(Path(release, "data").glob("*.jsonl"))
        if path.stat().st_size
    }
    for path in sorted(Path(release, "extra", "parquet").glob("*.parquet")):
        found[path.name] = pl.scan_parquet(path).collect().to_dicts()
    return found


if __name__ == "__main__":
    answer("polars", read)
