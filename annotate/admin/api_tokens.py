"""Tokens of everybody, for superusers: who has which, when it was last used, and revoking. Keys are stored nowhere."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.confirmation import ask
from annotate.models import ApiToken
from annotate.operations.api_tokens import revoke_token
from corpus.visibility import is_superuser

TONES = {"in force": "good", "expired": "warn", "revoked": "bad"}


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """A person makes tokens on their own page, a machine's account by ``manage.py create_token``."""

    list_display = ["name", "user", "hint", "scope_names", "last_used_at", "expires_at", "state_badge"]
    list_select_related = ["user"]
    list_filter = ["expires_at", "last_used_at"]
    search_fields = ["name", "user__username"]
    fields = ["name", "user", "hint", "scope_names", "created_at", "last_used_at", "expires_at", "revoked_at"]
    readonly_fields = ["scope_names"]
    actions = ["revoke"]

    @admin.display(description="scopes")
    def scope_names(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state_badge(self, token: ApiToken) -> SafeString:
        state = token.state(timezone.now())
        return format_html('<span class="badge" data-tone="{}">{}</span>', TONES[state], state)

    @admin.action(description="Revoke the chosen tokens")
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> HttpResponse | None:
        found = list(chosen.filter(revoked_at__isnull=True).select_related("user"))
        if "confirmed" not in request.POST:
            names = ", ".join(f"“{token.name}” of {token.user}" for token in found) or "none that is in force"
            return ask(
                self,
                request,
                title="Revoke tokens",
                lead=f"Programs that use them are refused from their next request on: {names}.",
                button="Revoke",
                rows=found,
                action="revoke",
                danger=True,
            )
        revoked = sum(revoke_token(token=token, now=timezone.now()) for token in found)
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)
        return None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return is_superuser(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
