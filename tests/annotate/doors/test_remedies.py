"""What to do, in the words of each door."""

import re
from pathlib import Path
from string import Formatter

import pytest

from annotate.admin.annotation_imports import MapForm
from annotate.annotation_files_form import FilesForm
from annotate.doors.remedies import API, COMMAND, FORM, MAP_LABEL, SWITCH_ON, Remedy, map_label
from annotate.management.commands.import_annotations import Command

TEMPLATE = Path(__file__).resolve().parents[3] / "templates/admin/annotate/project/annotations_upload.html"


def test_each_door_has_words_for_each_kind() -> None:
    assert set(COMMAND) == set(FORM) == set(API)


@pytest.mark.parametrize("words", [COMMAND, FORM, API], ids=["command", "form", "api"])
@pytest.mark.parametrize("close", [[], ["SOURCE"], ["SOURCE", "FRAME"]])
def test_all_gaps_are_filled(words: dict[str, str], close: list[str]) -> None:
    filled = map_label("Sou{rce}", close, ["SOURCE", "FRAME"], switched_off=False).values
    for kind, text in words.items():
        gaps = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert gaps <= set(filled)
        # Others than these two are given a name at most.
        assert gaps <= {"name"} or kind in (MAP_LABEL, SWITCH_ON)
        # The only braces left are those of the name.
        assert Remedy(kind, filled).in_words(words).count("{") == text.count("{name}")


def test_the_page_s_words_name_what_is_on_the_page() -> None:
    labels = {str(field.label) for form in (FilesForm, MapForm) for field in form.base_fields.values()}
    labels |= set(re.findall(r"<h2>(.*?)</h2>", TEMPLATE.read_text(encoding="utf-8")))
    named = {name for text in FORM.values() for name in re.findall(r"“(.*?)”", text)}
    assert named - labels == set()
    assert "--" not in "".join(FORM.values())


def test_the_command_s_words_name_its_options() -> None:
    options = set(re.findall(r"--[a-z-]+", Command().create_parser("manage.py", "import_annotations").format_help()))
    named = {name for text in COMMAND.values() for name in re.findall(r"--[a-z-]+", text)}
    # Of import_articles, which brings articles.
    assert named - {"--project"} <= options


def test_the_nearest_is_offered() -> None:
    remedy = map_label("Sources", ["SOURCE", "FRAME"], ["SOURCE", "FRAME"], switched_off=False)
    assert remedy.in_words(COMMAND) == (
        "Write --label-map 'Sources=SOURCE' (or FRAME); --label-map 'Sources=' leaves it out."
    )
    assert "perhaps SOURCE or FRAME" in remedy.in_words(FORM)
    assert 'to "SOURCE" (or FRAME), or to ""' in remedy.in_words(API)
