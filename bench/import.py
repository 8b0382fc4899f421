"""Speed of importing articles, beside plain COPY and row-by-row ``save()`` of the same rows in the same run.

``python -m bench.import [--articles 20000]``. The articles are those of ``$SLANTWISE_SHARED/bench/workload.py``
(default: ``../shared`` beside the checkout) as JSON Lines. Everything runs in a database of its own, which is dropped
afterwards. COPY and ``save()`` get rows that were cleaned beforehand: they measure the database alone. Import and COPY
take turns, ``--rounds`` times, and the best of each counts: other programs can only make either slower.

``python -m bench.import --memory 1000 10000 100000 [--characters 200]``: resident memory of the import, all its
processes summed (shared pages count in each), over what it was before the first.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import django

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SLANTWISE_SHARED", ROOT.parent / "shared"))

sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
django.setup()

from django.conf import settings  # noqa: E402 - only after setup
from django.db import connection, transaction  # noqa: E402
from psycopg.types.json import Jsonb  # noqa: E402

from corpus.cleaning import clean  # noqa: E402
from corpus.models import Article  # noqa: E402
from corpus.operations import borders_for, import_rows  # noqa: E402
from corpus.readers import ImportRow, read, sources_of  # noqa: E402

# Recorded with the same workload on the same kind of machine (shared/bench/README.md), articles a second.
PEERS = {"doccano 1.8.4": "631-745", "Label Studio 1.23": "1064-1204 (loaded)", "Potato 2.12": "at start-up only"}
SAVED = 2000  # rows saved one by one are slow: a sample is enough for a rate
BORDERED = 200
MIB = 1 << 20


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--memory", type=int, nargs="+", metavar="N", help="Measure memory instead, at these sizes.")
    parser.add_argument("--characters", type=int, default=0, help="With --memory: short made texts of this length.")
    options = parser.parse_args(arguments)
    path = SHARED / "bench" / "workload.py"
    if not path.exists():
        print(f"{path} is not there; set SLANTWISE_SHARED")
        return 1
    # Queries are recorded in DEBUG, which would be measured too.
    settings.DEBUG = False
    load = os.getloadavg()[0]
    with _own_database(), tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "articles.jsonl"
        if options.memory:
            return _measure_memory(file, _module(path), options.memory, options.characters)
        _write(file, _module(path).articles(options.articles))
        figures = _measure(file, options.articles, options.rounds)
    result = {
        "bench": "import",
        "articles": options.articles,
        "load": round(load, 2),
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgres": figures.pop("postgres"),
        **{name: float(f"{value:.4g}") for name, value in figures.items() if isinstance(value, float)},
    }
    for name, value in result.items():
        print(f"{name:34} {value}")
    for name, rate in PEERS.items():
        print(f"{'recorded: ' + name:34} {rate} articles/s")
    print(json.dumps(result))
    return 0


@contextmanager
def _own_database() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_import_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _write(file: Path, articles: Iterable[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for article in articles:
            stream.write(json.dumps(article | {"outlet": f"Outlet {article['id'] % 20}"}, ensure_ascii=False) + "\n")


def _measure(file: Path, n: int, rounds: int) -> dict[str, float | str]:
    sample = list(islice((row for row in read(sources_of([file])) if isinstance(row, ImportRow)), 2000))
    figures: dict[str, float | str] = {}

    def rate(name: str, count: int, work: Callable[[], object]) -> None:
        """The best rate, and CPU for each article: the machine's load moves the first, hardly the second."""
        cpu, wall = _cpu(), time.perf_counter()
        work()
        figures[f"{name}_per_s"] = max(count / (time.perf_counter() - wall), float(figures.get(f"{name}_per_s", 0)))
        for where, before, after in zip(("client", "cleaners", "server"), cpu, _cpu(), strict=True):
            figures[f"{name}_{where}_cpu_ms"] = (after - before) / count * 1000

    rate("read", n, lambda: sum(1 for _ in read(sources_of([file]))))
    rate("clean", len(sample), lambda: [clean(row.fields) for row in sample])
    for _ in range(rounds):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE corpus_article, corpus_importbatch CASCADE")
        rate("import", n, lambda: _import(file))
        articles = list(Article.objects.order_by("pk"))
        assert len(articles) == n
        rate("copy", n, partial(_copy, articles))
    rate("duplicates", n, lambda: _import(file))
    some, bordered = articles[:SAVED], articles[:BORDERED]
    rate("save", len(some), lambda: _save(some))
    rate("borders", len(bordered), lambda: [borders_for(article) for article in bordered])
    for other in ("copy", "save"):
        figures[f"import_to_{other}"] = float(figures["import_per_s"]) / float(figures[f"{other}_per_s"])
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        figures["postgres"] = cursor.fetchone()[0]
    return figures


def _import(file: Path) -> None:
    import_rows(rows=read(sources_of([file])), source="bench", format="jsonl")


def _cpu() -> tuple[float, float, float]:
    """Seconds of this process, of its children that ended, and of our connection's server process."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    server = 0.0
    if stat.exists():
        fields = stat.read_text().rpartition(")")[2].split()
        server = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time(), children.ru_utime + children.ru_stime, server


def _measure_memory(file: Path, workload: ModuleType, sizes: list[int], characters: int) -> int:
    start = _resident()
    figures = {}
    for n in sizes:
        _write(file, _short(n, characters) if characters else workload.articles(n))
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE corpus_article, corpus_importbatch CASCADE")
        with _Peak() as peak:
            begun = time.perf_counter()
            _import(file)
            took = time.perf_counter() - begun
        figures[n] = round((peak.most - start) / MIB, 1)
        print(
            f"{n:9,} articles: {figures[n]:6.1f} MiB over the start ({start / MIB:.1f} MiB), {n / took:,.0f}/s",
            flush=True,
        )
    print(json.dumps({"bench": "import_memory", "characters": characters or 3600, "mib_over_start": figures}))
    return 0


def _short(n: int, characters: int) -> Iterator[dict[str, Any]]:
    filling = "and so it goes on " * (characters // 18 + 1)
    for number in range(n):
        yield {"id": number, "text": f"Headline {number}\n\nThe report of number {number} {filling}"[:characters]}


def _resident() -> int:
    """Bytes of this process and its cleaners; a child that is only just forked shows our own pages as its."""
    pids = ["self"]
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            pids += (thread / "children").read_text().split()
    total = 0
    for pid in pids:
        with suppress(OSError):
            if pid != "self" and "corpus.crew" not in Path(f"/proc/{pid}/cmdline").read_text():
                continue
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total


class _Peak:
    """The most memory seen while it is entered, looked at twenty times a second."""

    def __init__(self) -> None:
        self.most = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.most = max(self.most, _resident())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def _copy(articles: list[Article]) -> None:
    """The same rows into a table with the same columns and indexes, as fast as Postgres takes them."""
    fields = [field for field in Article._meta.concrete_fields if field.column != "id"]
    json_columns = {field.column for field in fields if field.get_internal_type() == "JSONField"}
    columns = [field.column for field in fields]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copy")
        cursor.execute("CREATE TABLE bench_copy (LIKE corpus_article INCLUDING ALL)")
        with cursor.copy(f"COPY bench_copy ({', '.join(columns)}) FROM STDIN") as copy:
            for article in articles:
                values = ((field.column, getattr(article, field.attname)) for field in fields)
                copy.write_row([Jsonb(value) if column in json_columns else value for column, value in values])


def _save(articles: list[Article]) -> None:
    """One INSERT a row in one transaction, which is taken back."""
    with transaction.atomic():
        Article.objects.filter(pk__in=[article.pk for article in articles]).delete()
        for article in articles:
            article.save(force_insert=True)
        transaction.set_rollback(True)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("workload", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    raise SystemExit(main())
