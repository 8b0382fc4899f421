"""Which column of the uploaded tables holds which of our fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from corpus.admin.upload_form import clean_encoding_name
from corpus.readers import Preview
from corpus.readers.rows import FIELDS

# Our fields in the order of the page -> label, what is said below it.
SHOWN: Mapping[str, tuple[str, str]] = {
    "text": ("Text", "The whole article. Required."),
    "title": ("Headline", "Without one it is looked for in the text."),
    "published": ("Date", ""),
    "outlet": ("Outlet", "Else the outlet of this import."),
    "byline": ("Byline", ""),
    "url": ("Address", ""),
    "language": ("Language", "A tag such as en or es-MX."),
    "story": ("Story", "Else the story of this import."),
    "id": ("Identifier", "Your own, to find the article again."),
    "rights": ("Rights", ""),
    "captions": ("Captions", "Those lines of the text that are captions, one a line."),
}
assert set(SHOWN) == set(FIELDS)
_NONE = "(none)"


class ColumnsForm(forms.Form):
    """A select for each of our fields; ``columns`` names every field, "" for those that no column holds."""

    encoding = forms.CharField(
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"list": "encodings", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, shown: Preview | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = list(dict.fromkeys(column for column in shown.columns if column)) if shown else []
        for name, (label, help_text) in SHOWN.items():
            self.fields[name] = forms.ChoiceField(
                label=label,
                help_text=help_text,
                required=False,
                choices=[("", _NONE), *((column, column) for column in columns)],
                error_messages={"invalid_choice": "There is no column of this name any more. Choose another."},
            )

    def clean_encoding(self) -> str:
        return clean_encoding_name(self.cleaned_data["encoding"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "text" in given and not given["text"]:
            self.add_error("text", "Choose the column that holds the article’s text.")
        used: dict[str, str] = {}
        for name, (label, _) in SHOWN.items():
            column = given.get(name)
            if column and column in used:
                self.add_error(name, f"“{column}” is {used[column]} already. Choose another column, or none.")
            elif column:
                used[column] = label
        return given

    @property
    def columns(self) -> dict[str, str]:
        """What is chosen, valid or not: the preview shows it either way."""
        chosen = getattr(self, "cleaned_data", {}) if self.is_bound else self.initial
        return {name: chosen.get(name) or "" for name in SHOWN}

    def rows(self) -> Sequence[forms.BoundField]:
        return [self[name] for name in SHOWN]
