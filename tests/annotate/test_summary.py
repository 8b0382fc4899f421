"""Head figures of a project, and figures in words."""

import pytest
from django.utils import timezone

from annotate.operations.scoring import refresh_article
from annotate.operations.totals import settle_changes
from annotate.scoring.adapter import project_metrics
from annotate.scoring.figures import REASONS, families, figure_of, figures_by_label
from annotate.scoring.summary import prevalences, project_summary
from tests.factories import make_article, make_project, make_reading, make_task, make_user

pytestmark = pytest.mark.django_db


def test_a_project_without_work_has_a_summary():
    assert project_summary(make_project(articles=[make_article()])) == {
        "tasks": {"open": 0, "claimed": 0, "submitted": 0, "returned": 0},
        "articles": 1,
        "articles_read_twice": 0,
        "marks": 0,
        "labels": {},
        "annotators": {},
    }


def test_the_summary_counts_tasks_marks_and_people():
    mara, noor = make_user(), make_user()
    project, article, other = make_project(), make_article("x" * 100), make_article()
    first = make_reading(project, article, mara, [("FRAME", 0, 10), ("FRAME", 5, 20)], active_seconds=60)
    make_reading(project, other, mara, [("SOURCE", 0, 5)], active_seconds=120)
    make_reading(project, article, noor, [], active_seconds=0)
    make_task(project, other, noor)
    make_task(project, other)
    make_task(project, article, make_user(), state="skipped")
    first.spans.filter(start=5).update(unsure=True)
    refresh_article(project=project, article=article)
    settle_changes(project=project)

    summary = project_summary(project)

    assert summary["tasks"] == {"open": 1, "claimed": 1, "submitted": 3, "returned": 0}
    assert (summary["articles"], summary["articles_read_twice"], summary["marks"]) == (2, 1, 3)
    assert summary["labels"]["FRAME"] == {"marks": 2, "prevalence": 0.1}
    assert summary["labels"]["SOURCE"] == {"marks": 1, "prevalence": 0.0}
    own = summary["annotators"][str(mara.pk)]
    assert (own["submitted"], own["marks"], own["unsure"], own["median_seconds"]) == (2, 3, 1, 90.0)
    assert summary["annotators"][str(noor.pk)]["median_seconds"] is None


def test_deleted_marks_are_not_counted():
    project, article = make_project(), make_article()
    task = make_reading(project, article, make_user(), [("FRAME", 0, 10)])
    task.spans.update(deleted_at=timezone.now())

    assert project_summary(project)["marks"] == 0


def test_prevalence_is_the_share_of_characters_over_all_readings():
    """Three readers of 100 characters mark 30, 10 and 0 of them; two of another 100 mark 20 and 0: 60 of 500."""
    project = make_project()
    for ends in ([30, 10, 0], [20, 0]):
        article = make_article(chr(96 + len(ends)) * 100)
        for end in ends:
            make_reading(project, article, make_user(), [("FRAME", 0, end)] if end else [])
        refresh_article(project=project, article=article)
    settle_changes(project=project)

    assert prevalences(project)["FRAME"] == pytest.approx(60 / 500)


def test_every_reason_that_agreement_gives_has_words():
    project = make_project()

    found = figures_by_label(project, project_metrics(project), project_summary(project))

    assert {row.alpha.why for row in found} == {REASONS["no_pairable_units"]}
    assert all(row.alpha.value is None for row in found)


def test_a_figure_that_was_not_computed_says_so():
    assert figure_of("x", None).why == "not computed yet"


def test_families_hold_every_metric_once():
    project = make_project()
    metrics = project_metrics(project)

    found = families(project, metrics)

    assert sum(len(family.figures) for family in found) == len(metrics)
    assert [family.title for family in found][:2] == ["Alpha over characters", "Matching of marks"]
    assert [(f.name, f.label) for f in found[0].figures][:6] == [
        ("char_alpha_set_nominal", ""),
        ("char_alpha_set_jaccard", ""),
        ("char_alpha_set_masi", ""),
        ("char_alpha_any", ""),
        ("char_alpha_label", "Frame"),
        ("char_alpha_label", "Source"),
    ]
