"""Who may do what: the whole table, and the annotator's role in blind projects."""

import pytest
from django.contrib.auth.models import AnonymousUser

from annotate.permissions import TABLE, may, projects_for
from tests.factories import make_article, make_member, make_project, make_reading, make_task, make_user

pytestmark = pytest.mark.django_db

EVERYBODY = {"see_project", "see_codebook"}
READERS = {"see_progress", "see_agreement", "see_marks"}
OWNERS = {"see_articles", "compare_outlets", "see_releases", "build_release", "download_release"}
EXPECTED = {
    "annotator": EVERYBODY | {"label"},
    "adjudicator": EVERYBODY | READERS | {"adjudicate"},
    "researcher": EVERYBODY | READERS | OWNERS,
    "manager": EVERYBODY | READERS | OWNERS | {"adjudicate", "manage"},
    "": set(),
}


@pytest.mark.parametrize("role", EXPECTED)
def test_each_role_may_do_what_the_table_says(role: str):
    project, user = make_project(), make_user()
    if role:
        make_member(project, user, role)
    assert {action for action in TABLE if may(user, project, action)} == EXPECTED[role]


def test_a_superuser_may_do_everything_but_label():
    assert {a for a in TABLE if may(make_user(is_superuser=True), make_project(), a)} == set(TABLE) - {"label"}


def test_nobody_and_a_locked_account_may_do_nothing():
    project = make_project()
    locked = make_user(is_active=False, is_superuser=True)
    assert [a for a in TABLE if may(AnonymousUser(), project, a) or may(locked, project, a)] == []
    assert projects_for(AnonymousUser()) == []


def test_an_unknown_action_is_an_error_and_not_a_no():
    with pytest.raises(KeyError):
        may(make_user(), make_project(), "dance")


def test_in_a_blind_project_the_annotator_prevails_until_the_work_is_done():
    project, user = make_project(blind_fields=["outlet"]), make_user()
    for role in ("annotator", "researcher"):
        make_member(project, user, role)
    assert may(user, project, "see_articles")
    reading = make_reading(project, make_article(), user)
    open_task = make_task(project, make_article())
    assert not may(user, project, "see_articles")
    make_task(project, open_task.article, user, state="skipped")
    assert may(user, project, "see_articles")
    project.tasks.filter(pk=reading.pk).update(state="returned")
    assert not may(user, project, "see_marks")
    assert may(user, project, "label")


def test_in_an_open_project_both_roles_count():
    project, user = make_project(), make_user()
    for role in ("annotator", "researcher"):
        make_member(project, user, role)
    make_task(project, make_article(), user)
    assert may(user, project, "see_articles")
    assert may(user, project, "label")


def test_projects_for_lists_where_the_action_is_allowed():
    seen, other, user = make_project(slug="a"), make_project(slug="b"), make_user()
    make_project(slug="c")
    make_member(seen, user, "manager")
    make_member(other, user, "annotator")
    assert [project.slug for project in projects_for(user)] == ["a", "b"]
    assert [project.slug for project in projects_for(user, "manage")] == ["a"]
    assert [p.slug for p in projects_for(make_user(is_superuser=True), "manage")] == ["a", "b", "c"]
