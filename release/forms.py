"""What a person fills in to have a release built."""

from decimal import Decimal
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


DEFAULT_THRESHOLD = Decimal("0.5")


class ReleaseForm(forms.Form):
    """Version, text mode and options. Formats that the project or this machine cannot write are not offered.

    ``cleaned_data`` is what ``request_release`` takes.
    """

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

    threshold = forms.DecimalField(
        label="Overlap that makes two marks one unit",
        required=False,
        min_value=Decimal("0.01"),
        max_value=1,
        max_digits=3,
        decimal_places=2,
        help_text="Shared characters over all characters of both, from 0.01 to 1. At 0.5 marks of two people whose "
        "borders differ a little are one unit of spans_aggregated.jsonl; at 1 only identical ones are.",
        error_messages={"invalid": "Write a number from 0.01 to 1, such as 0.5."},
    )
    exclusions = forms.CharField(
        label="Articles to leave out of this release",
        required=False,
        max_length=500_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line: its UUID or id, a space, and the reason, which the release says to its readers. Articles "
        "that the project leaves out are left out anyway.",
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

    def clean_threshold(self) -> Decimal:
        return self.cleaned_data["threshold"] or DEFAULT_THRESHOLD

    def clean_exclusions(self) -> list[tuple[str, str]]:
        """Name and reason of each line; whether there are such articles is known to the operation."""
        found = []
        for number, line in enumerate(self.cleaned_data["exclusions"].splitlines(), 1):
            name, *reason = line.split(maxsplit=1)[:2] or [""]
            if name and not reason:
                raise forms.ValidationError(f"Line {number} gives no reason: write it behind {name:.60}.")
            if name:
                found.append((name, reason[0].strip()))
        return found

    def clean_version(self) -> str:
        """The version in semver's form; whether it is taken is known to the operation."""
        try:
            return checked_version(self.cleaned_data["version"].strip())
        except BadVersionError as error:
            raise forms.ValidationError(str(error)) from error
