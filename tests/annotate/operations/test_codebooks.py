"""Storing, changing and freezing codebooks; the commands that load and print them."""

import copy
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotate.models import Codebook
from annotate.operations.codebooks import CodebookConflictError, change_codebook, freeze_codebook, save_codebook

SHIPPED = Path(__file__).parents[3] / "fixtures/codebooks/media-framing-3.json"
pytestmark = pytest.mark.django_db


def book(*codes, version="1.0", **more):
    labels = [{"code": code, "name": code.title(), "definition": "x"} for code in codes]
    return {
        "name": "book",
        "version": version,
        "layers": [{"code": "layer", "name": "Layer", "labels": labels}],
        **more,
    }


def indexes(codebook):
    return dict(codebook.labels.values_list("code", "index"))


def test_save_codebook_stores_its_labels_in_order():
    codebook, created = save_codebook(content=book("A", "B"))

    assert created
    assert list(codebook.labels.values_list("index", "code", "name", "layer")) == [
        (0, "A", "A", "layer"),
        (1, "B", "B", "layer"),
    ]


def test_saving_the_same_content_again_changes_nothing():
    first, _ = save_codebook(content=book("A", "B"))

    again, created = save_codebook(content=json.loads(json.dumps(book("A", "B"), sort_keys=True)))

    assert (again.pk, created) == (first.pk, False)
    assert Codebook.objects.count() == 1


def test_other_content_under_an_existing_version_is_refused():
    save_codebook(content=book("A"))

    with pytest.raises(CodebookConflictError, match="Raise the version"):
        save_codebook(content=book("A", "B"))

    assert list(Codebook.objects.get().labels.values_list("code", flat=True)) == ["A"]


def test_a_label_keeps_its_index_through_the_versions_of_a_name():
    save_codebook(content=book("A", "B", "C"))

    second, _ = save_codebook(content=book("C", "D", "A", version="2.0"))

    assert indexes(second) == {"C": 2, "D": 3, "A": 0}


def test_an_index_is_not_given_to_another_label_while_a_version_has_it():
    save_codebook(content=book("A", "B"))
    save_codebook(content=book("A", version="2.0"))

    third, _ = save_codebook(content=book("A", "C", version="3.0"))

    assert indexes(third) == {"A": 0, "C": 2}


def test_a_lineage_of_more_than_62_labels_is_refused():
    save_codebook(content=book(*[f"L{n}" for n in range(62)]))

    with pytest.raises(CodebookConflictError, match="more than 62 labels"):
        save_codebook(content=book("NEW", version="2.0"))

    assert Codebook.objects.count() == 1


def test_change_codebook_rewrites_the_labels():
    codebook, _ = save_codebook(content=book("A", "B"))

    change_codebook(codebook=codebook, content=book("B", "C", title="Other"))

    codebook.refresh_from_db()
    assert (codebook.title, indexes(codebook)) == ("Other", {"B": 1, "C": 2})


def test_a_frozen_codebook_is_not_changed():
    codebook, _ = save_codebook(content=book("A"))
    first = datetime(2026, 1, 1, tzinfo=UTC)
    freeze_codebook(codebook=codebook, now=first)
    freeze_codebook(codebook=codebook, now=datetime(2026, 2, 2, tzinfo=UTC))

    with pytest.raises(CodebookConflictError, match="new version"):
        change_codebook(codebook=codebook, content=book("A", "B"))

    codebook.refresh_from_db()
    assert (codebook.frozen_at, indexes(codebook)) == (first, {"A": 0})


def test_change_codebook_keeps_name_and_version():
    codebook, _ = save_codebook(content=book("A"))

    with pytest.raises(CodebookConflictError, match=r"This content is book@2\.0"):
        change_codebook(codebook=codebook, content=book("A", version="2.0"))


def test_load_and_dump_give_the_file_back():
    out, dumped = io.StringIO(), io.StringIO()

    call_command("load_codebook", str(SHIPPED), "--json", stdout=out)
    call_command("dump_codebook", "media-framing-3@1.0", stdout=dumped)

    assert json.loads(out.getvalue()) == {"codebook": "media-framing-3@1.0", "created": True, "labels": 10}
    assert dumped.getvalue() == SHIPPED.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (b"{", "is not JSON"),
        (b"1" * 5_000, "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (json.dumps(copy.deepcopy(book("A")) | {"layers": 3}).encode(), "layers: must be a list"),
        (None, "cannot be read"),
    ],
    ids=["broken", "digits", "encoding", "shape", "missing"],
)
def test_load_codebook_says_what_is_wrong_with_a_file(tmp_path, written, message):
    file = tmp_path / "book.json"
    if written is not None:
        file.write_bytes(written)

    with pytest.raises(CommandError, match=message):
        call_command("load_codebook", str(file))

    assert not Codebook.objects.exists()


def test_dump_codebook_lists_what_there_is():
    save_codebook(content=book("A"))

    with pytest.raises(CommandError, match=r"no codebook nope@1\. Known: book@1\.0"):
        call_command("dump_codebook", "nope@1")
