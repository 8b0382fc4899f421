"""What goes with the data: card, statement, schemas, changes, pictures; all of it as other programs read it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from huggingface_hub import DatasetCard
from jsonschema import Draft7Validator, Draft202012Validator

from annotate.models import Project, Task
from release import licences
from release.card import SIZES
from release.changes import changelog
from release.models import DataStatement, Release
from release.operations.building import export_release
from release.operations.releases import build_release, request_release
from release.operations.statements import save_data_statement
from release.records import FILES
from release.statement import GAP, Told, cleaned
from tests.factories import make_article, make_mark, make_member, make_project, make_reading, make_relation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    ana, bo = make_user(), make_user()
    project = make_project(members={ana: "annotator", bo: "annotator"}, title='Caravan: "the press", 2018')
    article = make_article("Walk 😀 north\n\nAbout 7,500 people left, officials said.", language="es-MX")
    one = make_reading(project, article, ana)
    make_relation(make_mark(one, "CONTENT", 14, 37), make_mark(one, "SOURCE", 39, 48))
    make_mark(one, "FRAME", 0, 4, dimension="security")
    make_reading(project, article, bo, [("FRAME", 0, 6)])
    return project


@pytest.fixture
def release(project: Project, tmp_path: Path) -> Path:
    return export_release(project=project, out=tmp_path / "release", version="1.0.0").path


def rows(directory: Path, name: str) -> Iterator[Any]:
    with (directory / "data" / f"{name}.jsonl").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield json.loads(line)


def test_every_line_is_valid_under_its_schema(release: Path) -> None:
    seen = {}
    for name in FILES:
        schema = json.loads((release / "schema" / f"{name}.schema.json").read_bytes())
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        seen[name] = [len([error.message for error in validator.iter_errors(row)]) for row in rows(release, name)]

    assert {name for name, errors in seen.items() if errors} == set(FILES) - {"adjudicated"}
    assert {n for errors in seen.values() for n in errors} == {0}


def test_a_schema_refuses_what_is_not_a_record(release: Path) -> None:
    validator = Draft202012Validator(json.loads((release / "schema/annotations.schema.json").read_bytes()))
    row = next(rows(release, "annotations"))
    wrong = [
        {**row, "more": 1},
        {key: value for key, value in row.items() if key != "status"},
        {**row, "spans": [{**span, "start": "0"} for span in row["spans"]]},
        {**row, "submitted": 5},
    ]

    assert [len(list(validator.iter_errors(one))) > 0 for one in (row, *wrong)] == [False, True, True, True, True]


def test_the_card_passes_the_hubs_own_parser(release: Path) -> None:
    card = DatasetCard.load(release / "README.md")

    assert card.data.language == ["es"]
    assert card.data.pretty_name == 'Caravan: "the press", 2018'
    assert card.data.size_categories == [SIZES[0][1]]
    configs = {config["config_name"]: config for config in card.data.to_dict()["configs"]}
    assert configs["spans_aggregated"]["default"] is True
    assert {info["config_name"] for info in card.data.to_dict()["dataset_info"]} == set(configs)
    assert (card.data.license, card.data.to_dict()["license_name"]) == ("other", "see-license-file")


def test_what_the_card_shows_and_names_is_in_the_release(release: Path) -> None:
    text = DatasetCard.load(release / "README.md").text
    checksums = {file["path"] for file in json.loads((release / "manifest.json").read_bytes())["files"]}
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    named = {path for path in re.findall(r"`([\w/*.]+\.\w+)`", text) if path not in ("manifest.json",)}

    assert pictures == ["plots/labels.svg", "plots/agreement.svg"]
    assert set(pictures) <= checksums
    assert {path for path in named if not list(release.glob(path))} == set()
    assert {"data/agreement.jsonl", "schema/codebook.json", "guidelines.md", "CITATION.cff"} <= named


def test_what_nobody_told_is_marked_and_what_was_told_stands(project: Project, release: Path, tmp_path: Path) -> None:
    save_data_statement(
        project=project,
        told={
            "authors": "María López\nBo Ek\n",
            "licence": "CC-BY-4.0",
            "curation_rationale": "# Why\r\nAll reports of one week.",
            "limitations": "One event only.",
        },
    )
    told = export_release(project=project, out=tmp_path / "told", version="1.0.0", text_mode="positions").path
    statement = (told / "DATASTATEMENT.md").read_text(encoding="utf-8")
    before = (release / "DATASTATEMENT.md").read_text(encoding="utf-8")

    headings = [
        "Header", "Executive summary", "Curation rationale", "Documentation for source datasets", "Language varieties",
        "Language user demographic", "Annotator demographic", "Linguistic situation and text characteristics",
        "Preprocessing and data formatting", "Capture quality", "Limitations", "Metadata",
        "Disclosure and ethical review", "Personal and sensitive information", "Distribution", "Maintenance",
    ]  # fmt: skip
    assert [line[3:] for line in statement.split("\n") if line.startswith("## ")] == headings
    assert "## Curation rationale\n\n### Why\nAll reports of one week.\n" in statement
    assert f"## Capture quality\n\n{GAP}\n" in statement
    assert f"## Curation rationale\n\n{GAP}\n" in before
    assert "One event only." in (told / "README.md").read_text(encoding="utf-8")
    assert '- name: "María López"\n  - name: "Bo Ek"' in (told / "CITATION.cff").read_text(encoding="utf-8")
    assert DatasetCard.load(told / "README.md").data.license == "cc-by-4.0"
    croissant = json.loads((told / "croissant.json").read_bytes())
    assert (croissant["license"], croissant["rai:dataLimitations"]) == (
        "https://spdx.org/licenses/CC-BY-4.0.html",
        "One event only.",
    )


def test_the_entry_for_references_is_the_same_in_card_and_croissant(project: Project, tmp_path: Path) -> None:
    Project.objects.update(title="{Caravan}: \\input the press")
    save_data_statement(project=project, told={"authors": "María López\nBureau of Words"})
    built = export_release(project=project, out=tmp_path / "cited", version="1.2.0")
    card = (built.path / "README.md").read_text(encoding="utf-8")
    croissant = json.loads((built.path / "croissant.json").read_bytes())

    assert croissant["citeAs"] == (
        f"@misc{{{project.slug}-1.2.0,\n"
        "  author = {{María López} and {Bureau of Words}},\n"
        "  title = {{Caravan: input the press}},\n"
        "  version = {1.2.0},\n"
        f"  year = {{{built.manifest['created'][:4]}}}\n"
        "}"
    )
    assert f"```bibtex\n{croissant['citeAs']}\n```" in card


@pytest.mark.parametrize(
    ("told", "mode", "hub", "named", "cited", "described", "says"),
    [
        (
            "CC BY 4.0", "full", "other", "cc-by-4.0-for-annotations-texts-apart", "CC-BY-4.0",
            "https://spdx.org/licenses/CC-BY-4.0.html", "CC-BY-4.0 (https://spdx.org/licenses/CC-BY-4.0.html).",
        ),
        (
            "odbl-1.0", "positions", "odbl", None, "ODbL-1.0",
            "https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0 (https://spdx.org/licenses/ODbL-1.0.html).",
        ),
        (
            "Ours: ask us", "quotes", "other", "see-license-file", None, "Ours: ask us", "Ours: ask us",
        ),
    ],
    ids=["spelt freely", "another name at the hub", "of their own"],
)  # fmt: skip
def test_every_paper_takes_the_licence_as_its_readers_know_it(
    project: Project,
    tmp_path: Path,
    told: str,
    mode: str,
    hub: str,
    named: str | None,
    cited: str | None,
    described: str,
    says: str,
) -> None:
    save_data_statement(project=project, told={"licence": told, "authors": "Ana: the first\nBo"})

    built = export_release(project=project, out=tmp_path / "licensed", version="1.0.0", text_mode=mode).path

    card = DatasetCard.load(built / "README.md").data.to_dict()
    citation = yaml.safe_load((built / "CITATION.cff").read_text(encoding="utf-8"))
    assert (card["license"], card.get("license_name")) == (hub, named)
    assert citation.get("license") == cited
    assert json.loads((built / "croissant.json").read_bytes())["license"] == described
    assert f"## Annotations\n\n{says}\n" in (built / "LICENSE.md").read_text(encoding="utf-8")
    schema = get_builtin_schema("vendor.citation-file-format")
    assert [error.message for error in Draft7Validator(schema).iter_errors(citation)] == []


def test_citation_files_know_every_licence_of_ours() -> None:
    known = get_builtin_schema("vendor.citation-file-format")["definitions"]["license-enum"]["enum"]

    assert {licence.spdx for licence in licences.KNOWN.values()} - set(known) == set()


def test_headings_of_what_was_told_stay_below_those_of_the_statement() -> None:
    assert cleaned(" # A\r\n## B\ntext\n ") == "### A\n#### B\ntext"
    assert cleaned("") == ""


def test_every_field_of_the_form_is_told() -> None:
    stored = {field.name for field in DataStatement._meta.concrete_fields} - {"id", "project"}

    assert stored == set(Told.__dataclass_fields__)


def test_a_manager_writes_the_statement_in_the_admin(client: Client, project: Project) -> None:
    manager, elsewhere = make_user(is_staff=True), make_user(is_staff=True)
    make_member(project, manager, "manager")
    make_member(make_project(), elsewhere, "manager")
    client.force_login(manager)

    sent = client.get(f"/projects/{project.slug}/releases/statement/")
    form = client.get(sent.url)
    saved = client.post(sent.url, {"project": project.pk, "licence": "CC-BY-4.0", "authors": "Ana"})
    row = DataStatement.objects.get()
    change = client.get(f"/admin/release/datastatement/{row.pk}/change/")
    again = client.get(f"/projects/{project.slug}/releases/statement/")
    client.force_login(elsewhere)

    assert (form.status_code, saved.status_code, change.status_code) == (200, 302, 200)
    assert (row.project, row.licence, row.authors, row.limitations) == (project, "CC-BY-4.0", "Ana", "")
    assert again.url == f"/admin/release/datastatement/{row.pk}/change/"
    assert client.get(f"/admin/release/datastatement/{row.pk}/change/").status_code == 404
    assert client.get(f"/projects/{project.slug}/releases/statement/").status_code == 404


def test_the_page_says_how_much_nobody_has_written(client: Client, project: Project) -> None:
    manager: User = make_user()
    make_member(project, manager, "manager")
    client.force_login(manager)
    before = client.get(f"/projects/{project.slug}/releases/").content.decode()
    save_data_statement(project=project, told=dict.fromkeys(Told.__dataclass_fields__, "Written."))
    after = client.get(f"/projects/{project.slug}/releases/").content.decode()

    assert "14 fields that nobody has written" in before
    assert "nobody has written" not in after


def test_the_changes_between_two_versions_are_listed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "RELEASE_ROOT", tmp_path / "releases")
    for version in ("1.0.0", "1.1.0"):
        if version == "1.1.0":
            cy = make_user()
            make_member(project, cy, "annotator")
            make_reading(project, project.articles.get(), cy, [("FRAME", 0, 4)])
        release = request_release(project=project, version=version, text_mode="full", actor=None)
        build_release(release_id=release.pk, now=timezone.now())
    said = (tmp_path / "releases" / project.slug / "1.1.0" / "CHANGELOG.md").read_text(encoding="utf-8")

    assert said.startswith("# Changes in version 1.1.0\n\nSince version 1.0.0, which had the state of 20")
    assert "| Annotators | 2 | 3 |" in said
    assert "| Marks | 4 | 5 |" in said
    assert "| Readings, complete | 2 | 3 |" in said
    assert "| FRAMING / FRAME | 2 | 3 |" in said
    assert "| char_alpha_any | " in said
    assert "SOURCES" not in said
    assert "Articles |" not in said
    manifests = {row.version: row.manifest for row in Release.objects.all()}
    assert changelog(manifests["1.1.0"], {**manifests["1.1.0"], "version": "1.1.1"}).endswith("has changed.\n")


@pytest.mark.parametrize(
    ("times", "submitted", "created"),
    [
        ("second", "2026-03-05T10:20:30Z", "2026-03-05T10:20:30Z"),
        ("day", "2026-03-05T00:00:00Z", "2026-03-05T00:00:00Z"),
        ("month", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("none", None, "2026-03-01T00:00:00Z"),
    ],
)
def test_when_people_worked_is_as_coarse_as_asked_for(
    project: Project, tmp_path: Path, times: str, submitted: str | None, created: str
) -> None:
    Task.objects.update(submitted_at=datetime(2026, 3, 5, 10, 20, 30, tzinfo=UTC), closed_at=None)
    project.articles.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))

    built = export_release(project=project, out=tmp_path / times, times=times, formats=["w3c"])

    assert {row["submitted"] for row in rows(built.path, "annotations")} == {submitted}
    assert (built.manifest["created"], built.manifest["times"]) == (created, times)
    if times != "second":
        everything = b"".join(path.read_bytes() for path in built.path.rglob("*") if path.is_file())
        assert b"10:20" not in everything


def test_pictures_are_svg_without_style_or_script(release: Path) -> None:
    for name in ("agreement", "labels"):
        picture = (release / "plots" / f"{name}.svg").read_text(encoding="utf-8")
        names = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture).iter()}

        assert names <= {"svg", "title", "rect", "line", "circle", "text"}
        assert "style=" not in picture
    assert "FRAME" in picture
