"""One's own settings: a form that needs no scripts; the labelling page shows the same one in a dialog."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotate.operations.user_settings import change_settings
from annotate.user_settings import FIELDS, Choice, Settings, Switch, settings_of
from annotate.views.requests import PageRequest

# How the page groups them.
GROUPS = (
    ("Look", ("theme", "font_size", "line_height", "width", "density", "panel")),
    ("Work", ("snap", "ask", "single_keys")),
)


class SettingsForm(forms.Form):
    """All settings but the keys, which the page of the keyboard sets; ``drop_keys`` takes those back."""

    drop_keys = forms.BooleanField(required=False, label="Take back the keys of my own")

    def __init__(self, current: Settings, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=current.as_json())
        self.current = current
        if not current["keys"]:
            del self.fields["drop_keys"]
        for name, field in FIELDS.items():
            if isinstance(field, Choice):
                self.fields[name] = forms.ChoiceField(choices=field.values, label=field.title, help_text=field.help)
            elif isinstance(field, Switch):
                self.fields[name] = forms.BooleanField(required=False, label=field.title, help_text=field.help)

    @property
    def changes(self) -> dict[str, Any]:
        """What to store of a valid form."""
        cleaned = dict(self.cleaned_data)
        return {**cleaned, "keys": {}} if cleaned.pop("drop_keys", False) else cleaned

    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """(title, rows) for the page; a row is a field with its kind and the attribute of <html> that it changes."""
        return [(title, [self._row(name) for name in names]) for title, names in GROUPS]

    def _row(self, name: str) -> dict[str, Any]:
        field = FIELDS[name]
        bound = self[name]
        row: dict[str, Any] = {"name": name, "field": bound, "title": field.title, "help": field.help}
        if isinstance(field, Choice):
            row |= {"options": field.values, "look": field.attribute, "normal": field.default}
        return row


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def user_settings(request: PageRequest) -> HttpResponse:
    """Show and store them; the labelling page asks for the form alone."""
    form = SettingsForm(settings_of(request.user), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        change_settings(user=request.user, changes=form.changes)
        messages.success(request, "Your settings are kept.")
        return redirect("annotate:settings")
    template = "annotate/settings.html#dialog" if request.htmx else "annotate/settings.html"
    return render(request, template, {"form": form}, status=400 if form.is_bound else 200)
