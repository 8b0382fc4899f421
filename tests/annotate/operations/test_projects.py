"""Making projects and what belongs to them; the command."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from annotate.codebook import CodebookError
from annotate.models import Project, Task
from annotate.operations.projects import (
    ProjectRefusedError,
    add_articles,
    add_member,
    close_project,
    create_project,
    open_project,
)
from corpus.models import ImportBatch
from tests.factories import make_article, make_codebook, make_project, make_story, make_user

pytestmark = pytest.mark.django_db


def create(**changes):
    return create_project(
        **{"slug": "caravan", "title": "Caravan", "codebook": make_codebook(), "annotators_per_article": 2} | changes
    )


def slots(project):
    return sorted(project.tasks.values_list("article", "slot", "state"))


def test_create_project_opens_it_with_a_task_per_slot():
    first, second = make_article(), make_article()
    mara = make_user("mara")

    project = create(articles=[first, second], members=[(mara, "annotator")], blind_fields=["outlet", "url"])

    assert (project.state, project.title, project.blind_fields) == ("open", "Caravan", ["outlet", "url"])
    assert list(project.memberships.values_list("user", "role")) == [(mara.pk, "annotator")]
    assert slots(project) == [(article.pk, slot, "open") for article in (first, second) for slot in (1, 2)]


def test_a_draft_has_articles_and_no_tasks():
    project = create(articles=[make_article()], draft=True)

    assert (project.state, project.articles.count(), project.tasks.count()) == ("draft", 1, 0)

    open_project(project=project)

    assert (project.state, project.tasks.count()) == ("open", 2)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"slug": "No Slug"}, ProjectRefusedError, "is no slug"),
        ({"annotators_per_article": 0}, ProjectRefusedError, "at least one annotator"),
        ({"blind_fields": ["lean"]}, ProjectRefusedError, "cannot be blinded"),
        ({"switches": {"NOPE": True}}, CodebookError, "names nothing"),
        ({"slug": "s" * 61}, ProjectRefusedError, "is no slug"),
        ({"annotators_per_article": 32768}, ProjectRefusedError, "Annotators per article: .*32767"),
        ({"title": "t" * 201}, ProjectRefusedError, "Title: .*200"),
        ({"ordering": "best"}, ProjectRefusedError, "Ordering: .*best"),
    ],
    ids=["slug", "number", "blind", "switches", "long slug", "large number", "long title", "ordering"],
)
def test_a_project_that_cannot_work_is_not_made(changes, error, message):
    with pytest.raises(error, match=message):
        create(**changes)

    assert not Project.objects.exists()


@pytest.mark.parametrize("slug", ["P", "_p", "2026", "Caravan-2_b"])
def test_every_slug_that_an_address_can_hold_is_taken(slug):
    assert create(slug=slug).slug == slug


def test_a_slug_is_used_once():
    create()

    with pytest.raises(ProjectRefusedError, match="Choose another slug"):
        create()


def test_an_unknown_role_leaves_no_project_behind():
    with pytest.raises(ProjectRefusedError, match="no role 'boss'"):
        create(members=[(make_user(), "boss")])

    assert not Project.objects.exists()


def test_add_articles_counts_only_new_ones():
    first, second = make_article(), make_article()
    project = create(articles=[first], annotators_per_article=1)

    assert add_articles(project=project, articles=[first, second]) == 1
    assert add_articles(project=project, articles=[first, second]) == 0
    assert slots(project) == [(first.pk, 1, "open"), (second.pk, 1, "open")]


def test_add_articles_makes_no_tasks_in_a_draft():
    project = make_project(state="draft")

    assert add_articles(project=project, articles=[make_article()]) == 1
    assert not Task.objects.exists()


def test_adding_a_member_twice_keeps_one_membership():
    project, mara = make_project(), make_user()
    first = add_member(project=project, user=mara, role="annotator")

    again = add_member(project=project, user=mara, role="annotator", group="north")

    assert (again.pk, again.group, again.pseudonym) == (first.pk, "north", first.pseudonym)
    assert add_member(project=project, user=mara, role="annotator").group == "north"


def test_close_project_keeps_its_tasks():
    project = create(articles=[make_article()])

    close_project(project=project)

    project.refresh_from_db()
    assert (project.state, project.tasks.count()) == ("closed", 2)


def test_a_draft_cannot_be_closed():
    with pytest.raises(ProjectRefusedError, match="never opened"):
        close_project(project=create(draft=True))


def run(*arguments):
    out = io.StringIO()
    call_command("create_project", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def book():
    codebook = make_codebook()
    return str(codebook)


def test_the_command_makes_an_open_project_without_articles(book):
    make_article()

    assert run("p", "--codebook", book, "--annotators-per-article", "3") == {
        "project": "p",
        "state": "open",
        "codebook": book,
        "articles": 0,
        "members": 0,
        "tasks": 0,
    }


def test_the_command_takes_articles_and_members(book):
    story = make_story("caravan")
    batch = ImportBatch.objects.create(source="x", format="text")
    make_article(story=story)
    make_article(story=story, import_batch=batch)
    make_article()
    make_user("mara")
    make_user("ada")
    members = ["--member", "mara:annotator", "ada:adjudicator", "--member", "ada:manager"]

    def made(slug, which):
        result = run(slug, "--codebook", book, "--annotators-per-article", "2", "--articles", which, *members)
        return result["articles"], result["members"], result["tasks"]

    assert made("a", "all") == (3, 3, 6)
    assert made("b", "story:caravan") == (2, 3, 4)
    assert made("c", f"batch:{batch.pk}") == (1, 3, 2)
    assert Project.objects.get(slug="a").memberships.filter(user__username="ada").count() == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--codebook", "nope@1"], "There is no codebook nope@1"),
        (["--articles", "story:nope"], "There is no story nope"),
        (["--articles", "batch:7"], "There is no import batch 7"),
        (["--articles", "some"], "is not understood"),
        (["--member", "nobody:annotator"], "There is no account nobody"),
        (["--member", "nobody"], "names no role"),
        (["--blind", "lean"], "cannot be blinded"),
    ],
)
def test_the_command_refuses_what_it_does_not_know(book, arguments, message):
    with pytest.raises(CommandError, match=message):
        run("p", "--codebook", book, "--annotators-per-article", "1", *arguments)

    assert not Project.objects.exists()
