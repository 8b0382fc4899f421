"""Speed of a release on the common workload, beside a bare ``COPY`` of the same rows measured in the same run.

``python -m bench.release [--articles 1000] [--times 4]``: 5 annotators with 12 spans each on every article, in a
throw-away test database; then the same with four times the articles, to see how time and memory grow. The workload is read from ``$SLANTWISE_SHARED/bench/workload.py`` (default: ``../shared`` beside the
checkout). Peak memory is that of a process of its own that does nothing but export.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SLANTWISE_SHARED", ROOT.parent / "shared"))
ANNOTATORS = 5
# Exporting the same 60,000 spans, as recorded in shared/bench/README.md.
PEERS = {
    "doccano 1.8.4": "8.6-10.2 s, 880 MiB peak",
    "Label Studio 1.23": "10.4-16.9 s (loaded), 781 MiB peak",
    "Potato 2.12": "6.7 s for 618 rows (loaded)",
}
LABELS = {"framing": "FRAMING", "source": "SOURCES", "number": "NUMERIC"}


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--times", type=int, default=4, help="also measure so many times the articles; 1: do not")
    options = parser.parse_args(arguments)
    path = SHARED / "bench" / "workload.py"
    if not path.exists():
        print(f"{path} is not there; set SLANTWISE_SHARED")
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DEBUG", "1")
    django.setup()
    from django.db import connection  # noqa: PLC0415 (settings must be there first)

    load = os.getloadavg()[0]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    database = connection.settings_dict["NAME"]
    try:
        workload, slug = _module(path), start()
        spans = fill(workload, slug, range(options.articles))
        result = {
            "bench": "release",
            "articles": options.articles,
            "annotators": ANNOTATORS,
            "spans": spans,
            "load": round(load, 2),
            "python": platform.python_version(),
            "django": version("django"),
            **measure(slug, database),
        }
        if options.times > 1:
            more = fill(workload, slug, range(options.articles, options.times * options.articles))
            result |= growth(result, _in_own_process(export, slug, database), (spans + more) / spans)
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)
    for name, value in result.items():
        print(f"{name:<28} {value:.2f}" if isinstance(value, float) else f"{name:<28} {value}")
    for name, recorded in PEERS.items():
        print(f"{'recorded: ' + name:<28} {recorded}")
    print(json.dumps(result))
    return 0


def measure(slug: str, database: str) -> dict[str, Any]:
    """Export and COPY, each in a fresh process."""
    exported = _in_own_process(export, slug, database)
    copied = _in_own_process(copy, database)
    return {**exported, **copied, "times_copy": exported["export_s"] / copied["copy_s"]}


def growth(small: dict[str, Any], large: dict[str, float], times: float) -> dict[str, float]:
    """What ``times`` as many spans take: time should grow by that factor, memory not at all."""
    return {
        "times_spans": times,
        "times_export_cpu": large["export_cpu_s"] / small["export_cpu_s"],
        "large_export_s": large["export_s"],
        "large_export_cpu_s": large["export_cpu_s"],
        "large_export_peak_mib": large["export_peak_mib"],
        "peak_growth_mib": large["export_peak_mib"] - small["export_peak_mib"],
    }


def _in_own_process(function: Callable[..., dict[str, float]], *arguments: str) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return pool.apply(function, arguments)


def _use(database: str) -> Any:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    settings.DEBUG = False  # else every query is kept
    connection.settings_dict["NAME"] = database
    return connection


def _peak_mib() -> float:
    """Of this process alone; what getrusage says is handed down from the parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def export(slug: str, database: str) -> dict[str, float]:
    """Seconds and memory of one release; the process before it is weighed too."""
    _use(database)
    from annotate.models import Project  # noqa: PLC0415
    from release.operations.building import export_release  # noqa: PLC0415
    from release.verification import verify_release  # noqa: PLC0415

    project = Project.objects.get(slug=slug)
    before = _peak_mib()
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "release"
        start, cpu = time.perf_counter(), time.process_time()
        export_release(project=project, out=out)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        peak = _peak_mib()
        size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 2**20
        start = time.perf_counter()
        report = verify_release(out)
        verified = time.perf_counter() - start
    if not report.passed:
        raise SystemExit(f"the release does not verify: {report.problems[0]}")
    return {
        "export_s": seconds,
        "export_cpu_s": cpu,
        "export_peak_mib": peak,
        "process_before_mib": before,
        "peak_over_start_mib": peak - before,
        "release_mib": size,
        "verify_s": verified,
    }


def copy(database: str) -> dict[str, float]:
    """The same articles, readings and marks as COPY gives them: a lower bound, without clusters or agreement."""
    connection = _use(database)
    start = time.perf_counter()
    with connection.cursor() as cursor, open(os.devnull, "wb") as out:
        for query in (
            "SELECT row_to_json(a) FROM (SELECT uuid, title, text, text_sha256 FROM corpus_article ORDER BY uuid) a",
            "SELECT row_to_json(s) FROM (SELECT t.article_id, t.uuid, m.* FROM annotate_spanannotation m"
            " JOIN annotate_task t ON t.id = m.task_id ORDER BY t.article_id, t.uuid, m.start, m.id) s",
        ):
            with cursor.cursor.copy(f"COPY ({query}) TO STDOUT") as rows:
                for row in rows:
                    out.write(row)
    return {"copy_s": time.perf_counter() - start}


def start() -> str:
    """A project with people and a codebook, without articles; its slug."""
    from django.contrib.auth.models import User  # noqa: PLC0415

    from annotate.codebook import parse_codebook  # noqa: PLC0415
    from annotate.models import Membership, Project  # noqa: PLC0415
    from annotate.operations.codebooks import save_codebook  # noqa: PLC0415

    content = {
        "name": "bench",
        "version": "1.0",
        "title": "Bench",
        "layers": [
            {
                "code": layer,
                "name": layer,
                "labels": [{"code": code, "name": code, "definition": code, "colour": "#000000"}],
            }
            for code, layer in LABELS.items()
        ],
    }
    codebook, _ = save_codebook(content=parse_codebook(content))
    users = [User.objects.create(username=f"bench{k}") for k in range(ANNOTATORS)]
    project = Project.objects.create(slug="bench", title="Bench", codebook=codebook, annotators_per_article=ANNOTATORS)
    Membership.objects.bulk_create(Membership(project=project, user=user, role="annotator") for user in users)
    return project.slug


def fill(workload: ModuleType, slug: str, numbers: range) -> int:
    """Articles of the workload with these numbers by bulk, five an event; number of spans."""
    from django.utils import timezone  # noqa: PLC0415

    from annotate.models import Project, ProjectArticle, SpanAnnotation, Task  # noqa: PLC0415
    from corpus.models import Article, Story  # noqa: PLC0415

    project = Project.objects.get(slug=slug)
    users = [member.user for member in project.memberships.order_by("user").select_related("user")]
    labels = {label.code: label for label in project.codebook.labels.all()}
    given = [workload.article(number) for number in numbers]
    slugs = {f"event-{number // 5}" for number in numbers}
    Story.objects.bulk_create((Story(slug=name) for name in sorted(slugs)), ignore_conflicts=True)
    stories = Story.objects.in_bulk(slugs, field_name="slug")
    articles = Article.objects.bulk_create(
        Article(
            story=stories[f"event-{number // 5}"],
            title=art["title"],
            language="en",
            raw=art["text"],
            text=art["text"],
            text_sha256=hashlib.sha256(art["text"].encode()).hexdigest(),
            fingerprint=hashlib.sha256(art["text"].encode()).hexdigest(),
            n_chars=len(art["text"]),
            cleaner_version="bench",
        )
        for number, art in zip(numbers, given, strict=True)
    )
    ProjectArticle.objects.bulk_create(ProjectArticle(project=project, article=article) for article in articles)
    now = timezone.now()
    tasks = Task.objects.bulk_create(
        Task(
            project=project,
            codebook=project.codebook,
            article=article,
            slot=k + 1,
            annotator=user,
            state="submitted",
            submitted_at=now,
            position=0.5,
        )
        for article in articles
        for k, user in enumerate(users)
    )
    n = 0
    for i, art in enumerate(given):
        marks = [
            SpanAnnotation(
                id=uuid.uuid4(),
                task=tasks[i * ANNOTATORS + k],
                codebook=project.codebook,
                label=labels[span["label"]],
                start=span["start"],
                end=span["end"],
                fragments=[[span["start"], span["end"]]],
                quote=span["text"],
            )
            for k in range(ANNOTATORS)
            for span in workload.spans(art, k)
        ]
        SpanAnnotation.objects.bulk_create(marks)
        n += len(marks)
    return n


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("workload", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["workload"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    raise SystemExit(main())
