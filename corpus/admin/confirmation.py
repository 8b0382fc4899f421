"""The page between a button and what it does, for the corpus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse


def ask(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    lead: str,
    button: str,
    rows: Iterable[Any],
    action: str,
    form: forms.Form | None = None,
    danger: bool = False,
) -> TemplateResponse:
    """Show what an action of a list is about to do to ``rows``; the button posts it again with ``confirmed``."""
    changelist = reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "lead": lead,
        "button": button,
        "rows": rows,
        "action": action,
        "form": form,
        "danger": danger,
        "back": request.get_full_path() if request.path == changelist else changelist,
        "media": model_admin.media,
    }
    status = 422 if form is not None and form.is_bound and not form.is_valid() else 200
    return TemplateResponse(request, "admin/corpus/confirm.html", context, status=status)


def is_confirmed(request: HttpRequest) -> bool:
    return request.POST.get("confirmed") == "yes"
