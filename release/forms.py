"""What a person fills in to have a release built."""

from typing import Any

from django import forms

from annotate.models import Project
from release.exceptions import BadVersionError
from release.formats.registry import FORMATS
from release.models import Release
from release.operations.versions import LONGEST, checked_version

TEXT_MODES = [
    (Release.TextMode.FULL, "Full text: for texts you may pass on"),
    (Release.TextMode.QUOTES, "Quotes: the marked passages with a little context"),
    (Release.TextMode.POSITIONS, "Positions only: no text of the articles at all"),
]


TIMES = [
    (Release.Times.SECOND, "To the second"),
    (Release.Times.DAY, "To the day"),
    (Release.Times.MONTH, "To the month"),
    (Release.Times.NONE, "Leave out"),
]


class ReleaseForm(forms.Form):
    """Version, text mode and options. Formats that the project or this machine cannot write are not offered."""

    version = forms.CharField(
        max_length=LONGEST,
        help_text="Raise the first number when labels changed their meaning, the second for more readings, "
        "the third for corrections.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    text_mode = forms.ChoiceField(choices=TEXT_MODES, label="Text", help_text="Labels and offsets are always there.")
    times = forms.ChoiceField(
        choices=TIMES,
        required=False,
        label="When people worked",
        help_text="How exactly the release says it; coarser tells less of them.",
    )
    formats = forms.MultipleChoiceField(
        label="Other formats",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Beside JSON Lines. brat and conll hold the articles' text, so they go with full text only.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        codebook = project.codebook.name
        self.fields["formats"].choices = [  # type: ignore[attr-defined]
            (format.name, f"{format.name}: {format.title}")
            for format in FORMATS.values()
            if format.is_installed and format.codebook in ("", codebook)
        ]

    def clean_times(self) -> str:
        return self.cleaned_data["times"] or Release.Times.SECOND

    def clean_version(self) -> str:
        """The version in semver's form; whether it is taken is known to the operation."""
        try:
            return checked_version(self.cleaned_data["version"].strip())
        except BadVersionError as error:
            raise forms.ValidationError(str(error)) from error
