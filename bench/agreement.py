"""Speed of agreement on the common workload, beside the ``krippendorff`` package measured in the same run.

``python -m bench.agreement [--documents 1000] [--repeats 5] [--without-reference]``. The workload is read from
``$SLANTWISE_SHARED/bench/workload.py`` (default: ``../shared`` beside the checkout). Times are CPU seconds of this
process, best of the repeats; the reference is timed on a matrix made beforehand, so only its own work counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import krippendorff
import numpy as np

from agreement import Document, Mark, document_metrics, document_rows, metric_names, metrics

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SLANTWISE_SHARED", ROOT.parent / "shared"))
ANNOTATORS = 5
RESAMPLES = 1000
# No peer scores spans; the reference library is measured in the same run. From shared/bench/README.md.
PEERS = {
    "doccano 1.8.4": "no agreement for spans",
    "Label Studio 1.23": "none in the free edition",
    "Potato 2.12": "null on the running server",
    "krippendorff 0.9": "4.3-5.2 CPU s overall, 7.6-8.3 s with three labels",
}


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--without-reference", action="store_true", help="it takes seconds and 1.7 GB")
    options = parser.parse_args(arguments)
    path = SHARED / "bench" / "workload.py"
    if not path.exists():
        print(f"{path} is not there; set SLANTWISE_SHARED")
        return 1
    workload = _module(path)
    labels = list(workload.LABELS)
    documents = _documents(workload, options.documents)
    load = os.getloadavg()[0]
    figures = _ours(documents, labels, options.repeats)
    figures["peak_mib_ours"] = _peak_mib()
    if not options.without_reference:
        figures |= _reference(documents, labels, min(options.repeats, 2))
        figures["peak_mib_with_reference"] = _peak_mib()
        figures["times_faster"] = figures["reference_overall_and_labels_s"] / figures["overall_and_labels_s"]
    result = {
        "bench": "agreement",
        "documents": len(documents),
        "annotators": ANNOTATORS,
        "spans": sum(len(document.marks) for document in documents),
        "characters": sum(document.length for document in documents),
        "load": round(load, 2),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "krippendorff": version("krippendorff"),
        **{name: _short(figure) for name, figure in figures.items()},
    }
    for name, value in result.items():
        print(f"{name:34} {value}")
    for name, recorded in PEERS.items():
        print(f"{'recorded: ' + name:34} {recorded}")
    print(json.dumps(result))
    return 0


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("workload", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _documents(workload: ModuleType, n: int) -> list[Document]:
    names = tuple(f"a{k}" for k in range(ANNOTATORS))
    return [
        Document(
            f"{article['id']:06}",
            len(article["text"]),
            names,
            tuple(
                Mark(names[k], span["start"], span["end"], span["label"])
                for k in range(ANNOTATORS)
                for span in workload.spans(article, k)
            ),
        )
        for article in workload.articles(n)
    ]


def _short(figure: float) -> float:
    return float(f"{figure:.4g}")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _seconds(work: Callable[[], object], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return best


def _alphas(labels: list[str]) -> list[str]:
    return ["char_alpha_set_nominal", *(f"char_alpha_label:{label}" for label in labels)]


def _ours(documents: list[Document], labels: list[str], repeats: int) -> dict[str, float]:
    alphas = _alphas(labels)
    characters = [name for name in metric_names(labels) if name.startswith("char_")]
    matchings = [name for name in metric_names(labels) if name.startswith("span_")]
    rows = {document.id: document_rows(document, labels) for document in documents}
    one = _seconds(lambda: [document_rows(document, labels) for document in documents[:50]], repeats) / 50
    plain = _seconds(lambda: document_metrics(documents, labels, names=characters), repeats)
    resampled = _seconds(lambda: document_metrics(documents, labels, RESAMPLES, names=characters), repeats)
    return {
        "overall_s": _seconds(lambda: document_metrics(documents, labels, names=alphas[:1]), repeats),
        "overall_and_labels_s": _seconds(lambda: document_metrics(documents, labels, names=alphas), repeats),
        "all_character_alphas_s": plain,
        "bootstrap_1000_more_s": resampled - plain,
        "span_f1_families_s": _seconds(lambda: document_metrics(documents, labels, names=matchings), min(repeats, 2)),
        "one_document_again_ms": one * 1000,
        "rows": sum(map(len, rows.values())),
        "everything_from_rows_s": _seconds(lambda: metrics(rows, labels), repeats),
        "everything_from_rows_1000_s": _seconds(lambda: metrics(rows, labels, RESAMPLES), min(repeats, 2)),
    }


def _reference(documents: list[Document], labels: list[str], repeats: int) -> dict[str, float]:
    bits = {label: 1 << i for i, label in enumerate(labels)}
    sets = np.zeros((ANNOTATORS, sum(document.length for document in documents)), dtype=np.int16)
    offset = 0
    for document in documents:
        for mark in document.marks:
            row = document.annotators.index(mark.annotator)
            sets[row, offset + mark.start : offset + mark.end] |= bits[mark.label]
        offset += document.length
    masks = {"char_alpha_set_nominal": -1} | {f"char_alpha_label:{label}": bit for label, bit in bits.items()}
    found = document_metrics(documents, labels, names=list(masks))
    seconds, difference = {}, 0.0
    for name, mask in masks.items():
        matrix = sets & mask
        values: list[float] = []
        seconds[name] = _seconds(
            lambda matrix=matrix, values=values: values.append(
                krippendorff.alpha(matrix, level_of_measurement="nominal")
            ),
            repeats,
        )
        value = found[name].value
        assert value is not None
        difference = max(difference, abs(values[0] - value))
    return {
        "reference_overall_s": seconds["char_alpha_set_nominal"],
        "reference_overall_and_labels_s": sum(seconds.values()),
        "greatest_difference": difference,
    }


if __name__ == "__main__":
    raise SystemExit(main())
