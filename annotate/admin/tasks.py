"""Tasks: who is where. Marks are never edited here; a task can be returned with a note or given to somebody else."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotate.admin.confirmation import ask
from annotate.admin.filters import AnnotatorFilter, ScopedRelatedFilter
from annotate.admin.rows import count_of
from annotate.errors import Refusal
from annotate.models import SpanAnnotation, Task
from annotate.operations.tasks import reassign_task, return_task
from annotate.visibility import tasks_for
from corpus.scoped_admin import ScopedAdmin

TONES = {"submitted": "good", "claimed": "busy", "returned": "warn", "skipped": "bad", "expired": "bad"}
SHOWN_MARKS = 200
AT_ONCE = 200
EVERYWHERE = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class NoteForm(forms.Form):
    """What the annotator reads when the task is back."""

    note = forms.CharField(
        label="Note to the annotator",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Say what to look at again. The annotator sees this above the text.",
    )


@admin.register(Task)
class TaskAdmin(ScopedAdmin):
    rows_for = staticmethod(tasks_for)
    nobody_may = frozenset({"add", "change", "delete"})
    list_display = ["headline", "project", "state_badge", "annotator", "mark_count", "when"]
    list_filter = [("project", ScopedRelatedFilter), "state", AnnotatorFilter]
    list_select_related = ["project", "article", "annotator"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["article__title", "annotator__username"]
    search_help_text = "Headline or username"
    ordering = ["-pk"]
    actions = ["return_with_note", "reassign"]
    fieldsets = [
        (None, {"fields": [("project", "article"), ("annotator", "state_badge", "slot", "round")]}),
        (
            "Course",
            {
                "fields": [
                    ("claimed_at", "submitted_at", "closed_at"),
                    ("lease_expires", "minutes"),
                    "reason",
                    "note",
                ]
            },
        ),
        ("Marks", {"fields": ["marks"]}),
    ]
    readonly_fields = ["state_badge", "minutes", "marks"]

    def get_queryset(self, request: HttpRequest) -> Any:
        kept = SpanAnnotation.objects.filter(deleted_at__isnull=True)
        # The list wants the headline alone; texts stay in the database.
        return (
            super()
            .get_queryset(request)
            .annotate(n_marks=count_of(kept, "task"))
            .defer(*(f"article__{name}" for name in ("text", "raw", "raw_fields", "segments", "removed", "zones")))
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        task = context["original"]
        context |= {"title": str(task.article), "subtitle": f"{task.annotator or 'Nobody yet'} · {task.project}"}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="article", ordering="article__title")
    def headline(self, task: Task) -> SafeString:
        title = task.article.title or str(task.article)
        return format_html(
            '<span title="{}">{}</span>', title, title if len(title) <= 60 else f"{title[:59].rstrip()}…"
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, task: Task) -> SafeString:
        return format_html(
            '<span class="badge" data-tone="{}">{}</span>', TONES.get(task.state, ""), task.get_state_display()
        )

    @admin.display(description="marks", ordering="n_marks")
    def mark_count(self, task: Any) -> int:
        return task.n_marks

    @admin.display(description="since", ordering=models.F("created_at").desc())
    def when(self, task: Task) -> SafeString | str:
        at = task.closed_at or task.submitted_at or task.claimed_at
        return format_html('<span class="nowrap">{}</span>', f"{timezone.localtime(at):%Y-%m-%d %H:%M}") if at else "–"

    @admin.display(description="minutes", ordering="active_seconds")
    def minutes(self, task: Task) -> str:
        return f"{task.active_seconds / 60:.0f}" if task.active_seconds else "–"

    @admin.display(description="")
    def marks(self, task: Task) -> SafeString:
        marks = list(task.spans.filter(deleted_at__isnull=True).select_related("label")[: SHOWN_MARKS + 1])
        return render_to_string(
            "admin/annotate/task/marks.html", {"marks": marks[:SHOWN_MARKS], "more": len(marks) > SHOWN_MARKS}
        )

    @admin.action(description="Return with a note …", location=EVERYWHERE)
    def return_with_note(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Send submitted tasks back to the people who submitted them."""
        tasks = self._suited(request, queryset, {Task.State.SUBMITTED}, "Only submitted tasks can be returned.")
        if not tasks:
            return None
        form = NoteForm(request.POST if "confirmed" in request.POST else None)
        if form.is_bound and form.is_valid():
            note = form.cleaned_data["note"]
            operation = partial(return_task, note=note, now=timezone.now())
            self._each(request, tasks, operation, log=f"Returned with a note: {note}", done="returned")
            return None
        return ask(
            self,
            request,
            title="Return with a note",
            lead=f"{_tasks(len(tasks))} will go back to the annotator, out of agreement until submitted again.",
            button="Return",
            form=form,
            rows=tasks,
            action="return_with_note",
        )

    @admin.action(description="Reassign to somebody else …", location=EVERYWHERE)
    def reassign(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Close tasks in work and open their slots for others; the marks made so far stay on the closed tasks."""
        suited = {Task.State.CLAIMED, Task.State.RETURNED, Task.State.SUBMITTED}
        tasks = self._suited(request, queryset, suited, "Only tasks in somebody's hands can be reassigned.")
        if not tasks:
            return None
        if "confirmed" in request.POST:
            operation = partial(reassign_task, now=timezone.now())
            log = "Reassigned: closed, its slot opened again."
            self._each(request, tasks, operation, log=log, done="opened for other annotators")
            return None
        return ask(
            self,
            request,
            title="Reassign",
            lead=f"{_tasks(len(tasks))} will be closed and offered to other annotators. "
            "What was marked so far stays on the closed task, outside agreement and releases.",
            button="Reassign",
            rows=tasks,
            action="reassign",
            danger=True,
        )

    def _each(
        self, request: HttpRequest, tasks: list[Task], operation: Callable[..., object], *, log: str, done: str
    ) -> None:
        """Do it to each task; one that its annotator changed meanwhile is named, and the others go on."""
        count = 0
        for task in tasks:
            try:
                operation(task=task)
            except Refusal as refusal:
                self.message_user(request, f"{task.article}: {refusal.message}", messages.WARNING)
            else:
                self.log_change(request, task, log)
                count += 1
        if count:
            self.message_user(request, f"{_tasks(count)} {done}.", messages.SUCCESS)

    def _suited(self, request: HttpRequest, queryset: Any, states: set[Task.State], remedy: str) -> list[Task]:
        """The chosen tasks in one of ``states``; says so where others were chosen too."""
        chosen = list(queryset.select_related("project", "article", "annotator")[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            self.message_user(request, f"At most {AT_ONCE} tasks at once; choose fewer.", messages.ERROR)
            return []
        suited = [task for task in chosen if task.state in states]
        if len(suited) < len(chosen) and "confirmed" not in request.POST:
            self.message_user(request, f"{remedy} {_tasks(len(chosen) - len(suited))} left out.", messages.WARNING)
        return suited


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
