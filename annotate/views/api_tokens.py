"""One's own API tokens: made (the key is shown once), listed, revoked after a question."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotate.errors import Refusal
from annotate.models import ApiToken
from annotate.operations.api_tokens import create_token, revoke_token
from annotate.views.requests import PageRequest

LASTING = [(7, "a week"), (30, "30 days"), (90, "90 days"), (365, "a year")]
# Revoked and expired ones are of little interest.
SHOWN = 50


class TokenForm(forms.Form):
    """What a token is for, what it may do, and for how long."""

    name = forms.CharField(
        max_length=80,
        help_text="The script or machine that gets it, e.g. “nightly download”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=ApiToken.Scope.choices,
        initial=[ApiToken.Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what the token may be used for."},
    )
    days = forms.TypedChoiceField(label="It lasts", choices=LASTING, initial=90, coerce=int)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: PageRequest) -> HttpResponse:
    """The list, and the form for a new one; a POST answers with the key, which no other page shows again."""
    form = TokenForm(request.POST if request.method == "POST" else None, label_suffix="")
    made: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        try:
            token, key = create_token(user=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("name" if "name" in refusal.code else None, refusal.message)
        else:
            made = {"made": token, "key": key}
            form = TokenForm(label_suffix="")
    now = timezone.now()
    found = ApiToken.objects.filter(user=request.user).order_by("-revoked_at", "-pk")
    rows = [(token, token.state(now)) for token in found[:SHOWN]]
    # What is in force first; the rest is kept to look up when it was last used.
    rows.sort(key=lambda row: row[1] != "in force")
    context = {"form": form, "tokens": rows, **made}
    return render(request, "annotate/tokens.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def revoke(request: PageRequest, pk: int) -> HttpResponse:
    """Ask, then revoke: programs that have the key are refused from the next request on."""
    token = get_object_or_404(ApiToken, user=request.user, pk=pk, revoked_at__isnull=True)
    if request.method == "POST":
        revoke_token(token=token, now=timezone.now())
        messages.success(request, f"“{token.name}” is revoked.")
        return redirect("annotate:tokens")
    return render(request, "annotate/revoke_token.html", {"token": token})
