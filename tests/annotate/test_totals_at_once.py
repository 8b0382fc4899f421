"""Totals where many submit and the worker takes in changes at the same moment."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from annotate.models import AgreementChange, ProjectAgreement, Task
from annotate.operations.figures import compute_values
from annotate.operations.scoring import recount_project
from annotate.operations.tasks import return_task, submit_task
from annotate.operations.totals import recount_totals, settle_changes
from tests.factories import make_article, make_mark, make_project, make_task

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 4
ARTICLES = 3


def test_totals_are_right_when_all_submit_while_the_worker_adds():
    people = User.objects.bulk_create(User(username=f"reader{n}", password="!") for n in range(PEOPLE))
    project = make_project(members=dict.fromkeys(people, "annotator"))
    articles = [make_article() for _ in range(ARTICLES)]
    tasks = {
        person: [make_task(project, article, person, state="returned") for article in articles] for person in people
    }
    for person, own in tasks.items():
        for place, task in enumerate(own):
            make_mark(task, "SOURCE", place, 10 + person.pk % 7)
    over = threading.Event()
    differing = []

    def read(person):
        chance = random.Random(person.pk)
        try:
            for _ in range(2):
                for task in chance.sample(tasks[person], ARTICLES):
                    submit_task(task=task, user=person, revision=0, now=timezone.now())
                    if chance.random() < 0.4:
                        return_task(task=task, note="Again.", now=timezone.now())
        finally:
            connection.close()

    def work():
        try:
            while not over.wait(0.01):
                settle_changes(project=project)
                compute_values(project=project)
                differing.append(recount_totals(project=project))
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE + 2) as pool:
        workers = [pool.submit(work) for _ in range(2)]
        readers = [pool.submit(read, person) for person in people]
        try:
            for reader in readers:
                reader.result(60)
        finally:
            over.set()
        for worker in workers:
            worker.result(60)

    assert set(differing) == {(0, 0)}
    settle_changes(project=project)
    assert recount_project(project=project) == []
    assert not AgreementChange.objects.exists()
    assert Task.objects.filter(project=project).submitted().exists()
    kept = compute_values(project=project)
    assert kept.computed_revision == ProjectAgreement.objects.get().revision
