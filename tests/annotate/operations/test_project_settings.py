"""Changing a project after work began."""

import pytest
from django_tasks_db.models import DBTaskResult

from annotate.models import AgreementStat, Project
from annotate.operations.project_settings import change_project
from annotate.operations.scoring import recount_project
from annotate.scoring.recounting import recount
from tests.factories import make_article, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db


def settings_of(project: Project, **changes: object) -> dict[str, object]:
    names = "title slug codebook guidelines annotators_per_article ordering lease_minutes blind_fields switches"
    return {"project": project, **{name: getattr(project, name) for name in names.split()}, **changes}


@pytest.fixture
def project() -> Project:
    article = make_article(text="Seven people walked north.")
    people = [make_user(), make_user()]
    project = make_project(articles=[article], members=dict.fromkeys(people, "annotator"))
    for person in people:
        make_reading(project, article, person, marks=[("SOURCE", 0, 12), ("QUANTITY", 0, 5)])
    recount_project(project=project)
    return project


def test_switching_a_label_off_has_agreement_counted_anew(project, django_capture_on_commit_callbacks):
    assert AgreementStat.objects.filter(project=project, label="QUANTITY").exists()

    with django_capture_on_commit_callbacks(execute=True):
        change_project(**settings_of(project, switches={"QUANTITY": False}))
    (job,) = DBTaskResult.objects.filter(task_path="annotate.scoring.recounting.recount")
    assert job.args_kwargs["args"] == [project.pk]
    recount.call(project.pk)

    assert not AgreementStat.objects.filter(project=project, label="QUANTITY").exists()
    assert AgreementStat.objects.filter(project=project, label="SOURCE").exists()
    project.refresh_from_db()
    assert recount_project(project=project) == []


def test_other_settings_leave_the_counts_alone(project, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        changed = change_project(**settings_of(project, title="Renamed"))

    assert changed.title == "Renamed"
    assert not DBTaskResult.objects.filter(task_path="annotate.scoring.recounting.recount").exists()
