"""What is asked of whoever uploads annotations: on a page of the admin, and of programs."""

from __future__ import annotations

from django import forms

from annotate.doors.formats import ALL, BY_NAME
from annotate.doors.records import CODE_POINTS, GRAPHEMES, UTF_16
from corpus.admin.upload_form import FilesField


class FilesForm(forms.Form):
    """What is uploaded, and who wrote it."""

    format = forms.ChoiceField(label="Made with", choices=[(door.name, door.title) for door in ALL])
    pages = FilesField(
        label="Files",
        help_text="One or several, or a zip archive; brat and INCEpTION as an archive with their folders.",
        error_messages={"required": "Choose at least one file.", "empty": "This file is empty: choose another."},
    )
    annotator = forms.CharField(
        label="Whose work",
        required=False,
        max_length=150,
        help_text="Username, where the files do not say whose work it is.",
    )
    offsets = forms.ChoiceField(
        label="Offsets count in",
        required=False,
        choices=[("text", "the article's text"), ("raw", "the received text, before cleaning")],
        help_text="Asked of files that bring no text themselves.",
    )
    unit = forms.ChoiceField(
        label="Offsets count",
        required=False,
        choices=[
            ("", "what the format says"),
            (CODE_POINTS, "code points"),
            (UTF_16, "UTF-16 units"),
            (GRAPHEMES, "grapheme clusters (a setting of doccano projects)"),
        ],
    )

    def clean_format(self) -> str:
        door = BY_NAME[self.cleaned_data["format"]]
        if not door.is_installed:
            raise forms.ValidationError(f"Not installed here: make install-formats, or the extra {door.extra}.")
        return door.name
