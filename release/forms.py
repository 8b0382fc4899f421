"""What a person fills in to have a release built."""

from django import forms

from release.exceptions import BadVersionError
from release.models import Release
from release.operations.versions import LONGEST, checked_version

TEXT_MODES = [
    (Release.TextMode.FULL, "Full text: for texts you may pass on"),
    (Release.TextMode.QUOTES, "Quotes: the marked passages with a little context"),
    (Release.TextMode.POSITIONS, "Positions only: no text of the articles at all"),
]


class ReleaseForm(forms.Form):
    """Version and text mode."""

    version = forms.CharField(
        max_length=LONGEST,
        help_text="Raise the first number when labels changed their meaning, the second for more readings, "
        "the third for corrections.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    text_mode = forms.ChoiceField(choices=TEXT_MODES, label="Text", help_text="Labels and offsets are always there.")

    def clean_version(self) -> str:
        """The version in semver's form; whether it is taken is known to the operation."""
        try:
            return checked_version(self.cleaned_data["version"].strip())
        except BadVersionError as error:
            raise forms.ValidationError(str(error)) from error
