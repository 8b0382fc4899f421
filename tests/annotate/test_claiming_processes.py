"""Many claim at once: in processes of their own over HTTP, and on connections of their own."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotate.models import Codebook, Membership, Project, Task
from annotate.operations.tasks import claim_task, ensure_slots
from tests import service
from tests.factories import make_article, make_codebook, make_project, make_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CLAIMANTS = 16
ARTICLES = 10
K = 3
ROUNDS = 20
CLAIMANT = Path(__file__).with_name("claimant.py")


def annotators(number: int) -> list[User]:
    """Accounts that nobody signs in to by password: hashing one for each takes longer than the claims."""
    return User.objects.bulk_create(User(username=f"claimant{n}", password="!") for n in range(number))


def project_for(users: list[User], codebook: Codebook, *, articles: int, k: int) -> Project:
    project = make_project(codebook, articles=[make_article() for _ in range(articles)], annotators_per_article=k)
    Membership.objects.bulk_create(Membership(project=project, user=user, role="annotator") for user in users)
    ensure_slots(project=project)
    return project


@contextlib.contextmanager
def claimants(address: str, users: list[User]) -> Iterator[list["subprocess.Popen[str]"]]:
    host = address.removeprefix("http://")
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(CLAIMANT), host, make_token(user)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for user in users
        ]


def test_16_claimants_in_processes_of_their_own_share_30_tasks_over_20_rounds():
    users, codebook = annotators(CLAIMANTS), make_codebook()
    projects = [project_for(users, codebook, articles=ARTICLES, k=K) for _ in range(ROUNDS)]
    with service.running() as address, claimants(address, users) as processes:
        for project in projects:
            for process in processes:
                print(project.slug, file=process.stdin, flush=True)
            claimed = [json.loads(process.stdout.readline()) for process in processes]
            tasks = [task for mine in claimed for task, _ in mine]
            assert (len(tasks), len(set(tasks))) == (ARTICLES * K, ARTICLES * K)
            for mine in claimed:
                articles = [article for _, article in mine]
                assert len(articles) == len(set(articles))
            rows = Task.objects.filter(project=project)
            assert sorted(rows.values_list("state", flat=True)) == ["submitted"] * (ARTICLES * K)
            assert rows.order_by().values("article", "annotator").distinct().count() == ARTICLES * K
        for process in processes:
            process.stdin.close()


def in_a_connection_of_its_own(project: Project, user: User, gate: threading.Barrier) -> int | None:
    gate.wait(timeout=10)
    try:
        task = claim_task(project=project, user=user, now=timezone.now())
        return None if task is None else task.pk
    finally:
        connection.close()


def test_one_person_claiming_from_two_connections_at_once_gets_one_task():
    user = annotators(1)[0]
    codebook = make_codebook()
    for _ in range(10):
        project = project_for([user], codebook, articles=5, k=2)
        gate = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            tasks = [pool.submit(in_a_connection_of_its_own, project, user, gate) for _ in range(2)]
        first, second = (task.result() for task in tasks)
        assert first is not None
        assert first == second
        assert list(Task.objects.filter(annotator=user, project=project).values_list("pk", flat=True)) == [first]


class ChangeOfMindError(Exception):
    """Rolls a claim back."""


@pytest.mark.parametrize("keeps", [True, False], ids=["who-keeps-it", "who-rolls-back"])
def test_a_claimant_waits_for_the_last_task_while_another_has_it(keeps: bool):
    first, second = annotators(2)
    project = project_for([first, second], make_codebook(), articles=1, k=1)
    second_is_on_its_way = threading.Barrier(2)
    with ThreadPoolExecutor(1) as pool, contextlib.suppress(ChangeOfMindError), transaction.atomic():
        task = claim_task(project=project, user=first, now=timezone.now())
        waiting: Future[int | None] = pool.submit(in_a_connection_of_its_own, project, second, second_is_on_its_way)
        second_is_on_its_way.wait(timeout=10)
        # Longer than its short retries: it must be waiting for the row now.
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        if not keeps:
            raise ChangeOfMindError
    assert task is not None
    assert waiting.result(timeout=10) == (None if keeps else task.pk)
    task.refresh_from_db()
    assert task.annotator == (first if keeps else second)
