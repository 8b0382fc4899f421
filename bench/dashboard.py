"""Cost of the pages of agreement, and of what the worker does for them: ``python -m bench.dashboard [--sizes 100,1000]``.

Fills a database of its own with a project of so many articles, each of 3,600 characters and read by five people with
twelve marks each, and prints for each size: queries and CPU milliseconds of the overview, of the page of agreement and
of a part of it (median of a few requests, by this process; Postgres's own time is the wall time beyond it), CPU and
wall seconds of taking in changes, of values and of intervals, and of one more submission.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
django.setup()

from django.conf import settings  # noqa: E402 - only after setup
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from annotate.models import AgreementSlice, AgreementStat, AgreementTotal, Project, SpanAnnotation, Task  # noqa: E402
from annotate.operations.figures import compute_intervals, compute_slice, compute_values  # noqa: E402
from annotate.operations.scoring import recount_project, refresh_article  # noqa: E402
from corpus.models import Article  # noqa: E402
from tests.factories import make_article, make_outlet, make_project, make_user  # noqa: E402

CHARACTERS = 3_600
ANNOTATORS = 5
MARKS = 12
LABELS = ("FRAME", "SOURCE", "CONTENT", "QUANTITY")
RUNS = 5


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000", help="Numbers of articles, rising.")
    options = parser.parse_args(arguments)
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]
    load = os.getloadavg()[0]
    measured = []
    with _own_database():
        for size in map(int, options.sizes.split(",")):
            measured.append(_measure(size))
            for name, value in measured[-1].items():
                print(f"{name:34} {value}")
            print()
    result = {
        "bench": "dashboard",
        "load": round(load, 2),
        "python": platform.python_version(),
        "django": django.get_version(),
        "sizes": measured,
    }
    print(json.dumps(result))
    return 0


@contextmanager
def _own_database() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_dashboard_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _measure(size: int) -> dict[str, Any]:
    project = _filled(size)
    figures: dict[str, Any] = {
        "articles": size,
        "spans": SpanAnnotation.objects.filter(task__project=project).count(),
    }
    figures |= _timed("count_from_scratch", lambda: recount_project(project=project))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    figures["counts"] = AgreementStat.objects.filter(project=project).count()
    figures["totals"] = AgreementTotal.objects.filter(project=project).count()
    figures |= _timed("values", lambda: compute_values(project=project))
    figures |= _timed("intervals", lambda: compute_intervals(project=project))
    article = project.articles.order_by("pk").first()
    assert article is not None
    SpanAnnotation.objects.filter(task__project=project, task__article=article)[:1].get().delete()
    figures |= _timed("one_article_counted_anew", lambda: refresh_article(project=project, article=article))
    figures |= _timed("values_after_it", lambda: compute_values(project=project))
    compute_intervals(project=project, bootstrap=10)
    client = Client()
    client.force_login(project.memberships.get(role="researcher").user)
    page = f"/projects/{project.slug}/agreement/"
    client.get(f"{page}?outlet=first-{size}")
    figures |= _timed("a_part", lambda: compute_slice(kept=AgreementSlice.objects.get(project=project)))
    for name, address in {
        "overview": f"/projects/{project.slug}/",
        "agreement": page,
        "part": f"{page}?outlet=first-{size}",
    }.items():
        figures |= _asked(client, name, address)
    return figures


def _timed(name: str, work: Callable[[], object]) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return {
        f"{name}_cpu_s": round(time.process_time() - cpu, 3),
        f"{name}_wall_s": round(time.perf_counter() - wall, 3),
    }


def _asked(client: Client, name: str, address: str) -> dict[str, float]:
    client.get(address)
    cpu, wall = [], []
    for _ in range(RUNS):
        before, started = time.process_time(), time.perf_counter()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        cpu.append(1000 * (time.process_time() - before))
        wall.append(1000 * (time.perf_counter() - started))
    return {
        f"{name}_queries": len(asked),
        f"{name}_cpu_ms": round(statistics.median(cpu), 1),
        f"{name}_wall_ms": round(statistics.median(wall), 1),
    }


def _filled(size: int) -> Project:
    """Articles by ten outlets in turn; the annotators mark nearly the same places, with other borders and labels."""
    chance = random.Random(size)
    people = [make_user() for _ in range(ANNOTATORS)]
    project = make_project(members={**dict.fromkeys(people, "annotator"), make_user(): "researcher"})
    outlets = [make_outlet(slug=f"{'first' if n == 0 else n}-{size}") for n in range(10)]
    sample = make_article("word " * (CHARACTERS // 5))
    articles = []
    for number in range(size):
        text = f"{number:05}" + sample.text[5:]
        copy = Article(
            **{
                field.attname: getattr(sample, field.attname)
                for field in Article._meta.concrete_fields
                if not field.primary_key
            }
        )
        copy.uuid, copy.raw, copy.text, copy.outlet = uuid.uuid4(), text, text, outlets[number % 10]
        copy.fingerprint = copy.text_sha256 = uuid.uuid4().hex * 2
        articles.append(copy)
    Article.objects.bulk_create(articles, batch_size=200)
    project.articles.add(*articles)
    labels = {label.code: label for label in project.codebook.labels.all()}
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for article in articles:
        submitted = now - timedelta(days=chance.randrange(200))
        tasks = Task.objects.bulk_create(
            Task(
                project=project,
                codebook_id=project.codebook_id,
                article=article,
                slot=slot,
                annotator=person,
                state="submitted",
                position=chance.random(),
                claimed_at=submitted,
                submitted_at=submitted,
                active_seconds=300,
            )
            for slot, person in enumerate(people, 1)
        )
        places = [number * (CHARACTERS // MARKS) + chance.randrange(200) for number in range(MARKS)]
        spans = []
        for task in tasks:
            for place in places:
                start = place + chance.choice((0, 0, 0, 2, 5))
                end = start + 20 + chance.choice((0, 0, 0, 3, 30))
                spans.append(
                    SpanAnnotation(
                        id=uuid.uuid4(),
                        task=task,
                        codebook_id=project.codebook_id,
                        label=labels[LABELS[place % 4] if chance.random() < 0.8 else chance.choice(LABELS)],
                        start=start,
                        end=end,
                        fragments=[[start, end]],
                        quote=article.text[start:end],
                        attributes={},
                    )
                )
        SpanAnnotation.objects.bulk_create(spans)
    return project


if __name__ == "__main__":
    raise SystemExit(main())
