"""``manage.py import_articles``: its JSON, its exit codes, and what reaches the project."""

import io
import json
import random

import pytest
from django.core.management import CommandError, call_command

from annotate.models import ProjectArticle
from corpus.models import Article, ImportBatch
from tests.corpus import edits
from tests.corpus.seeds import SEEDS, needs_seeds
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def _run(*arguments):
    """The command's JSON and its exit code."""
    out = io.StringIO()
    code = 0
    try:
        call_command("import_articles", *map(str, arguments), "--json", stdout=out)
    except SystemExit as left:
        code = left.code
    return json.loads(out.getvalue()), code


def _write(path, *records):
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records), encoding="utf-8")
    return path


def test_articles_go_into_the_corpus_and_the_project(tmp_path):
    project = make_project()
    file = _write(tmp_path / "a.jsonl", {"text": "One was here."}, {"text": "Two was here.", "id": "two"})

    printed, code = _run(file, "--project", project.slug, "--story", "rain", "--outlet", "El Sol")

    assert code == 0
    assert printed == {
        "created": 2, "duplicates": 0, "rejected": [],
        "articles": [str(uuid) for uuid in Article.objects.order_by("pk").values_list("uuid", flat=True)],
    }  # fmt: skip
    assert ProjectArticle.objects.filter(project=project).count() == 2
    assert set(Article.objects.values_list("story__slug", "outlet__name")) == {("rain", "El Sol")}


def test_a_duplicate_is_not_stored_again_but_joins_the_project(tmp_path):
    file = _write(tmp_path / "a.jsonl", {"text": "One was here."})
    first, _ = _run(file)
    project = make_project()

    again, code = _run(file, "--project", project.slug)

    assert (again["created"], again["duplicates"], again["articles"], code) == (0, 1, first["articles"], 0)
    assert [str(entry.article.uuid) for entry in ProjectArticle.objects.filter(project=project)] == first["articles"]


def test_rejected_records_are_reported_and_the_exit_code_is_3(tmp_path):
    file = _write(tmp_path / "a.jsonl", {"text": "One was here."}, "{broken", {"text": "Two was here."})

    printed, code = _run(file)

    assert code == 3
    assert printed["created"] == 2
    [rejected] = printed["rejected"]
    assert rejected.pop("message").startswith("Not JSON at column 2")
    assert rejected == {"source": str(file), "line": 2, "field": "", "code": "bad_json"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{file}", "--project", "nowhere"], "no project 'nowhere'"),
        (["{file}", "--encoding", "klingon"], "no encoding 'klingon'"),
        (["{file}", "--format", "xls"], "choose from 'auto', "),
        (["{file}.missing"], "does not exist"),
        (["{file}", "--column", "text"], r"takes FIELD=COLUMN, e\.g\. text=Body, and not 'text'"),
        (["{file}", "--column", "body=text"], "Fields are: id, title, text"),
        (["{file}", "--column", "text=a", "--column", "text=b"], "names text twice"),
    ],
    ids=["project", "encoding", "format", "path", "column without sign", "unknown field", "field twice"],
)
def test_what_cannot_begin_fails_and_writes_nothing(tmp_path, arguments, words):
    file = _write(tmp_path / "a.jsonl", {"text": "One was here."})

    with pytest.raises(CommandError, match=words):
        call_command("import_articles", *(argument.format(file=file) for argument in arguments))

    assert (Article.objects.count(), ImportBatch.objects.count()) == (0, 0)


def test_columns_are_named_on_the_command_line_and_kept_with_the_batch(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("source,Words=1,title\nS,One was here.,T\n", encoding="utf-8")

    printed, code = _run(file, "--column", "text=Words=1", "--column", "outlet=")

    assert (printed["created"], code) == (1, 0)
    assert Article.objects.values_list("title", "outlet").get() == ("T", None)
    assert ImportBatch.objects.get().options["columns"] == {"text": "Words=1", "outlet": ""}


def test_a_dry_run_writes_nothing(tmp_path):
    project = make_project()

    printed, code = _run(_write(tmp_path / "a.jsonl", {"text": "One."}), "--project", project.slug, "--dry-run")

    assert (printed["created"], printed["articles"], code) == (1, [], 0)
    assert (Article.objects.count(), ProjectArticle.objects.count()) == (0, 0)


def test_without_json_it_says_what_happened_in_words(tmp_path):
    out, err = io.StringIO(), io.StringIO()

    with pytest.raises(SystemExit, match="3"):
        call_command(
            "import_articles", str(_write(tmp_path / "a.jsonl", {"text": "One."}, "[]")), stdout=out, stderr=err
        )

    assert out.getvalue() == "1 created, 0 duplicates, 1 rejected\nmissing: date 1, byline 1, language 1, outlet 1\n"
    assert err.getvalue().startswith(f"{tmp_path}/a.jsonl:2: not_an_object: ")


@needs_seeds
def test_the_seeds_are_created_once_and_then_five_duplicates():
    project = make_project()

    first, first_code = _run(SEEDS, "--project", project.slug, "--story", "caravan")
    second, second_code = _run(SEEDS, "--project", project.slug, "--story", "caravan")

    assert (first["created"], first["duplicates"], first["rejected"], first_code) == (5, 0, [], 0)
    assert (second["created"], second["duplicates"], second["rejected"], second_code) == (0, 5, [], 0)
    assert second["articles"] == first["articles"]
    assert ProjectArticle.objects.filter(project=project).count() == 5


def test_near_duplicates_are_linked_at_the_end_or_skipped_and_named(tmp_path):
    text = edits.make_text(random.Random(1))
    file = tmp_path / "a.jsonl"
    records = [{"text": text, "outlet": "A"}, {"text": edits.change_words(text, random.Random(2)), "outlet": "B"}]
    file.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")

    skipped, code = _run(file, "--near-duplicates", "skip")
    assert code == 0
    assert (skipped["created"], skipped["duplicates"], skipped["rejected"]) == (1, 1, [])
    [told] = skipped["near_duplicates"]
    assert (told["line"], told["code"]) == (2, "near_duplicate")
    assert skipped["articles"][0] in told["message"]

    _run(file)
    groups = set(Article.objects.values_list("near_duplicate_group", flat=True))
    assert len(groups) == 1
    assert None not in groups
