"""The page between a button and what it does: one template, one shape."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def ask(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    lead: str,
    button: str,
    form: forms.Form | None = None,
    rows: Any = (),
    action: str = "",
    danger: bool = False,
) -> TemplateResponse:
    """Show what is about to happen. ``rows`` and ``action`` are posted again when the page came from a list's action."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "lead": lead,
        "button": button,
        "form": form,
        "rows": rows,
        "action": action,
        "danger": danger,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/annotate/confirm.html", context)
