"""The ModelAdmin every model of ours is registered with: rows, choices and autocompletes by membership."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from corpus import visibility


def may_enter(request: HttpRequest) -> bool:
    """``visibility.may_enter`` of the signed-in account, asked once a request."""
    known: bool | None = getattr(request, "may_enter_admin", None)
    if known is None:
        known = visibility.may_enter(request.user)
        request.may_enter_admin = known  # type: ignore[attr-defined]
    return known


class ScopedChoices:
    """Foreign keys and many-to-many fields offer only rows that the related model's admin shows this person."""

    def _scoped(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        related = db_field.remote_field.model
        site: admin.AdminSite = self.admin_site  # type: ignore[attr-defined]
        if "queryset" not in kwargs and site.is_registered(related):
            related_admin = site.get_model_admin(related)
            choices = getattr(related_admin, "choices_for", related_admin.get_queryset)
            kwargs["queryset"] = choices(request)
        return kwargs

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **self._scoped(db_field, request, kwargs)
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **self._scoped(db_field, request, kwargs)
        )


class ScopedAdmin(ScopedChoices, admin.ModelAdmin):
    """``rows_for(user)`` says which rows exist for a person; nobody needs permissions ticked.

    Staff who manage a project see, and may do what ``managers_may`` names out of add, change and delete; superusers
    may do everything the subclass leaves open. A row outside ``rows_for`` is a 404.
    """

    rows_for: Callable[[visibility.Account], QuerySet[Any]]
    managers_may: frozenset[str] = frozenset()
    nobody_may: frozenset[str] = frozenset()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if visibility.is_superuser(request.user):
            return rows
        return rows.filter(pk__in=type(self).rows_for(request.user).order_by().values("pk"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = str(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title[:1].upper() + title[1:], **(extra_context or {})})

    def _may(self, request: HttpRequest, what: str) -> bool:
        if what in self.nobody_may or not may_enter(request):
            return False
        return visibility.is_superuser(request.user) or what in self.managers_may

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_enter(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return may_enter(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return self._may(request, "delete")

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:  # noqa: ARG002
        raise Http404


class ScopedInline(ScopedChoices):
    """For inlines: whoever may change the parent may change its lines."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return may_enter(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return may_enter(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return may_enter(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return may_enter(request)
