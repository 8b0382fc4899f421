"""The counts kept in the database give the figures that the command line gives for the same readings."""

import io
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agreement import Document, Mark, disagreement, document_metrics, printed
from annotate.models import AgreementStat, ArticleAnnotation, ProjectAgreement
from annotate.operations.figures import compute_project
from annotate.operations.scoring import recount_project, refresh_article
from annotate.scoring.adapter import documents, label_indexes, project_metrics, schema_of, stored_rows
from annotate.tasks import refresh_agreement
from tests.factories import (
    codebook_content,
    make_article,
    make_codebook,
    make_project,
    make_reading,
    make_relation,
    make_task,
    make_user,
)

ROOT = Path(__file__).parents[2]
LABELS = ["FRAME", "SOURCE", "CONTENT", "QUANTITY"]
QUESTIONS = [
    {
        "code": "tone",
        "title": "Tone",
        "type": "choice",
        "ordered": True,
        "values": [{"code": code, "title": code, "definition": ""} for code in ("pro", "neutral", "anti")],
    },
    {"code": "people", "title": "People", "type": "number", "enabled": False},
    {
        "code": "themes",
        "title": "Themes",
        "type": "choice",
        "many": True,
        "values": [{"code": code, "title": code, "definition": ""} for code in ("economy", "law")],
    },
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def read_project():
    """Three articles: one read by three (one of them marked nothing), one by two, one by one alone."""
    people = [make_user(name) for name in ("mara", "noor", "ivo")]
    codebook = make_codebook(codebook_content(questions=QUESTIONS))
    project = make_project(codebook, members=dict.fromkeys(people, "annotator"), switches={"people": False})
    marks = [
        [
            [("FRAME", 0, 10), ("SOURCE", 5, 20), ("QUANTITY", 30, 41)],
            [("FRAME", 2, 12), ("QUANTITY", 30, 41), ("QUANTITY", 50, 60)],
            [],
        ],
        [[("SOURCE", 0, 9), ("FRAME", 4, 30)], [("SOURCE", 0, 9), ("CONTENT", 12, 30)]],
        [[("FRAME", 0, 5)]],
    ]
    for readings in marks:
        article = make_article()
        for number, (person, own) in enumerate(zip(people, readings, strict=False)):
            task = make_reading(project, article, person, own)
            task.spans.filter(label__code="QUANTITY").update(attributes={"value": 7500, "gone": number})
            for source, content in product(*(task.spans.filter(label__code=x) for x in ("SOURCE", "CONTENT"))):
                make_relation(content, source)
            answers = {"tone": ["pro", "neutral", "anti"][number], "people": 3, "themes": ["law", "economy"][number:]}
            for question, value in answers.items():
                ArticleAnnotation.objects.create(task=task, question=question, value=value)
        refresh_article(project=project, article=article)
    return project


def as_lines(project):
    """The project's readings as the input of python -m agreement."""
    schema = schema_of(project)
    attributes = {label: {} for label in label_indexes(project)}
    for path, field in schema.attributes.items():
        label, name = path.split(".")
        attributes[label][name] = declared(field)
    yield json.dumps(
        {
            "labels": list(attributes),
            "layers": schema.layers,
            "questions": {question: declared(field) for question, field in schema.questions.items()},
            "attributes": attributes,
            "relations": schema.relations,
        }
    )
    for document in documents(project):
        spans = [
            {
                "id": m.id,
                "annotator": m.annotator,
                "start": m.start,
                "end": m.end,
                "label": m.label,
                "fragments": m.fragments,
                "attributes": m.attributes,
            }
            for m in document.marks
        ]
        relations = [
            {"annotator": r.annotator, "type": r.type, "from": r.start, "to": r.end} for r in document.relations
        ]
        yield json.dumps(
            {
                "id": document.id,
                "length": document.length,
                "annotators": document.annotators,
                "spans": spans,
                "relations": relations,
                "answers": document.answers,
            }
        )


def declared(field):
    return {
        "type": "number" if field.kind == "number" else "choice",
        "many": field.kind == "set",
        "ordered": field.kind == "rank",
        "values": field.options,
    }


def score(project, *options):
    out = io.StringIO()
    call_command("score", project.slug, "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def alpha_by_package(project, value_of):
    """krippendorff over all characters that two or more people read; ``value_of`` gives a value per label set."""
    columns = []
    for document in documents(project):
        sets = {annotator: [frozenset()] * document.length for annotator in document.annotators}
        for mark in document.marks:
            for start, end in mark.pieces:
                for at in range(start, end):
                    sets[mark.annotator][at] |= {mark.label}
        rows = [[value_of(labels) for labels in own] for own in sets.values()]
        rows += [[np.nan] * document.length] * (3 - len(rows))
        columns.append(np.array(rows, dtype=float))
    return krippendorff.alpha(reliability_data=np.concatenate(columns, axis=1), level_of_measurement="nominal")


def test_documents_holds_empty_readings_and_only_submitted_ones(read_project):
    article = read_project.articles.order_by("pk")[2]
    make_task(read_project, article, make_user("late"))

    found = list(documents(read_project))

    assert [(d.length, len(d.annotators), len(d.marks)) for d in found] == [
        (found[0].length, 3, 6),
        (found[1].length, 2, 4),
        (found[2].length, 1, 1),
    ]
    assert [d.id for d in found] == [str(a.uuid) for a in read_project.articles.order_by("pk")]
    assert list(documents(read_project, [article])) == [found[2]]


def test_answers_attributes_and_relations_that_are_on_are_counted(read_project):
    first, second, _ = documents(read_project)
    people = first.annotators

    assert first.answers == {
        "tone": dict(zip(people, ("pro", "neutral", "anti"), strict=True)),
        "themes": dict(zip(people, (["law", "economy"], ["economy"], []), strict=True)),
    }
    assert [m.attributes for m in first.marks if m.label == "QUANTITY"] == [{"value": 7500}] * 3
    ((relation,), marks) = second.relations, {m.id: m.label for m in second.marks}
    assert (relation.annotator, relation.type, marks[relation.start], marks[relation.end]) == (
        people[1],
        "ATTRIBUTED_TO",
        "CONTENT",
        "SOURCE",
    )
    found = project_metrics(read_project)
    assert found["attribute_share_equal:QUANTITY.value"]["value"] == 1.0
    assert found["relation_f1_type:ATTRIBUTED_TO"]["value"] == 0.0
    assert (found["doc_alpha_ordinal:tone"]["n_documents"], found["doc_alpha_ordinal:tone"]["n_annotators"]) == (2, 3)
    assert not [name for name in found if name.endswith(":people")]


def test_deleted_marks_and_labels_that_are_off_do_not_count(read_project):
    task = read_project.tasks.order_by("pk")[0]
    task.spans.filter(label__code="SOURCE").update(deleted_at=timezone.now())
    read_project.switches = {"QUANTITY": False}

    first = next(documents(read_project))

    assert label_indexes(read_project) == {"FRAME": 0, "SOURCE": 1, "CONTENT": 2}
    assert [(m.label, m.start) for m in first.marks] == [("FRAME", 0), ("FRAME", 2)]


def test_score_prints_what_the_command_line_prints_for_the_same_readings(read_project, tmp_path):
    file = tmp_path / "readings.jsonl"
    file.write_text("\n".join(as_lines(read_project)), encoding="utf-8")

    printed = subprocess.run(
        [sys.executable, "-m", "agreement", str(file), "--bootstrap", "200", "--seed", "3", "--jackknife"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    scored = score(read_project, "--bootstrap", "200", "--seed", "3", "--jackknife")
    assert scored == json.loads(printed.stdout)
    assert scored["metrics"]["char_alpha_label:FRAME"]["ci"] is not None
    assert scored["metrics"]["char_alpha_label:FRAME"]["jackknife_ci"] is not None


def test_score_equals_krippendorff(read_project):
    found = {name: figure["value"] for name, figure in score(read_project)["metrics"].items()}
    bits = label_indexes(read_project)

    assert found["char_alpha_set_nominal"] == pytest.approx(
        alpha_by_package(read_project, lambda labels: sum(1 << bits[label] for label in labels)), abs=1e-9
    )
    assert found["char_alpha_any"] == pytest.approx(alpha_by_package(read_project, bool), abs=1e-9)
    for label in LABELS:
        assert found[f"char_alpha_label:{label}"] == pytest.approx(
            alpha_by_package(read_project, lambda labels, label=label: label in labels), abs=1e-9
        )


def test_stored_counts_give_the_figures_of_the_documents(read_project):
    schema = schema_of(read_project)
    figures = document_metrics(list(documents(read_project)), label_indexes(read_project), 100, 1, schema=schema)

    assert project_metrics(read_project, bootstrap=100, seed=1) == printed(figures)


def test_a_project_without_readings_has_reasons_and_no_figures():
    figures = project_metrics(make_project())

    assert {figure["value"] for figure in figures.values()} == {None}
    assert figures["char_alpha_any"]["reason"] == "no_pairable_units"


def test_refresh_article_follows_a_reading_that_is_taken_back(read_project):
    article = read_project.articles.order_by("pk")[1]
    read_project.tasks.filter(article=article, annotator__username="noor").update(state="returned")

    refresh_article(project=read_project, article=article)

    assert not AgreementStat.objects.filter(project=read_project, article=article).exists()
    assert ProjectAgreement.objects.get(project=read_project).revision == 4


def test_recount_changes_nothing(read_project):
    before = list(AgreementStat.objects.order_by("pk").values())
    out = io.StringIO()

    call_command("recount", read_project.slug, stdout=out)

    assert out.getvalue() == f"Counted 2 articles of {read_project.slug} from scratch: no difference.\n"
    assert list(AgreementStat.objects.order_by("pk").values()) == before
    assert ProjectAgreement.objects.get(project=read_project).revision == 3


def test_recount_puts_right_and_reports_what_differs(read_project):
    first, second, _ = read_project.articles.order_by("pk")
    expected = project_metrics(read_project)
    AgreementStat.objects.filter(article=first, measure="char_any", key_c=0, key_k=0).update(n=1)
    AgreementStat.objects.filter(article=second).delete()

    with pytest.raises(CommandError, match=f"article {first.uuid}: 1 rows too many, 1 missing"):
        call_command("recount", read_project.slug)

    assert project_metrics(read_project) == expected
    assert recount_project(project=read_project) == []


def test_recount_follows_switches(read_project):
    read_project.switches = {"QUANTITY": False}
    read_project.save()

    assert len(recount_project(project=read_project)) == 2
    assert "char_alpha_label:QUANTITY" not in project_metrics(read_project)


def test_compute_project_stores_the_figures_as_of_their_revision(read_project):
    now = timezone.now()

    agreement = compute_project(project=read_project, bootstrap=50, now=now)

    assert (agreement.revision, agreement.computed_revision, agreement.computed_at) == (3, 3, now)
    assert agreement.metrics == project_metrics(read_project, bootstrap=50)


def test_the_job_computes_only_what_is_out_of_date(read_project):
    refresh_agreement.call(read_project.pk)
    first = ProjectAgreement.objects.get(project=read_project).computed_at

    refresh_agreement.call(read_project.pk)
    again = ProjectAgreement.objects.get(project=read_project).computed_at
    refresh_article(project=read_project, article=read_project.articles.order_by("pk")[0])
    refresh_agreement.call(read_project.pk)
    later = ProjectAgreement.objects.get(project=read_project)

    assert first == again < later.computed_at
    assert later.computed_revision == later.revision == 4


def test_the_job_of_a_project_that_is_gone_does_nothing():
    refresh_agreement.call(0)

    assert not ProjectAgreement.objects.exists()


def test_score_says_in_words_what_is_not_defined():
    project = make_project()
    out = io.StringIO()

    call_command("score", project.slug, stdout=out)

    first = out.getvalue().splitlines()[0].split()
    assert first[:3] == ["char_alpha_set_nominal", "undefined", "(no_pairable_units)"]


def test_score_says_that_an_interval_rests_on_few_articles(read_project):
    out = io.StringIO()

    call_command("score", read_project.slug, "--jackknife", stdout=out)

    line = next(line for line in out.getvalue().splitlines() if line.startswith("char_alpha_any"))
    assert "jackknife [" in line
    assert "(few articles: the interval is too narrow)" in line
    line = next(line for line in out.getvalue().splitlines() if line.startswith("attribute_share_equal:QUANTITY.value"))
    assert line.endswith("annotators, 1 pairs of marks")


def test_score_lists_the_projects_there_are():
    make_project(slug="there")

    with pytest.raises(CommandError, match=r"There is no project nope\. Known: there"):
        call_command("score", "nope")


def test_a_mark_of_two_pieces_counts_its_pieces():
    people = make_user(), make_user()
    project = make_project(members=dict.fromkeys(people, "annotator"))
    article = make_article()
    for person in people:
        make_reading(project, article, person, [("QUANTITY", 0, 20)])
    split, whole = (task.spans.get() for task in project.tasks.order_by("pk"))
    split.fragments = [[0, 5], [15, 20]]
    split.attributes = {"value": 7500, "unit": "people"}
    split.save()

    (document,) = documents(project)

    assert document == Document(
        id=str(article.uuid),
        length=article.n_chars,
        annotators=(str(people[0].pk), str(people[1].pk)),
        marks=(
            # Of the attributes those that the project has switched on.
            Mark(
                str(people[0].pk),
                0,
                20,
                "QUANTITY",
                ((0, 5), (15, 20)),
                id=str(split.pk),
                attributes={"value": 7500},
            ),
            Mark(str(people[1].pk), 0, 20, "QUANTITY", ((0, 20),), id=str(whole.pk)),
        ),
    )


def test_attributes_and_layers_enter_the_split_of_disagreement():
    people = make_user(), make_user()
    project = make_project(members=dict.fromkeys(people, "annotator"))
    article = make_article()
    make_reading(project, article, people[0], [("QUANTITY", 0, 20), ("SOURCE", 22, 30), ("FRAME", 40, 50)])
    make_reading(project, article, people[1], [("QUANTITY", 0, 20), ("CONTENT", 20, 30), ("SOURCE", 40, 50)])
    changed = project.tasks.order_by("pk")[0].spans.get(label__code="QUANTITY")
    changed.attributes = {"value": 7500}
    changed.save()

    refresh_article(project=project, article=article)

    (rows,) = stored_rows(project).values()
    found = disagreement(rows)
    assert {label: {name: n for name, n in counts.items() if n} for label, counts in found.items()} == {
        "CONTENT": {"label": 1},
        "FRAME": {"missed": 1},
        "QUANTITY": {"attribute": 2},
        "SOURCE": {"label": 1, "missed": 1},
    }
