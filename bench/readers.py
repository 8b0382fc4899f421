"""Speed of reading each format, the database left out: records a second, by the clock and by CPU, and memory.

``python -m bench.readers [--articles 5000]``. The articles are those of ``$SLANTWISE_SHARED/bench/workload.py``, 3,600
characters on average, written once in each format whose library is installed. Reading is all that is measured: bytes in,
checked rows out. ``peak_mib`` is what the process grew by while reading.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import importlib
import importlib.util
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SLANTWISE_SHARED", ROOT.parent / "shared"))
sys.path.insert(0, str(ROOT))

from corpus.readers import ALL, read, sources_of  # noqa: E402 - only with the root on the path
from corpus.readers.rows import ImportRow  # noqa: E402

PAGES = 200  # pages are slow: a sample is enough for a rate
type Articles = list[dict[str, str]]


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=5000)
    options = parser.parse_args(arguments)
    path = SHARED / "bench" / "workload.py"
    if not path.exists():
        print(f"{path} is not there; set SLANTWISE_SHARED")
        return 1
    articles = [
        {name: str(value) for name, value in article.items()} for article in _module(path).articles(options.articles)
    ]
    result: dict[str, object] = {"bench": "readers", "articles": options.articles, "load": round(os.getloadavg()[0], 2)}
    installed = {format.name for format in ALL if format.is_installed}
    print(f"{'file':14} {'MB':>8} {'records/s':>10} {'per CPU s':>10} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as directory:
        for name, (format, write, most) in WRITERS.items():
            if format not in installed:
                continue
            file = Path(directory) / name
            some = articles[:most]
            write(file, some)
            figures = _measure(file, len(some))
            result |= {f"{name}_{figure}": value for figure, value in figures.items()}
            print(
                f"{name:14} "
                + " ".join(
                    f"{figures[f]:>{w},}" for f, w in (("mb", 8), ("per_s", 10), ("per_cpu_s", 10), ("peak_mib", 9))
                )
            )
    print(json.dumps(result))
    return 0


def _measure(file: Path, n: int) -> dict[str, float]:
    sources = sources_of([file])
    next(read(sources))  # libraries are loaded
    before, cpu, wall = _peak_kib(fresh=True), time.process_time(), time.perf_counter()
    found = sum(isinstance(row, ImportRow) for row in read(sources))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert found == n, f"{file.name}: {found} of {n}"
    size = sum(f.stat().st_size for f in file.rglob("*")) if file.is_dir() else file.stat().st_size
    return {
        "mb": round(size / 1e6, 1),
        "per_s": round(n / wall),
        "per_cpu_s": round(n / cpu),
        "peak_mib": round((_peak_kib() - before) / 1024),
    }


def _peak_kib(*, fresh: bool = False) -> int:
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if fresh:
        clear.write_text("5", encoding="ascii")
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))


def _jsonl(file: Path, articles: Articles) -> None:
    lines = (json.dumps(article, ensure_ascii=False) + "\n" for article in articles)
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress("".join(lines).encode()))
    else:
        file.write_text("".join(lines), encoding="utf-8")


def _csv(file: Path, articles: Articles) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(articles[0]))
        writer.writeheader()
        writer.writerows(articles)


def _parquet(file: Path, articles: Articles) -> None:
    pa, pq = _library("pyarrow"), _library("pyarrow.parquet")
    pq.write_table(pa.Table.from_pylist(articles), file)


def _arrow(file: Path, articles: Articles) -> None:
    pa = _library("pyarrow")
    table = pa.Table.from_pylist(articles)
    with pa.ipc.new_stream(str(file), table.schema) as writer:
        writer.write_table(table, max_chunksize=1000)


def _texts(file: Path, articles: Articles) -> None:
    _files(file, ".txt", (f"{article['title']}\n\n{article['text']}" for article in articles))


def _pages(file: Path, articles: Articles) -> None:
    _files(file, ".html", (_page(article) for article in articles))


def _files(directory: Path, suffix: str, contents: Iterable[str]) -> None:
    directory.mkdir()
    for number, content in enumerate(contents):
        (directory / f"{number:06}{suffix}").write_text(content, encoding="utf-8")


def _page(article: dict[str, str]) -> str:
    paragraphs = "".join(f"<p>{html.escape(p)}</p>" for p in article["text"].split("\n") if p.strip())
    title = html.escape(article["title"])
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<nav><a href='/'>Home</a></nav><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


def _feed(file: Path, articles: Articles) -> None:
    items = "".join(
        f"<item><title>{escape(a['title'])}</title><content:encoded>{escape('<p>' + html.escape(a['text']) + '</p>')}"
        "</content:encoded></item>"
        for a in articles
    )
    file.write_text(
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Outlet</title>'
        f"{items}</channel></rss>",
        encoding="utf-8",
    )


def _library(name: str) -> ModuleType:
    return importlib.import_module(name)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("workload", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# File or directory -> format, what writes it, at most how many articles.
WRITERS: dict[str, tuple[str, Callable[[Path, Articles], None], int | None]] = {
    "texts": ("text", _texts, 2000),
    "a.jsonl": ("jsonl", _jsonl, None),
    "a.jsonl.gz": ("jsonl", _jsonl, None),
    "a.csv": ("csv", _csv, None),
    "a.parquet": ("parquet", _parquet, None),
    "a.arrow": ("parquet", _arrow, None),
    "pages": ("html", _pages, PAGES),
    "a.rss": ("feed", _feed, PAGES),
}

if __name__ == "__main__":
    raise SystemExit(main())
