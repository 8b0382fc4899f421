"""The examples of docs/howto/import-annotations.md, run as they stand there."""

import re
import shlex
import uuid
from pathlib import Path

import pytest
from django.core.management import call_command

from annotate.doors.formats import ALL
from annotate.models import SpanAnnotation, Task
from annotate.operations.tasks import ensure_slots
from tests.factories import codebook_content, make_article, make_codebook, make_project, make_user

PAGE = (Path(__file__).resolve().parents[3] / "docs/howto/import-annotations.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([^`\n]+)`\n\n```\w+\n(.*?)\n```$", re.M | re.S)
COMMAND = re.compile(r"^```sh\nmanage\.py (import_annotations .*?)\n```$", re.M)
SECTIONS = [section for section in re.split(r"^## ", PAGE, flags=re.M) if COMMAND.search(section)]


def test_every_format_has_an_example():
    formats = {shlex.split(COMMAND.search(section)[1])[-1] for section in SECTIONS}
    formats |= {word for section in SECTIONS for word in shlex.split(COMMAND.search(section)[1])}
    assert {door.name for door in ALL} <= formats


def test_every_code_of_a_refusal_is_explained():
    root = Path(__file__).resolve().parents[3]
    page = (root / "docs/reference/annotation-formats.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`(\w+)`", page.partition("## Codes")[2]))
    sources = [*(root / "annotate/doors").glob("*.py"), *(root / "annotate/operations/doors").glob("*.py")]
    # A code stands before its message.
    code = re.compile(r'"([a-z0-9]+(?:_[a-z0-9]+)+)",\s*f?"[A-Z{]')
    used = {found for source in sources for found in code.findall(source.read_text(encoding="utf-8"))}
    assert len(used) > 40
    assert used - said == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "section", [s for s in SECTIONS if FILE.search(s)], ids=lambda section: section.partition("\n")[0]
)
def test_the_example_does_what_the_page_says(section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    text = FILE.search(PAGE)[2]
    article = make_article(text, external_id="crowd-1")
    project = make_project(
        make_codebook(codebook_content(name=f"docs-{uuid.uuid4().hex[:8]}")),
        articles=[article],
        members={make_user("mara"): "annotator", make_user("noor"): "annotator"},
        slug="caravan",
        annotators_per_article=2,
    )
    ensure_slots(project=project)
    [(name, content)] = FILE.findall(section)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(content + "\n", encoding="utf-8")

    call_command(*shlex.split(COMMAND.search(section)[1]))

    mara = Task.objects.get(project=project, annotator__username="mara")
    marks = SpanAnnotation.objects.filter(task=mara).values_list("label__code", "quote", "attributes").order_by("start")
    # doccano has no attributes.
    value = {} if section.startswith("doccano") else {"value": 7500}
    assert list(marks) == [("QUANTITY", "About 7,500", value), ("SOURCE", "officials", {})]
    assert mara.relations.count() == 1
