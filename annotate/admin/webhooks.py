"""Webhooks of a manager's projects, and the log of what was sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.filters import ScopedRelatedFilter
from annotate.models import Webhook, WebhookDelivery
from annotate.operations.announcing import resend
from annotate.operations.webhooks import renew_secret, switch_on
from annotate.visibility import projects_for
from annotate.webhooks.policy import refusal
from corpus import visibility
from corpus.scoped_admin import ScopedAdmin

TONES = {"delivered": "good", "waiting": "warn", "given_up": "bad"}


def webhooks_for(user: visibility.Account) -> QuerySet[Webhook]:
    """Webhooks of the projects a person manages."""
    return Webhook.objects.filter(project__in=projects_for(user).order_by().values("pk"))


def deliveries_for(user: visibility.Account) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(webhook__in=webhooks_for(user).order_by().values("pk"))


class WebhookForm(forms.ModelForm):
    """Where to, and which events."""

    events = forms.MultipleChoiceField(
        choices=Webhook.Event.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one event."},
    )

    class Meta:
        model = Webhook
        fields = ["project", "url", "events", "active"]
        widgets = {"url": forms.URLInput(attrs={"size": 80})}

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if problem := refusal(url):
            raise forms.ValidationError(problem)
        return url


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    rows_for = staticmethod(webhooks_for)
    managers_may = frozenset({"add", "change", "delete"})
    form = WebhookForm
    list_display = ["url", "project", "event_names", "state_badge", "n_waiting"]
    list_filter = [("project", ScopedRelatedFilter), "active"]
    list_select_related = ["project"]
    search_fields = ["url"]
    actions = ["give_new_secret"]
    fieldsets = [
        (None, {"fields": ["project", "url", "events", "active"]}),
        ("Signature and state", {"fields": ["secret", "state_badge", "disabled_reason", "failures", "rests_until"]}),
    ]
    readonly_fields = ["secret", "state_badge", "disabled_reason", "failures", "rests_until"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        waiting = Q(deliveries__state=WebhookDelivery.State.WAITING)
        return super().get_queryset(request).annotate(waiting=Count("deliveries", filter=waiting))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.fieldsets[:1]

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if obj.active and "active" in form.changed_data:
            switch_on(webhook=obj)

    @admin.display(description="events")
    def event_names(self, webhook: Webhook) -> str:
        return ", ".join(webhook.events)

    @admin.display(description="state")
    def state_badge(self, webhook: Webhook) -> SafeString:
        if not webhook.active:
            tone, words = "bad", "off"
        elif webhook.failures:
            tone, words = "warn", f"failed {webhook.failures} times in a row"
        else:
            tone, words = "good", "on"
        return format_html('<span class="badge" data-tone="{}">{}</span>', tone, words)

    @admin.display(description="waiting")
    def n_waiting(self, webhook: Any) -> int:
        return int(webhook.waiting)

    @admin.action(description="Give the chosen webhooks a new secret")
    def give_new_secret(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        for webhook in chosen:
            renew_secret(webhook=webhook)
        self.message_user(
            request, "Copy the new secrets to the receivers: the old ones sign no more.", messages.WARNING
        )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ScopedAdmin):
    """The log: kept for 30 days."""

    rows_for = staticmethod(deliveries_for)
    nobody_may = frozenset({"add", "change", "delete"})
    list_display = ["event", "state_badge", "outcome", "attempts", "created_at", "webhook"]
    list_filter = ["state", "event"]
    list_select_related = ["webhook"]
    show_full_result_count = False
    actions = ["send_again"]
    fields = [
        "webhook", "event", "uuid", "state_badge", "attempts", "created_at", "tried_at", "delivered_at", "status",
        "error", "payload",
    ]  # fmt: skip
    readonly_fields = ["state_badge", "uuid"]

    @admin.display(description="state", ordering="state")
    def state_badge(self, delivery: WebhookDelivery) -> SafeString:
        return format_html(
            '<span class="badge" data-tone="{}">{}</span>', TONES[delivery.state], delivery.get_state_display()
        )

    @admin.display(description="last answer")
    def outcome(self, delivery: WebhookDelivery) -> str:
        return delivery.error or (str(delivery.status) if delivery.status else "–")

    @admin.action(description="Send the chosen events again")
    def send_again(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        sent = sum(resend(delivery=delivery) for delivery in chosen)
        self.message_user(request, f"{sent} on their way; what waits already is sent anyway.", messages.SUCCESS)
