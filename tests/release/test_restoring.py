"""A release taken in again gives the same release; what is not whole is not taken."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotate.models import Membership, Operation, Project, Task
from annotate.operations.scoring import recount_project
from annotate.rows import Rows, load_rows
from corpus.models import Article, ImportBatch
from release.operations.building import export_release
from tests.factories import (
    make_article,
    make_mark,
    make_member,
    make_outlet,
    make_project,
    make_reading,
    make_relation,
    make_story,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> tuple[dict[str, Any], int]:
    out = io.StringIO()
    code = 0
    try:
        call_command("import_release", *map(str, arguments), "--json", stdout=out)
    except SystemExit as left:
        code = int(left.code or 0)
    return json.loads(out.getvalue()), code


@pytest.fixture
def project() -> Project:
    """Two stories, three annotators, marks after emoji in pieces, a relation, an empty reading, a skip, unfinished work."""
    ana, bo, cy = (make_user(name) for name in ("ana", "bo", "cy"))
    project = make_project(
        members=dict.fromkeys((ana, bo, cy), "annotator"),
        slug="walk",
        title="The walk",
        guidelines="# Mark\r\n\r\nWhat you see.",
        blind_fields=["outlet"],
        switches={"CONTENT": True},
        annotators_per_article=2,
    )
    make_member(project, make_user("rui"), "researcher")
    walk, flood = make_story("walk"), make_story("flood")
    first = make_article(
        "Walk 😀 north\n\nAbout 7,500 people left, officials said. 😀 The line grew.",
        make_outlet("El Sol"), walk, byline="Ana Ruiz", url="https://sol.example/1", rights="CC BY 4.0",
    )  # fmt: skip
    second = make_article(None, make_outlet(), flood, language="es-MX")
    make_article("Nobody reads this\n\nNot one person did.")
    make_task(project, second)
    one = make_reading(project, first, ana, active_seconds=71)
    content = make_mark(one, "CONTENT", 15, 38)
    content.fragments, content.comment, content.confidence, content.unsure = [[15, 20], [27, 38]], "here", 0.5, True
    content.save()
    make_relation(content, make_mark(one, "SOURCE", 40, 49))
    make_mark(one, "QUANTITY", 21, 26, value=7500.5)
    make_reading(project, first, bo, [("CONTENT", 14, 35), ("SOURCE", 40, 49)])
    make_reading(project, second, cy)
    make_task(project, first, cy, "skipped")
    make_mark(make_task(project, second, ana, "handed_back"), "SOURCE", 2, 8)
    return project


def forget_everything() -> None:
    """An empty database, as far as articles, projects and people go."""
    with connection.cursor() as cursor:
        # Deferred checks would hold the tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "TRUNCATE corpus_article, annotate_project, annotate_codebook, auth_user, corpus_story, corpus_outlet CASCADE"
        )


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("unfinished", [False, True])
def test_a_release_taken_into_an_empty_database_gives_the_same_release(
    project: Project, tmp_path: Path, unfinished: bool
):
    export_release(project=project, out=tmp_path / "first", version="1.0.0", include_unfinished=unfinished)
    forget_everything()

    printed, code = run(tmp_path / "first", "--project", "walk")

    assert (code, printed["rejected"], printed["notes"]) == (0, [], [])
    assert (printed["articles_created"], printed["readings"], printed["spans"]) == (2, 4 + unfinished, 5 + unfinished)
    again = Project.objects.get(slug="walk")
    export_release(project=again, out=tmp_path / "second", version="1.0.0", include_unfinished=unfinished)
    assert files(tmp_path / "second") == files(tmp_path / "first")
    assert (again.state, again.guidelines, again.switches) == (
        "draft",
        "# Mark\r\n\r\nWhat you see.",
        {"CONTENT": True},
    )
    for task in Task.objects.filter(project=again):
        rows = Rows()
        for entry in Operation.objects.filter(task=task).order_by("seq"):
            assert rows.fit(entry.before)
            rows.put(entry.after)
        assert rows == load_rows(task)
    assert recount_project(project=again) == []
    assert ImportBatch.objects.get().format == "release"


def test_beside_the_original_the_articles_are_shared_and_the_ids_are_new(project: Project, tmp_path: Path):
    export_release(project=project, out=tmp_path / "first", version="1.0.0")
    ids = list(
        Membership.objects.filter(role="annotator").order_by("user__username").values_list("pseudonym", flat=True)
    )

    printed, code = run(tmp_path / "first", "--project", "again", "--annotator-map", f"{ids[0]}=ana")

    assert (code, printed["articles_created"], printed["articles_found"]) == (0, 0, 2)
    again = Project.objects.get(slug="again")
    export_release(project=again, out=tmp_path / "second", version="1.0.0")
    assert Article.objects.count() == 3
    for name in ("articles", "agreement", "annotators"):
        path = f"data/{name}.jsonl"
        assert (tmp_path / "second" / path).read_bytes() == (tmp_path / "first" / path).read_bytes()
    assert set(Task.objects.filter(project=again, annotator__isnull=False).values_list("annotator__username", flat=True)) == {
        "ana", *ids[1:]
    }  # fmt: skip


def test_positions_come_in_with_the_texts_and_without_them_not(project: Project, tmp_path: Path):
    export_release(project=project, out=tmp_path / "first", version="1.0.0", text_mode="positions")
    texts = tmp_path / "texts.jsonl"
    texts.write_text(
        "\n".join(json.dumps({"text": article.text}) for article in Article.objects.all()), encoding="utf-8"
    )
    forget_everything()

    with pytest.raises(CommandError, match=r"leaves out the text .* Name your copy .* Nothing was written"):
        run(tmp_path / "first", "--project", "walk")
    assert not Project.objects.exists()

    assert run(tmp_path / "first", "--project", "walk", "--text", texts)[1] == 0
    export_release(project=Project.objects.get(), out=tmp_path / "second", version="1.0.0", text_mode="positions")
    assert files(tmp_path / "second") == files(tmp_path / "first")


def test_a_release_that_is_not_whole_is_not_taken(project: Project, tmp_path: Path):
    export_release(project=project, out=tmp_path / "first", version="1.0.0")
    shutil.copytree(tmp_path / "first", tmp_path / "broken")
    with (tmp_path / "broken/data/annotations.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(CommandError, match=r"is not whole: .*annotations.jsonl"):
        run(tmp_path / "broken", "--project", "again")
    with pytest.raises(CommandError, match="There is a project walk already"):
        run(tmp_path / "first", "--project", "walk")
    with pytest.raises(CommandError, match="is not a directory"):
        run(tmp_path / "nowhere", "--project", "again")
    assert Project.objects.count() == 1


def test_the_brat_folders_of_a_release_come_in_with_the_same_marks(project: Project, tmp_path: Path):
    export_release(project=project, out=tmp_path / "first", version="1.0.0", formats=["brat"])
    again = make_project(project.codebook, list(project.articles.all()), slug="again", annotators_per_article=2)

    call_command(
        "import_annotations", "again", str(tmp_path / "first/extra/brat"), "--format", "brat", "--create-annotators"
    )

    names = dict(
        Membership.objects.filter(project=project, role="annotator").values_list("pseudonym", "user__username")
    )

    def said(of: Project, called: dict[str, str]) -> set[tuple[Any, ...]]:
        found = set()
        for task in Task.objects.filter(project=of, state="submitted").select_related("annotator", "article"):
            rows = load_rows(task)
            who = called.get(task.annotator.username, task.annotator.username)
            found.add((who, task.article.uuid, task.round))
            for row in rows.spans.values():
                links = [
                    rows.spans[r["to_span"]]["quote"] for r in rows.relations.values() if r["from_span"] == row["id"]
                ]
                found.add((who, task.article.uuid, json.dumps({**row, "id": ""}, sort_keys=True), *links))
        return found

    assert said(again, names) == said(project, {})
    assert len(said(again, names)) == 3 + 5
