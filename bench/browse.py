"""Cost of the lists of articles as the corpus grows: ``python -m bench.browse [--sizes 10000,100000]``.

Fills a database of its own with synthetic articles (short texts whose words are as frequent as in real ones), a project
that holds all of them, one with 1,000 and one with the oldest tenth, measures every filter, order and search at each size,
and prints the median time, the pages of 8 KiB that Postgres touched, the plan's node types, and the ratio of the
largest size to the smallest. What a list does not read is not measured: the page around it costs the same always.
``--copy`` measures COPY of articles with and without the indexes that browsing needs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
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
from django.test.utils import CaptureQueriesContext  # noqa: E402

from annotate.browsing import Wanted, are_few, list_articles, matching, understand_query  # noqa: E402
from annotate.codebook import parse_codebook  # noqa: E402
from annotate.models import Codebook, Project  # noqa: E402
from annotate.operations.stages import settle_stages  # noqa: E402
from corpus.models import Article, ArticleQuerySet, Outlet, Story  # noqa: E402
from corpus.operations.search import index_articles, pending_articles  # noqa: E402
from corpus.search import find_words  # noqa: E402
from tests.factories import codebook_content, make_article, make_user  # noqa: E402

RUNS = 9
OUTLETS = 200
# Article i of a corpus: outlets of unequal size, one story in twenty articles, nine languages in ten English.
FILL = """
INSERT INTO corpus_article SELECT made.*
FROM generate_series(%(first)s::int, %(last)s::int) AS i
CROSS JOIN LATERAL (
    SELECT 'Report ' || md5(i::text) || E'\\n\\n' || CASE WHEN i %% (%(last)s / 20) = 7 THEN 'needle ' ELSE '' END
        || CASE WHEN i %% 100 = 3 THEN 'hundredth ' ELSE '' END
        || string_agg('everywhere w' || floor(exp(random() * ln(50000)))::int, ' ') AS words
    FROM generate_series(1, 15 + i %% 30)
) AS written
CROSS JOIN corpus_article sample
CROSS JOIN LATERAL jsonb_populate_record(sample, jsonb_build_object(
    'id', sample.id + i, 'uuid', gen_random_uuid(),
    'outlet_id', %(outlet)s + floor(power(random(), 2) * %(outlets)s)::int,
    'story_id', CASE WHEN i %% 2 = 0 THEN %(story)s + i / 20 END,
    'title', 'Report ' || md5(i::text),
    'published_at', CASE WHEN i %% 20 > 0 THEN now() - random() * interval '3000 days' END,
    'language', (ARRAY['en','en','en','en','en','en','en','en','en','es-MX'])[1 + i %% 10],
    'raw', words, 'text', words, 'n_chars', length(words), 'text_sha256', md5(i::text), 'fingerprint', md5(i::text),
    'zones', jsonb_build_array(jsonb_build_object('zone', 'body', 'start', 0, 'end', length(words)))
)) AS made
WHERE sample.id = %(sample)s
"""


@dataclass(slots=True)
class Figures:
    """Of one list at one size: median milliseconds, touched pages, node types of its statements."""

    ms: float
    pages: int
    nodes: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000", help="Numbers of articles, rising, e.g. 10000,1000000.")
    parser.add_argument("--copy", type=int, default=0, metavar="N", help="Measure COPY of N articles instead.")
    options = parser.parse_args(arguments)
    settings.DEBUG = False
    load = os.getloadavg()[0]
    with _own_database():
        if options.copy:
            result: dict[str, Any] = _copy(options.copy)
        else:
            result = _lists([int(size) for size in options.sizes.split(",")])
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            postgres = cursor.fetchone()[0]
    print(
        json.dumps(
            {
                "bench": "browse",
                "load": round(load, 2),
                "python": platform.python_version(),
                "django": django.get_version(),
                "postgres": postgres,
                **result,
            }
        )
    )
    return 0


@contextmanager
def _own_database() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_browse_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _lists(sizes: list[int]) -> dict[str, Any]:
    projects = _projects()
    measured: dict[str, list[Figures]] = {}
    rates = []
    before = 0
    for size in sizes:
        rates.append(_grow(before, size, projects))
        before = size
        for name, ask in _questions(projects).items():
            measured.setdefault(name, []).append(_measure(ask))
        print(f"-- {size:,} articles, indexed {rates[-1]:.0f} articles/s")
    ratios = {}
    for name, figures in measured.items():
        ratios[name] = figures[-1].ms / figures[0].ms
        told = "  ".join(f"{one.ms:8.1f} ms {one.pages:7} pages" for one in figures)
        print(f"{name:34} {told}  x{ratios[name]:.2f}  {' '.join(figures[-1].nodes)}")
    return {
        "sizes": sizes,
        "indexed_per_s": [round(rate) for rate in rates],
        "ms": {name: [round(one.ms, 2) for one in figures] for name, figures in measured.items()},
        "pages": {name: [one.pages for one in figures] for name, figures in measured.items()},
        "worst_ratio": round(max(ratios.values()), 2),
    }


def _projects() -> dict[str, Project]:
    content = parse_codebook(codebook_content(name="bench"))
    codebook = Codebook.objects.create(name="bench", version="1.0", content=content, sha256="x")
    return {
        slug: Project.objects.create(slug=slug, title=slug, codebook=codebook, state="open", annotators_per_article=1)
        for slug in ("all", "small", "oldest")
    }


def _grow(before: int, size: int, projects: dict[str, Project]) -> float:
    """Add articles up to ``size`` and what hangs on them; articles indexed a second."""
    sample = Article.objects.order_by("pk").values_list("pk", flat=True).first() or make_article().pk
    if not before:
        Outlet.objects.bulk_create(Outlet(name=f"Outlet {n}", slug=f"outlet-{n}") for n in range(OUTLETS))
    member = (
        "INSERT INTO annotate_projectarticle (project_id, article_id, priority, excluded, excluded_reason) "
        "SELECT %s, id, 0, false, '' FROM corpus_article "
    )
    every = size // 1000
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO corpus_story (slug, title) SELECT 's' || i, 'Story ' || i FROM generate_series(%s, %s) i",
            [before // 20 + (1 if before else 0), size // 20],
        )
        first = {
            name: model.objects.order_by("pk").values_list("pk", flat=True)[0]
            for name, model in (("outlet", Outlet), ("story", Story))
        }
        cursor.execute(FILL, {"first": before + 1, "last": size, "outlets": OUTLETS - 1, "sample": sample, **first})
        cursor.execute("DELETE FROM annotate_projectarticle WHERE project_id <> %s", [projects["all"].pk])
        cursor.execute(member + "ON CONFLICT DO NOTHING", [projects["all"].pk])
        cursor.execute(member + "WHERE id %% %s = 0", [projects["small"].pk, every])
        cursor.execute(member + "ORDER BY published_at LIMIT %s", [projects["oldest"].pk, size // 10])
        cursor.execute("DELETE FROM annotate_task")
        cursor.execute(
            "INSERT INTO annotate_task (uuid, project_id, codebook_id, article_id, round, slot, state, annotator_id, "
            "submitted_at, reason, note, position, priority, revision, active_seconds, created_at) "
            "SELECT gen_random_uuid(), %(project)s, %(codebook)s, id, 1, 1, "
            "CASE WHEN id %% %(every)s = 0 THEN 'submitted' ELSE 'open' END, "
            "CASE WHEN id %% %(every)s = 0 THEN %(annotator)s::bigint END, "
            "CASE WHEN id %% %(every)s = 0 THEN now() END, '', '', random(), 0, 0, 0, now() FROM corpus_article",
            {
                "project": projects["all"].pk,
                "codebook": projects["all"].codebook_id,
                "every": every,
                "annotator": make_user().pk,
            },
        )
    while settle_stages(limit=100_000):
        pass
    start = time.perf_counter()
    indexed = index_articles(articles=pending_articles())
    rate = indexed / (time.perf_counter() - start)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return rate


# What browsing added, and the two indexes that it made superfluous.
BROWSING = (
    "article_by_date",
    "article_by_outlet_and_date",
    "article_by_length",
    "article_by_headline",
    "article_by_language",
)


def _copy(n: int) -> dict[str, Any]:
    """Articles a second by COPY into an empty table with the indexes before and after browsing came."""
    fields = [field for field in Article._meta.concrete_fields if field.column != "id"]
    columns = ", ".join(str(field.column) for field in fields)
    rows = [_row(number, fields) for number in range(n)]
    rates: dict[str, list[float]] = {"before": [], "after": []}
    for _ in range(3):
        for name, taken in rates.items():
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE bench_copy (LIKE corpus_article INCLUDING ALL)")
                if name == "before":
                    cursor.execute(
                        "SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid = 'bench_copy'::regclass "
                        "AND pg_get_indexdef(i.indexrelid) ~ 'published_at|n_chars|lower|language'"
                    )
                    dropped = [index for (index,) in cursor.fetchall()]
                    assert len(dropped) == len(BROWSING)
                    for index in dropped:
                        cursor.execute(f"DROP INDEX {index}")
                    cursor.execute("CREATE INDEX ON bench_copy (outlet_id); CREATE INDEX ON bench_copy (story_id)")
                start = time.perf_counter()
                with cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                taken.append(n / (time.perf_counter() - start))
                cursor.execute("DROP TABLE bench_copy")
    best = {f"copy_{name}_per_s": round(max(taken)) for name, taken in rates.items()}
    return {"articles": n, **best, "after_to_before": round(best["copy_after_per_s"] / best["copy_before_per_s"], 3)}


def _row(number: int, fields: list[Any]) -> list[Any]:
    """An article of 3,600 characters, as COPY takes it."""
    text = f"{number} " + "About 7,500 people left the town on Sunday, officials said, and the line grew by noon. " * 41
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    published = datetime(2020, 1, 1, number % 24, tzinfo=UTC) + timedelta(number % 3000)
    article = Article(
        outlet_id=number % 200, title=f"Report {number}", published_at=published, language="en", raw=text, text=text,
        text_sha256=digest, fingerprint=digest, n_chars=len(text), cleaner_version="bench", created_at=published,
    )  # fmt: skip
    return [field.get_db_prep_save(field.pre_save(article, add=False), connection) for field in fields]


def _questions(projects: dict[str, Project]) -> dict[str, Callable[[], object]]:
    """Every list that is measured; outlets and stories are looked up by what the corpus has."""
    everything = Article.objects.all()
    frequent = Outlet.objects.order_by("pk")[0]
    story = Article.objects.exclude(story=None).order_by("-pk")[0].story
    assert story is not None
    some: dict[str, Wanted] = {
        "newest": Wanted(),
        "oldest": Wanted(sort="oldest"),
        "longest": Wanted(sort="longest"),
        "headline": Wanted(sort="headline"),
        "outlet": Wanted(outlet=frequent.name),
        "outlet, longest": Wanted(outlet=frequent.name, sort="longest"),
        "story": Wanted(story=story.slug),
        "language es": Wanted(language="es"),
        "language es, headline": Wanted(language="es", sort="headline"),
        "language that is not there": Wanted(language="fi"),
        "length": Wanted(shortest=100, longest=120),
        "dates": Wanted(until=date(2020, 1, 1)),
        "words: 20 articles": Wanted(q="needle", sort="relevance"),
        "words: 1 in 100": Wanted(q="hundredth", sort="relevance"),
        "words: 1 in 100, newest": Wanted(q="hundredth", sort="newest"),
        "words: in all": Wanted(q="everywhere", sort="relevance"),
        "words: in all, newest": Wanted(q="everywhere", sort="newest"),
        "words: in all and outlet": Wanted(q="everywhere", outlet=frequent.name, sort="relevance"),
        "words: phrase": Wanted(q='"everywhere w1"', sort="relevance"),
        "words: nowhere": Wanted(q="nowhere", sort="relevance"),
    }
    asked: dict[str, Callable[[], object]] = {
        name: lambda wanted=wanted: _ask(everything, wanted, None) for name, wanted in some.items()
    }
    for slug, project in projects.items():
        scope = Article.objects.filter(projects=project)
        for name in ("newest", "headline", "outlet", "words: 1 in 100", "words: in all"):
            asked[f"project {slug}: {name}"] = lambda w=some[name], s=scope, p=project: _ask(s, w, p)
    scope = Article.objects.filter(projects=projects["all"])
    for state in ("labelled", "not-started", "in-progress", "excluded"):
        asked[f"project all: {state}"] = lambda s=state: _ask(scope, Wanted(state=s), projects["all"])
    return asked


def _ask(scope: ArticleQuerySet, wanted: Wanted, project: Project | None) -> None:
    """What a page asks: the first page, and the one after it where there is one."""
    query = understand_query(wanted)
    found = matching(scope, wanted, query, project)
    few = project is not None and are_few([project])
    page = list_articles(found, wanted, query, "", project=project, few=few)
    if query:
        find_words(query, [article.pk for article in page.articles])
    if page.after:
        list_articles(found, wanted, query, str(page.after), project=project, few=few)


def _measure(ask: Callable[[], object]) -> Figures:
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - start)
    with CaptureQueriesContext(connection) as captured:
        ask()
    pages, nodes = 0, []
    for query in captured.captured_queries:
        if "corpus_article" not in query["sql"] or query["sql"].startswith("EXPLAIN"):
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query["sql"].replace("%", "%%"))
            (plan,) = cursor.fetchone()
        top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
        pages += top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0)
        nodes += [node for node in _nodes(top) if node not in nodes]
    return Figures(statistics.median(taken) * 1000, pages, nodes)


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    if "Scan" in plan["Node Type"]:
        yield f"{plan['Node Type'].replace(' ', '')}({plan.get('Index Name') or plan.get('Relation Name', '')})"
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


if __name__ == "__main__":
    raise SystemExit(main())
