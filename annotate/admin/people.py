"""Accounts: superusers keep the stock admin; managers add plain accounts and find the members of their projects."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from annotate.visibility import users_for
from corpus.scoped_admin import ScopedAdmin
from corpus.visibility import is_superuser

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(ScopedAdmin, UserAdmin):
    """A manager neither edits an account nor sees its permissions: only superusers hand out rights or passwords."""

    rows_for = staticmethod(users_for)
    list_display = ["username", "name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    ordering = ["username"]

    @admin.display(description="name", ordering="last_name")
    def name(self, user: User) -> str:
        return user.get_full_name() or "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The stock form for a new account asks for the right to change accounts in general (without an object);
        # no existing account is ever passed here with a manager's yes.
        adding = obj is None and request.resolver_match is not None and request.resolver_match.url_name == ADD_URL
        return is_superuser(request.user) or (adding and self.has_module_permission(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or is_superuser(request.user):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["username", "first_name", "last_name", "email", "is_active", "last_login"]})]

    def choices_for(self, request: HttpRequest) -> QuerySet[User]:
        """Whoever is active can be invited: a project's form takes the account that was named."""
        return User.objects.filter(is_active=True) if self.has_module_permission(request) else User.objects.none()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Among one's own people by any part of the name; anybody else by the whole username or e-mail address."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        is_autocomplete = request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"
        if is_autocomplete and search_term and not is_superuser(request.user):
            named = User.objects.filter(is_active=True, username=search_term.strip())
            found = User.objects.filter(
                pk__in=[*found.values_list("pk", flat=True)[:50], *named.values_list("pk", flat=True)]
            )
            found = found.order_by("username")
        return found, duplicates

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """A manager has nothing to change on the account just made, so the list follows."""
        if is_superuser(request.user) or "_popup" in request.POST or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, f"The account {obj.username} was made. Add it to a project to invite it.")
        return redirect("admin:auth_user_changelist")


ADD_URL = "auth_user_add"
