"""List filters that offer only what the person may see."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.http import HttpRequest

from annotate.models import Role
from annotate.visibility import users_for


class ScopedRelatedFilter(RelatedFieldListFilter):
    """Choices from the related model's admin, so limited by membership; asks no rows of the listed model."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        related_admin = model_admin.admin_site.get_model_admin(field.remote_field.model)
        rows = related_admin.get_queryset(request).order_by()
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to={"pk__in": rows.values("pk")},
        )


class AnnotatorFilter(admin.SimpleListFilter):
    """People who are annotators of a project the person manages."""

    title = "annotator"
    parameter_name = "annotator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        people = users_for(request.user).filter(memberships__role=Role.ANNOTATOR).distinct().order_by("username")
        return [("nobody", "nobody yet"), *((str(pk), name) for pk, name in people.values_list("pk", "username"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ARG002
        value = self.value()
        if value == "nobody":
            return queryset.filter(annotator=None)
        return queryset.filter(annotator=value) if value and value.isdecimal() else queryset
