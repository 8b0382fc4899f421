"""Every configuration of the card, and the Parquet files, with ``datasets``."""

from pathlib import Path

import datasets
from answer import answer


def read(release: str) -> dict[str, list[dict]]:
    found = {
        name: datasets.load_dataset(release, name, split="train").to_list()
        for name in datasets.get_dataset_config_names(release)
    }
    for path in sorted(Path(release, "extra", "parquet").glob("*.parquet")):
        found[f"{path.stem}.parquet"] = datasets.load_dataset("parquet", data_files=str(path), split="train").to_list()
    return found


answer("datasets", read)
