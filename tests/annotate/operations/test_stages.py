"""Stages say what the tasks say, whoever changes these; and articles lie in their projects in order of date."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotate.models import Project, ProjectArticle, StaleStage, Task
from annotate.operations.project_settings import change_project_article
from annotate.operations.stages import settle_some_stages, settle_stages
from annotate.operations.tasks import (
    claim_task,
    ensure_slots,
    expire_leases,
    hand_back,
    reassign_task,
    return_task,
    skip_task,
    submit_task,
)
from corpus.models import Article
from tests.factories import make_article, make_project, make_task, make_user

pytestmark = pytest.mark.django_db


def told(project):
    """Title → stage as the lists have it."""
    settle_stages(project=project)
    return dict(ProjectArticle.objects.filter(project=project).values_list("article__title", "stage"))


def test_a_stage_follows_every_operation_on_tasks():
    mara, iris = make_user("mara"), make_user("iris")
    article = make_article("One\n\ntext")
    project = make_project(articles=[article], members={mara: "annotator", iris: "annotator"}, annotators_per_article=2)
    now = timezone.now()
    ensure_slots(project=project)
    assert told(project) == {"One": "not-started"}

    first = claim_task(project=project, user=mara, now=now)
    assert told(project) == {"One": "in-progress"}
    hand_back(task=first, user=mara, now=now)
    assert told(project) == {"One": "not-started"}
    first = claim_task(project=project, user=mara, now=now)
    expire_leases(now=now + timedelta(days=9))
    assert told(project) == {"One": "not-started"}
    first = claim_task(project=project, user=mara, now=now)
    submit_task(task=first, user=mara, revision=first.revision, now=now)
    assert told(project) == {"One": "in-progress"}
    second = claim_task(project=project, user=iris, now=now)
    submit_task(task=second, user=iris, revision=second.revision, now=now)
    assert told(project) == {"One": "labelled"}
    return_task(task=second, note="Look again.", now=now)
    assert told(project) == {"One": "in-progress"}
    skip_task(task=second, user=iris, reason="Not news.", now=now)
    assert told(project) == {"One": "in-progress"}
    row = ProjectArticle.objects.get(project=project)
    change_project_article(row=row, annotators=1, priority=0, excluded=False, excluded_reason="")
    assert told(project) == {"One": "labelled"}
    reassign_task(task=first, now=now)
    assert told(project) == {"One": "not-started"}


def test_only_a_change_of_state_makes_a_stage_stale():
    project = make_project(articles=[make_article()])
    task = make_task(project, annotator=make_user())
    settle_stages()

    Task.objects.filter(pk=task.pk).update(revision=7, active_seconds=30)
    task.refresh_from_db()
    task.save()

    assert not StaleStage.objects.exists()


def test_stages_are_settled_for_one_project_or_for_all():
    one, other = make_project(articles=[make_article()]), make_project(articles=[make_article()])
    for project in (one, other):
        make_task(project, annotator=make_user())

    assert settle_stages(project=one) == 1
    assert settle_stages(project=one) == 0
    assert list(StaleStage.objects.values_list("project_id", flat=True)) == [other.pk]
    assert settle_some_stages(now=timezone.now()) == 1
    assert set(ProjectArticle.objects.values_list("stage", flat=True)) == {"in-progress"}


def test_an_article_takes_its_date_into_its_projects_and_keeps_it_right():
    dated, undated = make_article(published_at=timezone.now()), make_article()
    project = make_project(articles=[dated, undated])
    assert list(ProjectArticle.objects.order_by("pk").values_list("published_at", flat=True)) == [
        dated.published_at,
        None,
    ]

    later = timezone.now() + timedelta(days=1)
    Article.objects.filter(pk=undated.pk).update(published_at=later)
    ProjectArticle.objects.filter(project=project, article=dated).update(published_at=later)

    assert dict(ProjectArticle.objects.values_list("article", "published_at")) == {
        dated.pk: dated.published_at,
        undated.pk: later,
    }


def test_articles_left_over_from_a_deleted_row_do_not_stop_the_others():
    project = make_project(articles=[make_article()])
    make_task(project, annotator=make_user())
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO annotate_stalestage (project_id, member_id) VALUES (%s, -1)", [project.pk])

    assert settle_stages(project=Project(pk=project.pk)) == 2
    assert ProjectArticle.objects.get().stage == "in-progress"
