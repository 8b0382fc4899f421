"""UIMA XMI, written here by the library that also reads it; the file itself counts UTF-16 units."""

import io
import re
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest

from annotate.doors import formats
from annotate.doors.files import InputFile, unpacked
from annotate.doors.formats import BY_NAME, MissingExtraError
from annotate.doors.records import GivenReading, Refused
from tests.annotate.doors import exports
from tests.annotate.doors.exports import TEXT, place

cassis = pytest.importorskip("cassis", reason="needs the extra 'xmi': make install-formats")


def export() -> tuple[bytes, bytes]:
    """A document with two marks and a link, as INCEpTION's layers have them; its type system."""
    types = cassis.TypeSystem()
    media = types.create_type("webanno.custom.Media", "uima.tcas.Annotation")
    types.create_feature(media, "label", "uima.cas.String")
    types.create_feature(media, "value", "uima.cas.String")
    link = types.create_type("webanno.custom.Link", "uima.tcas.Annotation")
    types.create_feature(link, "value", "uima.cas.String")
    types.create_feature(link, "Governor", "uima.tcas.Annotation")
    types.create_feature(link, "Dependent", "uima.tcas.Annotation")
    token = types.create_type("de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token", "uima.tcas.Annotation")
    cas = cassis.Cas(types)
    cas.sofa_string = TEXT
    cas.sofa_mime = "text/plain"
    made = []
    for label, words in exports.MARKS:
        start, end = place(words)
        made.append(media(begin=start, end=end, label=label, value="8000" if label == "QUANTITY" else None))
    cas.add_all([*made, token(begin=0, end=5)])
    start, end = place("María")
    cas.add(link(begin=start, end=end, value="ATTRIBUTED_TO", Governor=made[0], Dependent=made[1]))
    return cas.to_xmi().encode(), types.to_xml().encode()


def read(**files: bytes) -> list[GivenReading | Refused]:
    paths = {name.replace("__", "."): content for name, content in files.items()}
    return list(
        BY_NAME["uima-xmi"].read(
            InputFile(name, PurePosixPath("crowd-1.txt", name), content, named=True) for name, content in paths.items()
        )
    )


def test_marks_after_emoji_come_in_code_points():
    xmi, types = export()
    begin = re.search(rb'<custom:Media[^>]*begin="(\d+)"', xmi)
    assert begin is not None
    assert int(begin[1]) == exports.utf16(place("María")[0]) or int(begin[1]) == exports.utf16(place("8,000")[0])

    [reading] = read(mara__xmi=xmi, TypeSystem__xml=types)

    assert isinstance(reading, GivenReading)
    assert sorted((s.label, TEXT[slice(*s.fragments[0])]) for s in reading.spans) == sorted(exports.MARKS)
    assert {s.label: dict(s.attributes) for s in reading.spans} == {"SOURCE": {}, "QUANTITY": {"value": "8000"}}
    labels = {s.key: s.label for s in reading.spans}
    assert [(r.type, labels[r.from_key], labels[r.to_key]) for r in reading.relations] == [
        ("ATTRIBUTED_TO", "QUANTITY", "SOURCE")
    ]
    assert (reading.annotator, reading.hints, reading.text) == ("mara", ("crowd-1.txt", "crowd-1", "mara"), TEXT)
    assert reading.refused == []


def test_archives_within_an_archive_are_those_of_each_person():
    xmi, types = export()
    outer = io.BytesIO()
    with ZipFile(outer, "w") as project:
        for person in ("mara", "noor"):
            inner = io.BytesIO()
            with ZipFile(inner, "w") as archive:
                archive.writestr(f"{person}.xmi", xmi)
                archive.writestr("TypeSystem.xml", types)
            project.writestr(f"annotation/crowd-1.txt/{person}.zip", inner.getvalue())
    readings = list(BY_NAME["uima-xmi"].read(unpacked("project.zip", outer.getvalue())))
    assert [(r.annotator, "crowd-1" in r.hints) for r in readings if isinstance(r, GivenReading)] == [
        ("mara", True), ("noor", True),
    ]  # fmt: skip


def test_what_cannot_be_read_is_said():
    xmi, types = export()
    for files, code in (
        ({"mara__xmi": xmi}, "missing_type_system"),
        ({"mara__xmi": b"<x/>", "TypeSystem__xml": types}, "bad_xmi"),
        ({"mara__xmi": b"<!DOCTYPE x>" + xmi, "TypeSystem__xml": types}, "bad_xml"),
        ({"INITIAL_CAS__xmi": xmi, "TypeSystem__xml": types}, "no_reading"),
    ):
        [refused] = read(**files)
        assert isinstance(refused, Refused)
        assert refused.code == code


def test_without_the_library_the_extra_is_named():
    door = formats.Door(
        "x", "UIMA XMI", (".xmi",), "annotate.doors.xmi:read_xmi", extra="xmi", needs=("no_such_module",)
    )
    with pytest.raises(MissingExtraError, match=r"needs the extra 'xmi': pip install 'slantwise\[xmi\]'"):
        list(door.read([]))
