"""The page between a button and what it does: one template, one shape."""

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
    form: forms.Form | None = None,
    rows: Any = (),
    action: str = "",
    danger: bool = False,
    back: str = "",
) -> TemplateResponse:
    """Show what is about to happen; the button posts ``confirmed``.

    ``rows`` and ``action`` are set where the page comes from an action: they are posted to the list, filters and all.
    """
    changelist = reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
    on_list = request.path == changelist
    target = (request.get_full_path() if on_list else changelist) if action else ""
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
        "target": target,
        "back": back or target,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/annotate/confirm.html", context)
