"""Every data file, and the Parquet files, with pandas."""

from pathlib import Path

import pandas as pd
from answer import answer


def read(release: str) -> dict[str, list[dict]]:
    found = {
        path.stem: pd.read_json(path, lines=True, dtype=False, precise_float=True).to_dict("records")
        for path in sorted(Path(release, "data").glob("*.jsonl"))
    }
    for path in sorted(Path(release, "extra", "parquet").glob("*.parquet")):
        found[path.name] = pd.read_parquet(path).to_dict("records")
    return found


if __name__ == "__main__":
    answer("pandas", read)
