"""What the list of articles can be narrowed to. Choices are those of the person's own rows, not of the whole table."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from corpus import visibility
from corpus.import_summary import LACKS

_MOST_CHOICES = 200


class _RowsFilter(admin.SimpleListFilter):
    """Choices by membership, not those of the whole table."""

    field: str

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(str(row.pk), str(row)) for row in self.rows(request)[:_MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        value = self.value()
        return queryset.filter(**{self.field: value}) if value and value.isdecimal() else queryset


class OutletFilter(_RowsFilter):
    title = "outlet"
    parameter_name = field = "outlet"

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        return visibility.outlets_for(request.user)


class StoryFilter(_RowsFilter):
    title = "story"
    parameter_name = field = "story"

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        return visibility.stories_for(request.user)


class ImportFilter(_RowsFilter):
    """One import, where the address names it; the imports' own list is the place to choose one."""

    title = "import"
    parameter_name = "import"
    field = "import_batch"

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        chosen = request.GET.get("import", "")
        known = visibility.batches_for(request.user)
        return known.filter(pk=chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19 else known.none()


class LackFilter(admin.SimpleListFilter):
    """Articles in which a field is empty."""

    title = "what is missing"
    parameter_name = "lacks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(name, words) for name, (_, words) in LACKS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        value = self.value()
        return queryset.filter(**{f"{LACKS[value][0]}__isnull": True}) if value in LACKS else queryset


class VersionFilter(admin.SimpleListFilter):
    """The newest version of each article, unless others are asked for."""

    title = "version"
    parameter_name = "versions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("all", "all versions"), ("older", "superseded"), ("again", "cleaned again")]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield (
                {**choice, "display": "newest"}
                if choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name])
                else choice
            )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        match self.value():
            case "all":
                return queryset
            case "older":
                return queryset.filter(superseded_by__isnull=False)
            case "again":
                return queryset.filter(superseded_by__isnull=True, first_version__isnull=False)
            case _:
                return queryset.filter(superseded_by__isnull=True)
