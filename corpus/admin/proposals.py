"""Proposals of stories: look, tick, confirm; nothing is grouped before that."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.tasks import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from corpus import visibility
from corpus.admin.confirmation import ask, is_confirmed
from corpus.admin.groups import person, shortened
from corpus.errors import Refusal
from corpus.grouping_tasks import propose
from corpus.models import Story, StoryProposal, StoryProposalArticle
from corpus.operations.stories import (
    confirm_proposal,
    dismiss_proposal,
    free_slug,
    merge_proposals,
    reopen_proposal,
)
from corpus.scoped_admin import ScopedAdmin, may_enter

TONES = {"confirmed": "good", "dismissed": "bad"}
_SHOWN_HEADLINES = 2
_MOST_STORIES = 200
_RUN = "story_proposals_run"


class StateFilter(admin.SimpleListFilter):
    """Open ones unless something else is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(state.value, str(state.label)) for state in StoryProposal.State] + [("all", "all")]

    def choices(self, changelist: Any) -> Any:
        for value, title in self.lookup_choices:
            yield {
                "selected": (self.value() or StoryProposal.State.PROPOSED) == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        value = self.value() or StoryProposal.State.PROPOSED
        return queryset.filter(state=value) if value in StoryProposal.State else queryset


class _ProposalList(ChangeList):
    """The proposals of one page, each with what its visible articles say: one more query, whatever the page holds."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        proposals: list[Any] = list(self.result_list)
        facts = {
            row["proposal"]: row
            for row in _members(request)
            .filter(proposal__in=[proposal.pk for proposal in proposals])
            .order_by()
            .values("proposal")
            .annotate(
                n=Count("pk"),
                outlets=ArrayAgg(
                    "article__outlet__name",
                    distinct=True,
                    filter=~Q(article__outlet=None),
                    order_by="article__outlet__name",
                ),
                headlines=ArrayAgg("article__title", order_by=[F("score").desc(), "article"]),
            )
        }
        for proposal in proposals:
            proposal.facts = facts.get(proposal.pk, {"n": 0, "outlets": None, "headlines": []})
        self.result_list = proposals


class SinceForm(forms.Form):
    """From which day on articles are compared."""

    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class DecisionForm(forms.Form):
    """Which story the ticked articles go to."""

    story = forms.ModelChoiceField(
        Story.objects.none(),
        required=False,
        label="Existing story",
        empty_label="none: make a new one",
        help_text="The two fields below count only for a new story.",
    )
    title = forms.CharField(max_length=300, required=False, label="Title of a new story")
    slug = forms.SlugField(
        max_length=100, required=False, label="Its slug", help_text="Part of its address; letters, digits and hyphens."
    )


@admin.register(StoryProposal)
class StoryProposalAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.proposals_for)
    nobody_may = frozenset({"add", "change", "delete"})
    list_display = ("headlines", "target", "n_articles", "outlets", "dates", "alike", "state_badge")
    list_filter = (StateFilter,)
    list_select_related = ("story",)
    list_per_page = 50
    show_full_result_count = False
    # Counting each choice would read the whole table.
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-score", "pk")
    actions = ("merge", "dismiss")
    change_list_template = "admin/corpus/storyproposal/change_list.html"

    class Media:
        css = {"all": ("corpus/groups.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return _ProposalList

    @admin.display(description="headlines")
    def headlines(self, proposal: Any) -> str:
        shown = [Truncator(title).chars(70) for title in proposal.facts["headlines"][:_SHOWN_HEADLINES] if title]
        return " · ".join(shown) or str(proposal)

    @admin.display(description="story")
    def target(self, proposal: StoryProposal) -> str:
        return Truncator(str(proposal.story)).chars(40) if proposal.story else "new"

    @admin.display(description="articles")
    def n_articles(self, proposal: Any) -> int:
        return proposal.facts["n"]

    @admin.display(description="outlets")
    def outlets(self, proposal: Any) -> str:
        return shortened(proposal.facts["outlets"] or [])

    @admin.display(description="published", ordering="first_date")
    def dates(self, proposal: StoryProposal) -> str:
        days = sorted({f"{day:%Y-%m-%d}" for day in (proposal.first_date, proposal.last_date) if day})
        return " to ".join(days)

    @admin.display(description="similarity", ordering="score")
    def alike(self, proposal: StoryProposal) -> str:
        return f"{proposal.score:.2f}"

    @admin.display(description="state", ordering="state")
    def state_badge(self, proposal: StoryProposal) -> str:
        return str(proposal.get_state_display())

    def get_urls(self) -> list[URLPattern]:
        run = path("run/", self.admin_site.admin_view(self.run_view), name="corpus_storyproposal_run")
        return [run, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"since_form": SinceForm(), "run": _last_run(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Ask the worker to look for stories; the list shows what came of it."""
        return require_POST(self._run)(request)

    def _run(self, request: HttpRequest) -> HttpResponse:
        if not may_enter(request):
            raise PermissionDenied
        form = SinceForm(request.POST)
        if not form.is_valid():
            self.message_user(request, "Write the day as 2026-11-01, or leave it empty.", messages.ERROR)
        else:
            since = form.cleaned_data["since"]
            request.session[_RUN] = propose.enqueue(since.isoformat() if since else None).id
        return redirect("admin:corpus_storyproposal_changelist")

    @admin.action(description="Merge the chosen proposals")
    def merge(self, request: HttpRequest, proposals: QuerySet[StoryProposal]) -> HttpResponse | None:
        if hidden := _with_hidden(request, proposals):
            self.message_user(request, hidden, messages.ERROR)
            return None
        try:
            merged = merge_proposals(proposals=[proposal.pk for proposal in proposals])
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        self.message_user(request, "The proposals are one now. Nothing is grouped until you confirm.", messages.SUCCESS)
        return redirect("admin:corpus_storyproposal_change", merged.pk)

    @admin.action(description="Dismiss the chosen proposals")
    def dismiss(self, request: HttpRequest, proposals: QuerySet[StoryProposal]) -> HttpResponse | None:
        if hidden := _with_hidden(request, proposals):
            self.message_user(request, hidden, messages.ERROR)
            return None
        if not is_confirmed(request):
            return ask(
                self,
                request,
                title="Dismiss proposals",
                lead="These articles will not be proposed together again. A dismissed proposal can be opened again.",
                button="Dismiss",
                rows=proposals,
                action="dismiss",
            )
        n = 0
        for proposal in proposals:
            try:
                dismiss_proposal(proposal=proposal, by=person(request), now=timezone.now())
                n += 1
            except Refusal as refusal:
                self.message_user(request, f"{proposal}: {refusal}", messages.ERROR)
        if n:
            self.message_user(request, f"{n} dismissed.", messages.SUCCESS)
        return None

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """The proposal's page: its articles with boxes, and where the ticked ones go."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        known = object_id if object_id.isascii() and object_id.isdecimal() and len(object_id) < 19 else None
        proposal = get_object_or_404(self.get_queryset(request).select_related("story"), pk=known)
        members = list(_members(request).filter(proposal=proposal).select_related("article__outlet").defer(*_TEXTS))
        title = members[0].article.title if members else ""
        form = DecisionForm(
            request.POST or None,
            initial={"story": proposal.story, "title": title[:300], "slug": free_slug(title)},
        )
        stories = visibility.stories_for(request.user).order_by("-pk")[:_MOST_STORIES]
        form.fields["story"].queryset = Story.objects.filter(  # type: ignore[attr-defined]
            Q(pk__in=[story.pk for story in stories]) | Q(pk=proposal.story_id)
        )
        ticked = set(request.POST.getlist("article"))
        if request.method == "POST":
            answer = self._decide(request, proposal, members, form, ticked)
            if answer is not None:
                return answer
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": Truncator(title).chars(80) or str(proposal),
            "proposal": proposal,
            "members": members,
            "ticked": ticked if request.method == "POST" else {str(member.article_id) for member in members},
            "form": form,
            "hidden": proposal.members.count() - len(members),
            "open": proposal.state == StoryProposal.State.PROPOSED,
            "tone": TONES.get(proposal.state, ""),
        }
        return TemplateResponse(
            request,
            "admin/corpus/storyproposal/page.html",
            context,
            status=422 if request.method == "POST" else 200,
        )

    def _decide(
        self,
        request: HttpRequest,
        proposal: StoryProposal,
        members: list[StoryProposalArticle],
        form: DecisionForm,
        ticked: set[str],
    ) -> HttpResponse | None:
        """What the button says; None where the page is to be shown again."""
        try:
            if "reopen" in request.POST or "dismiss" in request.POST:
                if hidden := _with_hidden(request, StoryProposal.objects.filter(pk=proposal.pk)):
                    raise Refusal(hidden)
                if "reopen" in request.POST:
                    reopen_proposal(proposal=proposal)
                    self.message_user(request, "The proposal is open again.", messages.SUCCESS)
                    return redirect("admin:corpus_storyproposal_change", proposal.pk)
                dismiss_proposal(proposal=proposal, by=person(request), now=timezone.now())
                self.message_user(
                    request, "Dismissed: these articles are not proposed together again.", messages.SUCCESS
                )
                return redirect("admin:corpus_storyproposal_changelist")
            if not form.is_valid():
                return None
            shown = [member.article_id for member in members]
            taken = [pk for pk in shown if str(pk) in ticked]
            story = confirm_proposal(
                proposal=proposal,
                taken=taken,
                left=[pk for pk in shown if str(pk) not in ticked],
                story=form.cleaned_data["story"],
                title=form.cleaned_data["title"],
                slug=form.cleaned_data["slug"],
                by=person(request),
                now=timezone.now(),
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        self.message_user(request, f"{len(taken)} articles are in the story “{story}” now.", messages.SUCCESS)
        return redirect("admin:corpus_storyproposal_changelist")


_TEXTS = tuple(f"article__{name}" for name in ("raw", "raw_fields", "text", "segments", "removed", "zones"))


def _members(request: HttpRequest) -> QuerySet[StoryProposalArticle]:
    seen = visibility.articles_for(request.user).order_by()
    members = StoryProposalArticle.objects.all()
    return members if visibility.is_superuser(request.user) else members.filter(article__in=seen.values("pk"))


def _with_hidden(request: HttpRequest, proposals: QuerySet[StoryProposal]) -> str:
    """A refusal in words where a proposal holds articles that the person does not see, else ""."""
    keys = list(proposals.order_by().values_list("pk", flat=True))
    if (
        StoryProposalArticle.objects.filter(proposal__in=keys).count()
        == _members(request).filter(proposal__in=keys).count()
    ):
        return ""
    return (
        "Articles of others' projects are proposed with these. You can confirm your own; the rest is for a superuser."
    )


def _last_run(request: HttpRequest) -> dict[str, Any] | None:
    """What became of the run that this person asked for last; None where there is none to tell of."""
    known = request.session.get(_RUN)
    if known is None:
        return None
    try:
        result = propose.get_result(known)
    except TaskResultDoesNotExist:
        return None
    if result.status == TaskResultStatus.SUCCESSFUL:
        return {"state": "done", **result.return_value}
    return {"state": "failed" if result.status == TaskResultStatus.FAILED else "waiting"}
