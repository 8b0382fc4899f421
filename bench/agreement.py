"""Speed of agreement on the common workload, beside the ``krippendorff`` package measured in the same run.

``python -m bench.agreement [--documents 1000] [--repeats 3] [--without-reference]``. The workload is read from
``$SLANTWISE_SHARED/bench/workload.py`` (default: ``../shared`` beside the checkout). Times are CPU seconds of this
process, best of the repeats; the reference is timed on a matrix made beforehand, so only its own work counts. Extra
memory is what Python and numpy allocated at most while the figures were computed. The unitizing family is timed on the
workload and, as an annotator who overlaps himself leaves it undefined, on the workload without such spans too.

Gamma is compared with recorded times of pygamma-agreement, which needs an environment of its own. Its statistic is the
joint gamma, as is ours; pairwise gamma is another statistic.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import krippendorff
import numpy as np

from agreement import Document, Mark, document_metrics, document_rows, label_models, metric_names, metrics
from agreement.gamma import joint_disorder, pairwise_disorder

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
    "pygamma-agreement 0.5.9": "10 documents of 5 annotators 108.6 CPU s (GLPK_MI), 22.2 with its window (fast)",
}
# CPU seconds a document, five annotators with some twelve spans, 30 random texts (agreement.md of the shared folder).
PYGAMMA_EXACT = 10.86
PYGAMMA_FAST = 2.22
GAMMA_DOCUMENTS = 10
SIZES = (8, 4, 2, 1)


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
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
    figures |= _gamma(documents[:GAMMA_DOCUMENTS])
    sizes = _sizes(documents, labels, options.repeats)
    figures["peak_mib_ours"] = _peak_mib()
    if not options.without_reference:
        figures |= _reference(documents, labels, min(options.repeats, 2))
        figures["peak_mib_with_reference"] = _peak_mib()
        figures["times_faster"] = figures["reference_overall_and_labels_s"] / figures["overall_and_labels_s"]
    result: dict[str, object] = {
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
    print()
    for row in (list(sizes[0]), *(row.values() for row in sizes)):
        print("".join(f"{cell:>14}" for cell in row))
    print()
    result["sizes"] = sizes
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


def _extra_mib(work: Callable[[], object]) -> float:
    """The most that was allocated at once beyond what was there before; numpy reports its memory too."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def _alphas(labels: list[str]) -> list[str]:
    return ["char_alpha_set_nominal", *(f"char_alpha_label:{label}" for label in labels)]


def _ours(documents: list[Document], labels: list[str], repeats: int) -> dict[str, float]:
    alphas = _alphas(labels)
    characters = [name for name in metric_names(labels) if name.startswith("char_")]
    matchings = [name for name in metric_names(labels) if name.startswith("span_")]
    rows = {document.id: document_rows(document, labels) for document in documents}
    unitizing = [name for name in metric_names(labels) if name.startswith(("u_", "cu_", "ku_"))]
    apart = _without_own_overlaps(documents)
    one = _seconds(lambda: [document_rows(document, labels) for document in documents[:50]], repeats) / 50
    plain = _seconds(lambda: document_metrics(documents, labels, names=characters), repeats)
    resampled = _seconds(lambda: document_metrics(documents, labels, RESAMPLES, names=characters), repeats)
    return {
        "overall_s": _seconds(lambda: document_metrics(documents, labels, names=alphas[:1]), repeats),
        "overall_and_labels_s": _seconds(lambda: document_metrics(documents, labels, names=alphas), repeats),
        "all_character_alphas_s": plain,
        "extra_mib": _extra_mib(lambda: document_metrics(documents, labels, names=alphas)),
        "bootstrap_1000_more_s": resampled - plain,
        "span_f1_families_s": _seconds(lambda: document_metrics(documents, labels, names=matchings), min(repeats, 2)),
        "u_alpha_family_s": _seconds(lambda: document_metrics(documents, labels, names=unitizing), repeats),
        "u_alpha_family_defined_s": _seconds(lambda: document_metrics(apart, labels, names=unitizing), repeats),
        "dawid_skene_s": _seconds(lambda: label_models(documents, labels), min(repeats, 2)),
        "one_document_again_ms": one * 1000,
        "rows": sum(map(len, rows.values())),
        "everything_from_rows_s": _seconds(lambda: metrics(rows, labels), repeats),
        "everything_from_rows_1000_s": _seconds(lambda: metrics(rows, labels, RESAMPLES), min(repeats, 2)),
    }


def _without_own_overlaps(documents: Sequence[Document]) -> list[Document]:
    """Of each annotator's spans those that do not begin within an earlier one."""
    result = []
    for document in documents:
        reached = dict.fromkeys(document.annotators, 0)
        kept = []
        for mark in sorted(document.marks, key=lambda mark: (mark.start, mark.end, mark.label)):
            if mark.start >= reached[mark.annotator]:
                reached[mark.annotator] = mark.end
                kept.append(mark)
        result.append(replace(document, marks=tuple(kept)))
    return result


def _gamma(documents: Sequence[Document]) -> dict[str, float]:
    pairwise = _seconds(lambda: [pairwise_disorder(document, 0) for document in documents], 1) / len(documents)
    joint = _seconds(lambda: [joint_disorder(document, 0) for document in documents], 1) / len(documents)
    return {
        "gamma_pairwise_document_s": pairwise,
        "gamma_pairwise_times_faster_than_recorded_pygamma": PYGAMMA_EXACT / pairwise,
        "gamma_pairwise_times_faster_than_recorded_pygamma_fast": PYGAMMA_FAST / pairwise,
        "gamma_joint_document_s": joint,
        "gamma_joint_times_faster_than_recorded_pygamma": PYGAMMA_EXACT / joint,
    }


def _sizes(documents: list[Document], labels: list[str], repeats: int) -> list[dict[str, float]]:
    """CPU milliseconds per 1,000 spans for an eighth to all of the documents, and for all with texts ten times as long.

    Linear in spans: the columns stay level. Independent of length: the last row is like the one above it.
    """
    families = {
        "alphas": _alphas(labels),
        "span_f1": [name for name in metric_names(labels) if name.startswith("span_")],
        "unitizing": [name for name in metric_names(labels) if name.startswith(("u_", "cu_", "ku_"))],
    }
    corpora = [documents[: len(documents) // share] for share in SIZES]
    corpora.append([replace(document, length=10 * document.length) for document in documents])
    table = []
    for corpus in corpora:
        spans = sum(len(document.marks) for document in corpus)
        row: dict[str, float] = {
            "documents": len(corpus),
            "spans": spans,
            "characters": sum(document.length for document in corpus),
        }
        for family, names in families.items():
            seconds = _seconds(
                lambda corpus=corpus, names=names: document_metrics(corpus, labels, names=names), repeats
            )
            row[f"{family}_ms"] = _short(1e6 * seconds / spans)
        table.append(row)
    return table


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
