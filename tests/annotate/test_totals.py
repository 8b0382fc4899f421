"""Totals kept by adding changes equal sums made from scratch, after any history of a project."""

import random
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from agreement import document_metrics, printed
from annotate.models import (
    AgreementChange,
    AgreementStat,
    AgreementTotal,
    ArticleAgreement,
    ArticleAnnotation,
    ProjectAgreement,
)
from annotate.operations.figures import compute_intervals, compute_project, compute_values
from annotate.operations.project_settings import change_project_article
from annotate.operations.scoring import recount_project, refresh_article
from annotate.operations.tasks.closing import reassign_task, return_task
from annotate.operations.totals import recount_totals, settle_changes
from annotate.scoring.adapter import documents, label_indexes, monday_of, project_metrics, schema_of
from annotate.scoring.totals import metrics_of, project_totals, totals_by_week, totals_of
from annotate.tasks import ask_for_late_figures, refresh_agreement
from tests.factories import (
    codebook_content,
    make_article,
    make_codebook,
    make_mark,
    make_project,
    make_reading,
    make_relation,
    make_user,
)

pytestmark = pytest.mark.django_db
LABELS = ["FRAME", "SOURCE", "CONTENT", "QUANTITY"]


TONES = ("pro", "neutral", "anti")
QUESTIONS = [
    {
        "code": "tone",
        "title": "Tone",
        "type": "choice",
        "ordered": True,
        "values": [{"code": tone, "title": tone, "definition": ""} for tone in TONES],
    },
    {
        "code": "themes",
        "title": "Themes",
        "type": "choice",
        "many": True,
        "values": [{"code": tone, "title": tone, "definition": ""} for tone in TONES],
    },
]


def mark_at_random(chance, task):
    """Marks, some with a value, relations between them and answers, in place of those there were."""
    task.relations.all().delete()
    task.spans.all().delete()
    task.answers.all().delete()
    marks = []
    for _ in range(chance.randrange(5)):
        start = chance.choice([0, 10, chance.randrange(60)])
        label = chance.choice(LABELS)
        attributes = {"value": chance.choice([7500, 12.5])} if label == "QUANTITY" and chance.random() < 0.8 else {}
        marks.append(make_mark(task, label, start, start + chance.choice([9, chance.randint(1, 25)]), **attributes))
    for one in marks:
        if one.label.code in ("CONTENT", "QUANTITY"):
            for source in [other for other in marks if other.label.code == "SOURCE"][:1]:
                make_relation(one, source)
    for question, value in (("tone", chance.choice(TONES)), ("themes", chance.sample(TONES, chance.randrange(3)))):
        if chance.random() < 0.8:
            ArticleAnnotation.objects.create(task=task, question=question, value=value)


class History:
    """Random changes of a project, each by the operation that makes it."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.people = [make_user() for _ in range(4)]
        self.articles = [make_article() for _ in range(3)]
        codebook = make_codebook(codebook_content(questions=QUESTIONS))
        members = dict.fromkeys(self.people, "annotator")
        self.project = make_project(codebook, articles=self.articles, members=members)

    def step(self):
        chance = self.chance
        getattr(self, chance.choice(["submit", "submit", "submit", "send_back", "close", "leave_out", "switch"]))()
        if chance.random() < 0.4:
            settle_changes(project=self.project)

    def submit(self):
        article, person = self.chance.choice(self.articles), self.chance.choice(self.people)
        task = self.project.tasks.filter(article=article, annotator=person).first()
        when = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=self.chance.randrange(30))
        if task is None:
            task = make_reading(self.project, article, person, submitted_at=when)
        elif task.state not in ("returned", "submitted"):
            return
        mark_at_random(self.chance, task)
        task.state, task.submitted_at = "submitted", when
        task.save()
        refresh_article(project=self.project, article=article)

    def send_back(self):
        for task in self.project.tasks.submitted().order_by("?")[:1]:
            return_task(task=task, note="Again, please.", now=timezone.now())

    def close(self):
        for task in self.project.tasks.submitted().order_by("?")[:1]:
            reassign_task(task=task, now=timezone.now())

    def leave_out(self):
        row = self.project.projectarticle_set.order_by("?").first()
        change_project_article(
            row=row, annotators=None, priority=0, excluded=not row.excluded, excluded_reason="a duplicate"
        )

    def switch(self):
        off = self.chance.choice([{}, {"QUANTITY": False}, {"SOURCE": False, "tone": False}, {"QUANTITY.value": False}])
        self.project.switches = off
        self.project.save()
        recount_project(project=self.project)


@pytest.mark.parametrize("seed", range(6))
def test_any_history_leaves_the_totals_that_a_recount_finds(seed):
    history = History(seed)
    for _ in range(14):
        history.step()
    project = history.project
    compute_values(project=project)

    kept = project_totals(project)
    from_scratch = totals_of(ArticleAgreement.objects.filter(project=project))
    assert list(zip(kept.rows, kept.documents, strict=True)) == list(
        zip(from_scratch.rows, from_scratch.documents, strict=True)
    )
    assert recount_totals(project=project) == (0, 0)
    assert recount_project(project=project) == []
    assert printed(metrics_of(kept, label_indexes(project), schema=schema_of(project))) == project_metrics(project)
    weeks = totals_by_week(project, latest=80)
    assert sum(totals.n_documents for totals in weeks.values()) == kept.n_documents
    assert not AgreementChange.objects.exists()
    from_marks = document_metrics(list(documents(project)), label_indexes(project), schema=schema_of(project))
    assert printed(from_marks) == project_metrics(project)


def read_by_two(marks=((("FRAME", 0, 10),), ()), submitted_at=None):
    people = make_user(), make_user()
    project = make_project(members=dict.fromkeys(people, "annotator"))
    article = make_article("x" * 100)
    when = submitted_at or timezone.now()
    for person, own in zip(people, marks, strict=True):
        make_reading(project, article, person, own, submitted_at=when)
    refresh_article(project=project, article=article)
    return project, article


def test_an_article_has_its_own_row_with_the_characters_on_which_readers_differ():
    project, article = read_by_two(submitted_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))

    own = ArticleAgreement.objects.get()

    assert (own.readers, own.differing, own.compared, own.share) == (2, 10, 100, 0.1)
    assert own.week == date(2026, 11, 16)
    assert list(totals_by_week(project, latest=1)) == []
    settle_changes(project=project)
    assert list(totals_by_week(project, latest=1)) == [date(2026, 11, 16)]
    project.tasks.update(state="returned")
    refresh_article(project=project, article=article)
    assert not ArticleAgreement.objects.exists()


def test_monday_of_goes_by_utc():
    assert monday_of(datetime.fromisoformat("2026-11-23T00:30:00+02:00")) == date(2026, 11, 16)


def test_refreshing_what_did_not_change_writes_no_counts(django_assert_max_num_queries):
    project, article = read_by_two()
    before = list(AgreementStat.objects.order_by("pk").values_list("pk", flat=True))
    settle_changes(project=project)

    refresh_article(project=project, article=article)

    assert list(AgreementStat.objects.order_by("pk").values_list("pk", flat=True)) == before
    assert not AgreementChange.objects.exists()


def test_totals_that_went_wrong_are_found_and_put_right():
    project, _ = read_by_two()
    compute_values(project=project)
    right = project_totals(project)
    AgreementTotal.objects.filter(measure="char_any", kind="part", key_c=0, key_k=0).update(n=1)

    (difference,) = recount_project(project=project)

    assert (difference.article, difference.surplus, difference.missing) == ("", 1, 1)
    assert project_totals(project) == right


def test_the_migration_tells_what_a_recount_would():
    project, _ = read_by_two()
    settle_changes(project=project)
    before = project_totals(project)
    own = list(ArticleAgreement.objects.values_list("article", "readers", "differing", "compared", "share", "week"))
    AgreementTotal.objects.all().delete()
    ArticleAgreement.objects.all().delete()

    with connection.cursor() as cursor:
        cursor.execute(import_module("annotate.migrations.0010_total_agreement").FILL)

    assert project_totals(project) == before
    assert own == list(
        ArticleAgreement.objects.values_list("article", "readers", "differing", "compared", "share", "week")
    )
    assert recount_project(project=project) == []


def test_totals_of_nothing_are_not_kept():
    project, article = read_by_two()
    settle_changes(project=project)
    project.tasks.update(state="returned")
    refresh_article(project=project, article=article)

    settle_changes(project=project)

    assert not AgreementTotal.objects.exists()
    assert project_totals(project).n_documents == 0


def test_values_come_at_once_and_intervals_when_they_are_due():
    project, article = read_by_two()
    refresh_agreement.call(project.pk)
    first = ProjectAgreement.objects.get()
    project.tasks.first().spans.update(deleted_at=timezone.now())
    refresh_article(project=project, article=article)

    refresh_agreement.call(project.pk)
    second = ProjectAgreement.objects.get()
    refresh_agreement.call(project.pk, at_once=True)
    third = ProjectAgreement.objects.get()

    assert (first.computed_revision, first.intervals_revision) == (1, 1)
    assert (second.computed_revision, second.intervals_revision) == (2, 1)
    assert second.metrics["char_alpha_label:FRAME"]["reason"] == "no_variation"
    assert "ci_dropped" in second.metrics["char_alpha_label:FRAME"]
    assert (third.computed_revision, third.intervals_revision) == (2, 2)


def test_late_intervals_are_asked_for_once_they_are_due(django_capture_on_commit_callbacks):
    project, article = read_by_two()
    agreement = compute_project(project=project, bootstrap=10)
    refresh_article(project=project, article=article)
    later = agreement.intervals_at + timedelta(seconds=agreement.intervals_seconds * 10 + 6)

    ask_for_late_figures(now=agreement.intervals_at)
    assert waiting_jobs() == 0
    ask_for_late_figures(now=later)
    assert waiting_jobs() == 1


def waiting_jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'READY'")
        return cursor.fetchone()[0]


def test_large_projects_draw_parts_and_have_the_same_values(monkeypatch):
    project, _ = read_by_two()
    other = make_article("y" * 50)
    for member in project.memberships.select_related("user"):
        make_reading(project, other, member.user, [("SOURCE", 0, 10)])
    refresh_article(project=project, article=other)
    by_article = project_metrics(project)
    monkeypatch.setattr("annotate.scoring.counts.MOST_DRAWN", 1)

    kept = compute_project(project=project, bootstrap=20)

    assert kept.details["resampled"] == "groups of articles"
    for name, metric in kept.metrics.items():
        assert (metric["value"], metric["n_documents"]) == (by_article[name]["value"], 2)
        assert "ci_dropped" in metric


def test_intervals_of_an_older_revision_do_not_replace_newer_values():
    project, _ = read_by_two()
    compute_project(project=project, bootstrap=10)
    ProjectAgreement.objects.update(computed_revision=9, metrics={"char_alpha_any": {"value": 0.5}})

    kept = compute_intervals(project=project, bootstrap=10)

    assert kept.metrics["char_alpha_any"]["value"] == 0.5
    assert "ci_dropped" in kept.metrics["char_alpha_any"]
