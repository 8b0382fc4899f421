"""Speed of labelling on the server: claim, open, save a batch, submit, with 1 and with 16 clients over HTTP.

``python -m bench.labelling [--tasks 10]``. Articles and spans are those of ``$SLANTWISE_SHARED/bench/workload.py``
(default: ``../shared`` beside the checkout). A gunicorn as ``serve`` starts it answers from a database of its own, which
is dropped afterwards; the clients run on the same machine. Server CPU and SQL statements are counted in this process.
Opening a task of 600 words with 40 marks (as a page and as the API's state) and saving batches of 12 are also measured
alone, each with 16 clients who do nothing else, and set beside doccano's recorded rates.
Claiming is measured again in a project a hundred times as large, for someone who has done nearly all of it.
What the browser makes of a page is measured by ``bench.large_document``.
"""

from __future__ import annotations

import argparse
import http.client
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import psutil

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SLANTWISE_SHARED", ROOT.parent / "shared"))

sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
# Clients ask as fast as they can.
os.environ["API_RATE_WORK"] = os.environ["API_RATE"] = "0"
django.setup()

from django.conf import settings  # noqa: E402 - only after setup
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotate.models import Codebook, Membership, Project, ProjectArticle  # noqa: E402
from annotate.operations.codebooks import save_codebook  # noqa: E402
from annotate.operations.marks import apply_operations  # noqa: E402
from annotate.operations.tasks import claim_task, ensure_slots, skip_task  # noqa: E402
from corpus.models import Article  # noqa: E402
from corpus.operations import import_rows  # noqa: E402
from corpus.readers import read, sources_of  # noqa: E402
from tests import service  # noqa: E402
from tests.factories import make_token  # noqa: E402

CLIENTS = 16
SPANS = 12
LABELS = ("framing", "source", "number")
MARKS = 40
SMALL, LARGE = 1_000, 100_000
# doccano with 16 clients, recorded: documents opened and spans saved per second (the better of its runs).
DOCCANO_OPEN, DOCCANO_SAVE = 40.0, 123.0
# Recorded with the same workload on the same kind of machine (shared/bench/README.md): p50 / p95 in ms.
PEERS = {
    "doccano 1.8.4": "open 27 / 35, 16 clients 376-392 / 460-478; save 1 span 12-14 / 18-27, 16 clients 68-123 spans/s;"
    " SQL: open 18, save 14",
    "Label Studio 1.23": "open 177 / 318, 16 clients 2,019-2,616 / 2,931-3,519 (loaded); save 12 spans 97-160 / 156-200,"
    " 16 clients about 175 spans/s (loaded)",
    "Potato 2.12": "open 17 / 22, 16 clients 367-387 / 555-631; save 16 / 27 (loaded), 16 clients 270 requests/s",
}


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where the workload is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10, help="Tasks that each client works through.")
    options = parser.parse_args(arguments)
    path = SHARED / "bench" / "workload.py"
    if not path.exists():
        print(f"{path} is not there; set SLANTWISE_SHARED")
        return 1
    # Queries are recorded in DEBUG, which would be measured too.
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    load = os.getloadavg()[0]
    with own_database():
        workload = _module(path)
        figures = _over_http(workload, options.tasks) | _alone(workload) | _in_process(workload) | _claiming_at_scale()
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            postgres = cursor.fetchone()[0]
    result = {
        "bench": "labelling",
        "tasks": options.tasks,
        "load": round(load, 2),
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgres": postgres,
        **{name: float(f"{value:.4g}") for name, value in figures.items()},
    }
    for name, value in result.items():
        print(f"{name:34} {value}")
    for name, recorded in PEERS.items():
        print(f"recorded: {name:24} {recorded}")
    print(json.dumps(result))
    return 0


@dataclass
class Annotator:
    """One client: a connection of its own, and how long each kind of request took, in seconds."""

    host: str
    token: str
    number: int
    taken: dict[str, list[float]] = field(default_factory=dict)

    def work(self, workload: ModuleType, slug: str, tasks: int) -> None:
        server = http.client.HTTPConnection(self.host, timeout=60)
        for _ in range(tasks):
            state = self._ask(server, "claim", "POST", f"/api/v1/projects/{slug}/claim/", {})
            path = f"/api/v1/tasks/{state['task']}/"
            self._ask(server, "open", "GET", path)
            first, *rest = operations(workload, state["article"]["text"], self.number)
            self._ask(server, "save_1", "POST", f"{path}operations/", {"base_revision": 0, "operations": [first]})
            saved = self._ask(
                server, "save_batch", "POST", f"{path}operations/", {"base_revision": 1, "operations": rest}
            )
            assert saved["refused"] == [], saved
            self._ask(server, "submit", "POST", f"{path}submit/", {"revision": saved["revision"]})
        server.close()

    def _ask(self, server: http.client.HTTPConnection, kind: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        start = time.perf_counter()
        server.request(method, path, content, headers)
        answer = server.getresponse()
        data = answer.read()
        self.taken.setdefault(kind, []).append(time.perf_counter() - start)
        assert answer.status == 200, (path, answer.status, data[:300])
        return json.loads(data)


def operations(workload: ModuleType, text: str, annotator: int, n: int = SPANS + 1) -> list[dict[str, Any]]:
    """The workload's spans of one annotator as operations that add them, and one more to be sent alone."""
    spans = workload.spans({"id": len(text), "text": text}, annotator, n)
    return [
        {
            "op_id": str(uuid.uuid4()),
            "kind": "add",
            "target": str(uuid.uuid4()),
            "before": None,
            "after": {"label": span["label"], "start": span["start"], "end": span["end"], "quote": span["text"]},
            "undoes": None,
        }
        for span in spans
    ]


def _over_http(workload: ModuleType, tasks: int) -> dict[str, float]:
    users = [User.objects.create(username=f"client{n}", password="!") for n in range(CLIENTS)]
    tokens = [make_token(user) for user in users]
    articles = _import(workload, tasks)
    figures: dict[str, float] = {}
    with service.running() as address:
        host = address.removeprefix("http://")
        # Borders are computed once per article, at its first opening: not what is measured here.
        Annotator(host, tokens[0], 0).work(workload, _project("warm", articles, users).slug, tasks)
        for clients in (1, CLIENTS):
            slug = _project(f"clients-{clients}", articles, users).slug
            people = [Annotator(host, token, n) for n, token in enumerate(tokens[:clients])]
            start = time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                list(pool.map(lambda person, slug=slug: person.work(workload, slug, tasks), people))
            wall = time.perf_counter() - start
            figures |= _summary(people, clients)
            figures[f"tasks_per_s_{clients}"] = clients * tasks / wall
            figures[f"spans_per_s_{clients}"] = clients * tasks * (SPANS + 1) / wall
    return figures


def _summary(people: list[Annotator], clients: int) -> dict[str, float]:
    figures = {}
    for kind in people[0].taken:
        times = sorted(taken for person in people for taken in person.taken[kind])
        figures[f"{kind}_p50_ms_{clients}"] = statistics.median(times) * 1000
        figures[f"{kind}_p95_ms_{clients}"] = times[int(len(times) * 0.95)] * 1000
    return figures


@dataclass
class Desk:
    """A person with a task in hand that bears ``MARKS`` marks."""

    user: User
    text: str
    path: str
    cookie: str
    token: str

    @property
    def api(self) -> str:
        return f"/api/v1{self.path}"


def _desk(workload: ModuleType, user: User, project: Project) -> Desk:
    task = claim_task(project=project, user=user, now=timezone.now())
    assert task is not None
    text = task.article.text
    marks = operations(workload, text, 1, MARKS)
    apply_operations(uuid=task.uuid, user=user, base_revision=0, operations=marks, now=timezone.now())
    client = Client()
    client.force_login(user)
    return Desk(user, text, f"/tasks/{task.uuid}/", client.cookies["sessionid"].value, make_token(user))


def _alone(workload: ModuleType) -> dict[str, float]:
    """Requests per second of 16 clients who all do the same thing; bodies are made beforehand."""
    users = list(User.objects.filter(username__startswith="client")[:CLIENTS])
    project = _project("alone", list(Article.objects.all()), users)
    desks = [_desk(workload, user, project) for user in users]
    turns = 20
    batches = {
        desk.path: [
            json.dumps({"base_revision": 0, "operations": operations(workload, desk.text, n, SPANS)})
            for n in range(turns)
        ]
        for desk in desks
    }
    kinds: dict[str, Callable[[Desk, int], tuple[str, str, str | None, dict[str, str]]]] = {
        "open_page": lambda desk, _: ("GET", desk.path, None, {"Cookie": f"sessionid={desk.cookie}"}),
        "open_state": lambda desk, _: ("GET", desk.api, None, {"Authorization": f"Token {desk.token}"}),
        "save_12": lambda desk, turn: (
            "POST",
            f"{desk.api}operations/",
            batches[desk.path][turn],
            {"Authorization": f"Token {desk.token}", "Content-Type": "application/json"},
        ),
    }
    figures = {}
    with service.running(threads=8, SECRET_KEY=settings.SECRET_KEY) as address:
        for kind, request in kinds.items():
            for measured in (False, True):
                # The first round is for imports, connections and codebooks. Of saving it would leave marks.
                if not measured and kind == "save_12":
                    continue
                start, used = time.perf_counter(), _cpu_of_children()
                with ThreadPoolExecutor(CLIENTS) as pool:
                    each = 4 if not measured else turns
                    work = partial(_repeat, address.removeprefix("http://"), request, each)
                    times = sorted(taken for desk in pool.map(work, desks) for taken in desk)
                per_second = len(times) / (time.perf_counter() - start)
                cpu = (_cpu_of_children() - used) / len(times)
            figures[f"{kind}_alone_server_cpu_ms_{CLIENTS}"] = cpu * 1000
            figures[f"{kind}_alone_p50_ms_{CLIENTS}"] = statistics.median(times) * 1000
            figures[f"{kind}_alone_per_s_{CLIENTS}"] = per_second
    for kind in ("open_page", "open_state"):
        figures[f"{kind}_times_doccano"] = figures[f"{kind}_alone_per_s_{CLIENTS}"] / DOCCANO_OPEN
    figures["save_spans_times_doccano"] = figures[f"save_12_alone_per_s_{CLIENTS}"] * SPANS / DOCCANO_SAVE
    return figures


def _cpu_of_children() -> float:
    """Seconds of CPU that the web server's processes have used."""
    children = psutil.Process().children(recursive=True)
    return sum(times.user + times.system for times in (child.cpu_times() for child in children))


def _repeat(host: str, request: Callable[[Desk, int], tuple[Any, ...]], turns: int, desk: Desk) -> list[float]:
    server = http.client.HTTPConnection(host, timeout=60)
    times = []
    for turn in range(turns):
        start = time.perf_counter()
        server.request(*request(desk, turn))
        answer = server.getresponse()
        data = answer.read()
        times.append(time.perf_counter() - start)
        assert answer.status == 200, (answer.status, data[:300])
    server.close()
    return times


def _in_process(workload: ModuleType) -> dict[str, float]:
    """CPU of the server, and its SQL statements, for each kind of request, without the network.

    ``open_*`` and ``save_12`` with ``MARKS`` marks there, the mean of many; ``claim`` and ``submit`` once.
    """
    user = User.objects.create(username="counted", password="!")
    desk = _desk(workload, user, _project("counted", list(Article.objects.all()), [user]))
    page, api = Client(), Client(headers={"Authorization": f"Token {desk.token}"})
    page.force_login(user)
    figures: dict[str, float] = {}

    def post(path: str, body: object) -> Any:
        return api.post(path, json.dumps(body), content_type="application/json")

    def save() -> Any:
        return post(
            f"{desk.api}operations/", {"base_revision": 0, "operations": operations(workload, desk.text, 2, SPANS)}
        )

    def measure(kind: str, request: Callable[[], Any], times: int) -> Any:
        if times > 1:
            request()
        with CaptureQueriesContext(connection) as captured:
            answer = request()
        # Begin and end of a transaction are counted: the server answers them too.
        figures[f"{kind}_sql"] = len(captured)
        start = time.process_time()
        for _ in range(times - 1):
            answer = request()
        if times > 1:
            figures[f"{kind}_cpu_ms"] = (time.process_time() - start) * 1000 / (times - 1)
        assert answer.status_code == 200, answer.content[:300]
        return answer

    measure("open_page", lambda: page.get(desk.path), 30)
    measure("open_state", lambda: api.get(desk.api), 30)
    revision = measure("save_12", save, 10).json()["revision"]
    start = time.process_time()
    measure("submit", lambda: post(f"{desk.api}submit/", {"revision": revision}), 1)
    figures["submit_cpu_ms"] = (time.process_time() - start) * 1000
    return figures


def _claiming_at_scale() -> dict[str, float]:
    """Milliseconds to claim in a small project and in one a hundred times as large, at the start and near the end."""
    figures: dict[str, float] = {}
    user = User.objects.create(username="diligent", password="!")
    for size in (SMALL, LARGE):
        project = _project(f"scale-{size}", [], [user])
        _grow(project, size)
        figures[f"claim_first_ms_{size}"] = _claim_ms(project, user)
        _do_most(project, user)
        figures[f"claim_late_ms_{size}"] = _claim_ms(project, user)
    for when in ("first", "late"):
        figures[f"claim_{when}_growth"] = figures[f"claim_{when}_ms_{LARGE}"] / figures[f"claim_{when}_ms_{SMALL}"]
    return figures


def _claim_ms(project: Project, user: User) -> float:
    times = []
    for _ in range(15):
        start = time.perf_counter()
        task = claim_task(project=project, user=user, now=timezone.now())
        times.append(time.perf_counter() - start)
        assert task is not None
        skip_task(task=task, user=user, reason="bench", now=timezone.now())
    return statistics.median(times) * 1000


def _grow(project: Project, size: int) -> None:
    """``size`` one-line articles with three open tasks each, written by the database itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO corpus_article (uuid, title, raw, raw_fields, text, segments, removed, zones, text_sha256,
                                           fingerprint, n_chars, cleaner_version, version, created_at,
                                           n_mojibake)
               SELECT gen_random_uuid(), '', body, '[]', body, '[]', '[]', '[]', '', body, length(body), 'bench', 1, now(),
                      0
               FROM (SELECT %s || n AS body FROM generate_series(1, %s) AS n) made
               RETURNING id""",
            [f"{project.slug} ", size],
        )
        ids = [row[0] for row in cursor.fetchall()]
        ProjectArticle.objects.bulk_create(
            (ProjectArticle(project=project, article_id=pk) for pk in ids), batch_size=10_000
        )
        ensure_slots(project=project)
        cursor.execute("ANALYZE annotate_task, corpus_article, annotate_projectarticle")


def _do_most(project: Project, user: User) -> None:
    """Submit, in this person's name, one slot of the first 95 % of the walk."""
    member = Membership.objects.get(project=project, user=user)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """WITH walk AS (
                   SELECT id, position, ntile(100) OVER (ORDER BY position < %(from)s, position) AS part
                   FROM annotate_task WHERE project_id = %(project)s AND state = 'open' AND slot = 1
                     AND article_id NOT IN (SELECT article_id FROM annotate_task
                                            WHERE project_id = %(project)s AND annotator_id = %(user)s)
               ), done AS (
                   UPDATE annotate_task SET state = 'submitted', annotator_id = %(user)s, submitted_at = now()
                   WHERE id IN (SELECT id FROM walk WHERE part <= 95) RETURNING id
               )
               SELECT position FROM walk WHERE part = 95 ORDER BY position < %(from)s DESC, position DESC LIMIT 1""",
            {"project": project.pk, "user": user.pk, "from": member.walked_to},
        )
        Membership.objects.filter(pk=member.pk).update(walked_to=cursor.fetchone()[0])
        cursor.execute("ANALYZE annotate_task")


def _import(workload: ModuleType, n: int) -> list[Article]:
    file = Path(settings.VAR_DIR) / f"bench-labelling-{os.getpid()}.jsonl"
    file.parent.mkdir(exist_ok=True)
    try:
        file.write_text("".join(json.dumps(article) + "\n" for article in workload.articles(n)), encoding="utf-8")
        import_rows(rows=read(sources_of([file])), source="bench", format="jsonl")
    finally:
        file.unlink()
    return list(Article.objects.order_by("pk"))


def _project(slug: str, articles: list[Article], users: list[User]) -> Project:
    project = Project.objects.create(
        slug=slug,
        title=slug,
        codebook=_codebook(),
        annotators_per_article=max(CLIENTS if articles else 3, 1),
        state="open",
    )
    ProjectArticle.objects.bulk_create(ProjectArticle(project=project, article=article) for article in articles)
    Membership.objects.bulk_create(Membership(project=project, user=user, role="annotator") for user in users)
    ensure_slots(project=project)
    return project


def _codebook() -> Codebook:
    labels = [{"code": code, "name": code, "definition": code} for code in LABELS]
    layer = {"code": "all", "name": "All", "labels": labels}
    codebook, _ = save_codebook(content={"name": "bench", "version": "1", "layers": [layer]})
    return codebook


@contextmanager
def own_database() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_labelling_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("workload", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    raise SystemExit(main())
