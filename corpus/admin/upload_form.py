"""What the upload page asks for."""

from __future__ import annotations

import codecs
import io
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from corpus import cleaning
from corpus.import_settings import KEEP, LINK, SKIP, ImportSettings, limits
from corpus.readers import ALL, AUTO, SNIFFED_BYTES, MissingExtraError, Source, UnknownFormatError, format_of
from corpus.readers.formats import named

# The browser is told, so that nobody waits for an upload that is refused (settings.DATA_UPLOAD_MAX_NUMBER_FILES).
ENCODINGS = ("cp1252", "latin-1", "cp1250", "cp1251", "utf-16", "shift_jis", "gb18030", "big5", "euc-kr")


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The uploaded files as a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data]
        clean = super().clean
        return [clean(one, initial) for one in given] or [clean(None, initial)]


def clean_encoding_name(name: str) -> str:
    """The name of an encoding that can be read, or "". Raises ValidationError."""
    try:
        if name:
            codecs.lookup(name)
    except (LookupError, ValueError):
        raise forms.ValidationError("No such encoding is known; try cp1252 or latin-1.") from None
    return name


class UploadForm(forms.Form):
    """Files and what to do with them; ``import_settings`` holds the latter once the form is valid."""

    # Whether files have to be chosen again after a mistake elsewhere: a program sends them anyway.
    asks_again = True

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    pages = FilesField(
        label="Files",
        help_text="One or several, of any of these formats.",
        error_messages={"required": "Choose at least one file.", "empty": "This file is empty: choose another."},
    )
    story = forms.CharField(
        max_length=100, required=False, help_text="For articles that name none, e.g. caravan. Made if new."
    )
    outlet = forms.CharField(max_length=200, required=False, help_text="For articles that name none. Made if new.")
    project = forms.ChoiceField(
        required=False, help_text="Add the articles to a project, those that were there already too."
    )
    near_duplicates = forms.ChoiceField(
        label="Near-duplicates",
        choices=[
            (LINK, "Link: keep each, and group those that are nearly the same"),
            (KEEP, "Keep: keep each, without groups"),
            (SKIP, "Skip: keep the first; what is nearly the same counts as there already"),
        ],
        initial=LINK,
        required=False,
        widget=forms.RadioSelect,
        help_text="Wire copy, for example. The very same text under the same outlet is never stored twice.",
    )
    format = forms.ChoiceField(choices=[], initial=AUTO, required=False)
    encoding = forms.CharField(
        max_length=40,
        required=False,
        help_text="Tried where a file is not UTF-8, e.g. cp1252. Pages and feeds that name theirs are read by it.",
        widget=forms.TextInput(attrs={"list": "encodings", "autocomplete": "off", "spellcheck": "false"}),
    )
    outlet_from_host = forms.BooleanField(
        required=False,
        label="Name the outlet by the address",
        help_text="An article from www.courier.example that names no outlet becomes one of courier.example.",
    )
    summaries = forms.BooleanField(
        required=False,
        label="Take summaries of feeds",
        help_text="Most feeds hold summaries only; as articles they are refused unless this is ticked.",
    )
    repair_mojibake = forms.BooleanField(
        required=False,
        label="Repair mojibake",
        help_text="Turns “cafÃ©” back into “café” where a text was decoded wrongly before it came here.",
    )
    rules = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="Untick a rule to keep what it would take."
    )

    def __init__(self, *args: Any, projects: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("project", [("", "none"), *projects])
        if not projects:
            del self.fields["project"]
        self._choose("format", [(AUTO, "by name and content"), *((one.name, one.title) for one in ALL)])
        self.rules_known = cleaning.describe()
        self._choose("rules", [(rule["name"], rule["name"]) for rule in self.rules_known])
        self.fields["rules"].initial = [rule["name"] for rule in self.rules_known]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_encoding(self) -> str:
        return clean_encoding_name(self.cleaned_data["encoding"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for file in given.get("pages", []):
            for problem in _problems(file, given.get("format") or AUTO):
                self.add_error("pages", problem)
        if self.asks_again and self.errors and "pages" not in self.errors:
            self.add_error("pages", "Choose the files again: browsers do not send them twice.")
        return given

    @property
    def rules_shown(self) -> list[dict[str, Any]]:
        """Each rule as a line of the form: name, title, description, and whether it is ticked."""
        ticked = set(self["rules"].value() or ())
        return [
            {**rule, "title": rule["name"].replace("_", " ").capitalize(), "on": rule["name"] in ticked}
            for rule in self.rules_known
        ]

    @property
    def import_settings(self) -> ImportSettings:
        given = self.cleaned_data
        return ImportSettings(
            format=given["format"] or AUTO,
            encoding=given["encoding"],
            story=given["story"].strip(),
            outlet=given["outlet"].strip(),
            project=given.get("project", ""),
            rules_off=tuple(rule["name"] for rule in self.rules_known if rule["name"] not in given["rules"]),
            repair_mojibake=given["repair_mojibake"],
            outlet_from_host=given["outlet_from_host"],
            summaries=given["summaries"],
            near_duplicates=given["near_duplicates"] or LINK,
        )


def _problems(file: UploadedFile, format: str) -> list[str]:
    """Why a file is not taken, each with a remedy: over the limit, of no known format, or its library is not there."""
    name, most = file.name or "upload", limits().file_bytes
    if file.size is not None and file.size > most:
        return [
            f"{name} has {filesizeformat(file.size)}; at most {filesizeformat(most)} are taken (IMPORT_FILE_MIB). "
            "Split the file, or ask whoever runs this service to raise the limit."
        ]
    try:
        named(source_of_upload(file, format=format).format).load()
    except (MissingExtraError, UnknownFormatError) as error:
        return [f"{name}: {error}"]
    return []


def source_of_upload(file: UploadedFile, *, format: str) -> Source:
    """The bytes of an upload that is not stored yet; readers may close what they open. Raises UnknownFormatError."""

    def opened() -> BinaryIO:
        path = getattr(file, "temporary_file_path", None)
        if path is not None:
            return Path(path()).open("rb")
        file.seek(0)
        return io.BytesIO(file.read())

    name = file.name or "upload"
    with opened() as stream:
        found = format_of(name, stream.read(SNIFFED_BYTES), format=format)
    return Source(name, found, opened)
