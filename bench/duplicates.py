"""Speed and accuracy of near-duplicate grouping.

``python -m bench.duplicates [--articles 6000] [--stored 20000]``. Speed: articles of the shared workload (3,600
characters each; every tenth an edited copy of another), first their sketches alone, then the whole job from reading the
texts to the groups, in a database of its own; half of them with an empty table, half with ``--stored`` made-up sketches
in it, since the rate must not fall as the corpus grows. The CPU time of client and server together tells the rate of a
machine that has nothing else to do. Accuracy: what share of edited copies is found, by kind of
edit, and how alike texts are that have nothing to do with each other.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

common = importlib.import_module("bench.import")  # sets Django up

from django.conf import settings  # noqa: E402 - only after setup
from django.db import connection  # noqa: E402

from corpus import sketches  # noqa: E402
from corpus.models import Article  # noqa: E402
from corpus.operations.duplicates import Linked, link_missing  # noqa: E402
from tests.corpus import edits  # noqa: E402
from tests.factories import make_article  # noqa: E402

JUDGED = 1000
type Edit = Callable[[str, random.Random], str]
EDITS: dict[str, Edit] = {
    "3_percent_of_words": edits.change_words,
    "another_lead": edits.change_lead,
    "last_fifth_cut": lambda text, _rng: edits.cut_tail(text),
    "all_three": lambda text, rng: edits.cut_tail(edits.change_lead(edits.change_words(text, rng), rng)),
}


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=6000)
    parser.add_argument("--stored", type=int, default=20_000)
    options = parser.parse_args(arguments)
    path = common.SHARED / "bench" / "workload.py"
    if not path.exists():
        print(f"{path} is not there; set SLANTWISE_SHARED")
        return 1
    settings.DEBUG = False
    load = os.getloadavg()[0]
    texts = _texts(common._module(path), options.articles)
    figures = _sketching(texts) | _accuracy()
    with common._own_database():
        figures |= _linking(texts, options.stored)
    result = {
        "bench": "duplicates",
        "articles": options.articles,
        "stored": options.stored,
        "load": round(load, 2),
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{name: float(f"{value:.4g}") for name, value in figures.items()},
    }
    for name, value in result.items():
        print(f"{name:34} {value}")
    print(json.dumps(result))
    return 0


def _texts(workload: object, n: int) -> list[str]:
    rng = random.Random(1)
    texts = [f"{one['title']}\n\n{one['text']}" for one in workload.articles(n)]  # type: ignore[attr-defined]
    for index in range(9, n, 10):
        texts[index] = edits.change_words(texts[index - 9], rng)
    return texts


def _rate(count: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def _sketching(texts: Sequence[str]) -> dict[str, float]:
    sketches.sketches_of(texts[:100])
    begun = time.process_time()
    rate = _rate(len(texts), lambda: sketches.sketches_of(texts))
    return {"sketches_per_s": rate, "sketches_cpu_ms": (time.process_time() - begun) / len(texts) * 1000}


def _accuracy() -> dict[str, float]:
    rng = random.Random(2)
    originals = [edits.make_text(rng, 600) for _ in range(JUDGED)]
    first = sketches.sketches_of(originals)
    bands = sketches.bands_of(first)
    least = settings.NEAR_DUPLICATE_PERCENT / 100
    figures: dict[str, float] = {}
    for name, edit in EDITS.items():
        second = sketches.sketches_of([edit(text, rng) for text in originals])
        met = (bands == sketches.bands_of(second)).any(axis=1)
        figures[f"recall_{name}"] = float((met & (sketches.similarity(first, second) >= least)).mean())
        figures[f"similarity_{name}"] = float(np.median(sketches.similarity(first, second)))
    apart = [float(sketches.similarity(np.roll(first, by, axis=0), first).max()) for by in range(1, 50)]
    figures["most_alike_of_unrelated"] = max(apart)
    return figures


def _linking(texts: Sequence[str], stored: int) -> dict[str, float]:
    half = len(texts) // 2
    figures: dict[str, float] = {}
    for name, some in (("empty", texts[:half]), ("full", texts[half:])):
        if name == "full":
            _fill(stored)
        # Only a few columns of an article matter here: the plain insert is not what is measured.
        outlets: list[Article] = [make_article(text) for text in some]
        done: list[Linked] = []
        before = time.process_time() + _backend_seconds()
        figures[f"link_with_{name}_table_per_s"] = _rate(len(some), lambda done=done: done.append(link_missing()))
        seconds = time.process_time() + _backend_seconds() - before
        figures[f"link_with_{name}_table_cpu_ms"] = seconds / len(some) * 1000
        expected = sum(1 for index in range(len(some)) if index % 10 == 9)
        figures[f"grouped_of_copies_{name}"] = done[0].grouped / (2 * expected)
        del outlets
    figures["full_to_empty"] = figures["link_with_full_table_per_s"] / figures["link_with_empty_table_per_s"]
    figures["resident_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def _backend_seconds() -> float:
    """CPU time of our connection's server process, where it runs on this machine; else 0."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _fill(n: int) -> None:
    """Sketches of articles that resemble nothing, one short article each."""
    rng = np.random.default_rng(3)
    made_up = (
        Article(raw="x", text="x", text_sha256=str(i), fingerprint=str(i), n_chars=1, cleaner_version="bench")
        for i in range(n)
    )
    keys = [article.pk for article in Article.objects.bulk_create(made_up, batch_size=2000)]
    with connection.cursor() as cursor:
        for at in range(0, n, 1000):
            some = keys[at : at + 1000]
            made = rng.integers(0, 2**32, size=(len(some), sketches.PLACES), dtype=np.uint32)
            bands = sketches.bands_of(made)
            with cursor.copy(
                "COPY corpus_articlesketch (article_id, version, signature, bands) FROM STDIN (FORMAT BINARY)"
            ) as copy:
                copy.set_types(["int8", "int2", "bytea", "int4[]"])
                for key, sketch, numbers in zip(some, made, bands.tolist(), strict=True):
                    copy.write_row((key, sketches.VERSION, sketches.to_bytes(sketch), numbers))


if __name__ == "__main__":
    raise SystemExit(main())
