"""One text, the same marks, written by each tool: all come in at the same characters, emoji before them included."""

from pathlib import Path

import pytest

from annotate.models import Project, Task
from annotate.rows import load_rows
from tests.annotate.commands.test_import_annotations import marks, project, replayed, run  # noqa: F401
from tests.annotate.doors import exports
from tests.annotate.doors.exports import TEXT

pytestmark = pytest.mark.django_db

MARKS = {("mara", "QUANTITY", "8,000"), ("mara", "SOURCE", "María")}


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("with_reference", [True, False], ids=["named", "found by its text"])
@pytest.mark.parametrize("format", ["label-studio", "doccano", "brat", "webanno-tsv"])
def test_every_format_comes_in(project: Project, tmp_path: Path, format: str, with_reference: bool):  # noqa: F811
    if not with_reference:
        project.articles.update(external_id=None)
    name = "crowd-1"
    match format:
        case "label-studio":
            arguments = [put(tmp_path / "export.json", exports.label_studio()), "--annotator-map", "1=mara"]
        case "doccano":
            arguments = [put(tmp_path / "mara.jsonl", exports.doccano())]
        case "brat":
            put(tmp_path / "brat" / "mara" / f"{name}.txt", TEXT)
            put(
                tmp_path / "brat" / "mara" / f"{name}.ann",
                exports.brat().split("T3")[0] + "R1\tATTRIBUTED_TO Arg1:T1 Arg2:T2\n",
            )
            arguments = [tmp_path / "brat"]
        case _:
            arguments = [put(tmp_path / f"{name}.txt" / "mara.tsv", exports.webanno())]

    printed, code = run(project, *arguments, format=format)

    assert (code, printed["rejected"]) == (0, [])
    assert marks(project) == MARKS
    task = Task.objects.get(project=project, annotator__username="mara")
    rows = load_rows(task)
    assert [
        (r["type"], rows.spans[r["from_span"]]["quote"], rows.spans[r["to_span"]]["quote"])
        for r in rows.relations.values()
    ] == [("ATTRIBUTED_TO", "8,000", "María")]
    assert replayed(task) == rows
    if format in {"label-studio", "webanno-tsv"}:
        assert [s["attributes"] for s in rows.spans.values() if s["label"] == "QUANTITY"] == [{"value": 8000}]
    again, _ = run(project, *arguments, format=format)
    assert (again["created"], again["updated"]) == (0, 0)


def test_label_studio_brings_the_answers_and_the_empty_reading_of_the_second(project: Project, tmp_path: Path):  # noqa: F811
    file = put(tmp_path / "export.json", exports.label_studio())
    printed, code = run(project, file, "--annotator-map", "1=mara", format="label-studio")
    assert (code, printed["created"], printed["answers"]) == (0, 2, 1)
    assert load_rows(Task.objects.get(annotator__username="mara")).answers == {"tone": "pro"}
    assert Task.objects.get(annotator__username="noor").state == "submitted"


def test_a_file_of_another_text_is_refused_and_says_so(project: Project, tmp_path: Path):  # noqa: F811
    put(tmp_path / "mara" / "crowd-1.txt", TEXT.replace("About", "Over"))
    put(tmp_path / "mara" / "crowd-1.ann", "T1\tSOURCE 0 5\tCrowd\n")
    put(tmp_path / "mara" / "other.txt", "Nothing like it.")
    put(tmp_path / "mara" / "other.ann", "")
    printed, code = run(project, tmp_path, format="brat")
    assert (code, [r["code"] for r in printed["rejected"]]) == (3, ["text_differs", "unknown_article"])
