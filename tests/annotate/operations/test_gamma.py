"""Gamma in the background: one at a time, on a sample, with an end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agreement import GammaPlan, gamma_metrics, printed
from agreement import run_gamma as compute
from annotate.models import GammaRun
from annotate.operations.gamma import (
    MOST_ATTEMPTS,
    GammaRunningError,
    cancel_gamma,
    request_gamma,
    retry_gamma,
    run_gamma,
    silent_gamma_runs,
)
from annotate.operations.scoring import refresh_article
from annotate.scoring.adapter import documents
from annotate.tasks import compute_gamma, resume_silent_gamma
from tests.factories import make_article, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """Three articles, each read by the same two people."""
    people = make_user(), make_user()
    project = make_project(members=dict.fromkeys(people, "annotator"))
    for number in range(3):
        article = make_article()
        make_reading(project, article, people[0], [("FRAME", 0, 10), ("QUANTITY", 30, 41)])
        make_reading(project, article, people[1], [("FRAME", number, 12), ("SOURCE", 30, 41)])
        refresh_article(project=project, article=article)
    return project


def ask(project, **terms):
    defaults = {"sample_size": 10, "seed": 3, "time_limit": 60, "requested_by": None}
    return request_gamma(project=project, **defaults | terms)


def test_gamma_is_that_of_the_articles(project):
    run = ask(project)

    compute_gamma.call(run.pk)

    run.refresh_from_db()
    found = list(documents(project))
    plain = compute(found, GammaPlan(seed=3, seconds=60, document_seconds=20.0))
    assert (run.state, run.progress, run.total, run.population, run.revision) == ("done", 3, 3, 3, 3)
    assert run.metrics == printed(gamma_metrics(found, plain, 1000, 3))
    assert run.described == plain.described()
    assert run.metrics["gamma"]["value"] is not None


def test_a_sample_is_the_same_for_the_same_seed(project):
    drawn = []
    for seed in (1, 1, 2, 5):
        run = ask(project, sample_size=1, seed=seed)
        run_gamma(run_id=run.pk, now=timezone.now())
        run.refresh_from_db()
        drawn.append((run.total, run.population, run.metrics["gamma"]["value"]))

    assert drawn[0] == drawn[1]
    assert {total for total, _, _ in drawn} == {1}
    assert len({value for _, _, value in drawn}) > 1


def test_one_at_a_time_per_project(project):
    run = ask(project)

    with pytest.raises(GammaRunningError):
        ask(project)

    ask(make_project())
    cancel_gamma(run=run, now=timezone.now())
    again = ask(project)
    with pytest.raises(GammaRunningError):
        retry_gamma(run=run)
    assert GammaRun.objects.get(pk=run.pk).state == "cancelled"
    assert again.state == "waiting"


def test_what_was_called_off_is_not_computed(project):
    run = ask(project)
    assert cancel_gamma(run=run, now=timezone.now())

    assert not run_gamma(run_id=run.pk, now=timezone.now())
    assert not cancel_gamma(run=run, now=timezone.now())
    assert not run_gamma(run_id=0, now=timezone.now())


def test_calling_off_is_heard_between_articles(project, monkeypatch):
    run = ask(project)
    told = []

    def compute_and_call_off(found, plan, note):
        note(1, len(found))
        cancel_gamma(run=run, now=timezone.now())
        told.append("called off")
        note(2, len(found))
        raise AssertionError("the computation went on")

    monkeypatch.setattr("annotate.operations.gamma.compute", compute_and_call_off)

    assert not run_gamma(run_id=run.pk, now=timezone.now())
    run.refresh_from_db()
    assert (told, run.state, run.progress) == (["called off"], "cancelled", 1)


def test_a_failure_is_said_and_can_be_tried_again(project, monkeypatch):
    run = ask(project)

    def fail(*_args):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("annotate.operations.gamma.compute", fail)
        with pytest.raises(MemoryError):
            run_gamma(run_id=run.pk, now=timezone.now())

    run.refresh_from_db()
    assert (run.state, "Try again" in run.error) == ("failed", True)
    assert retry_gamma(run=run)
    assert run_gamma(run_id=run.pk, now=timezone.now())
    assert not retry_gamma(run=run)


def test_a_worker_that_is_told_to_stop_leaves_it_to_the_next(project, monkeypatch):
    run = ask(project)

    def stop(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("annotate.operations.gamma.compute", stop)
        with pytest.raises(KeyboardInterrupt):
            run_gamma(run_id=run.pk, now=timezone.now())

    run.refresh_from_db()
    assert run.state == "waiting"
    assert run_gamma(run_id=run.pk, now=timezone.now())


def test_a_silent_computation_is_taken_up_and_in_the_end_given_up(project):
    now = timezone.now()
    run = ask(project)
    GammaRun.objects.update(state="running", attempt=1, heartbeat=now - timedelta(seconds=61))

    assert silent_gamma_runs(now=now) == [run.pk]
    assert silent_gamma_runs(now=now) == []
    GammaRun.objects.update(state="running", attempt=MOST_ATTEMPTS, heartbeat=now - timedelta(seconds=61))
    assert silent_gamma_runs(now=now) == []
    run.refresh_from_db()
    assert (run.state, "fewer articles" in run.error) == ("failed", True)


def test_one_that_is_computed_elsewhere_is_left_alone(project):
    run = ask(project)
    GammaRun.objects.update(state="running", attempt=1, heartbeat=timezone.now())

    assert not run_gamma(run_id=run.pk, now=timezone.now())


def test_a_lost_job_is_asked_for_again(project):
    run = ask(project)

    resume_silent_gamma(now=timezone.now() + timedelta(seconds=61))

    run.refresh_from_db()
    assert (run.state, run.heartbeat is not None) == ("waiting", True)


def test_gamma_of_nothing_has_a_reason():
    run = ask(make_project())

    run_gamma(run_id=run.pk, now=timezone.now())

    run.refresh_from_db()
    assert (run.state, run.metrics["gamma"]["value"], bool(run.metrics["gamma"]["reason"])) == ("done", None, True)
