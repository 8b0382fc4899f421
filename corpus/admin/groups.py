"""Near-duplicate groups: what is in them, how the texts differ, and what a person says against them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import Truncator

from corpus import visibility
from corpus.admin.article_filters import OutletFilter, StoryFilter
from corpus.admin.confirmation import ask, is_confirmed
from corpus.errors import Refusal
from corpus.models import Article, DuplicateGroup
from corpus.operations.duplicates import merge_groups, similarities, split_group
from corpus.scoped_admin import ScopedAdmin
from corpus.word_diff import word_diff

SHOWN_MEMBERS = 100
_SHOWN_OUTLETS = 4


class GroupOutletFilter(OutletFilter):
    """Groups that have an article of the chosen outlet, among those the person sees."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return _with_article(request, queryset, outlet=self.value())


class GroupStoryFilter(StoryFilter):
    """Groups that have an article of the chosen story, among those the person sees."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return _with_article(request, queryset, story=self.value())


def _with_article(request: HttpRequest, groups: QuerySet[Any], **wanted: str | None) -> QuerySet[Any]:
    if not all(value and value.isascii() and value.isdecimal() and len(value) < 19 for value in wanted.values()):
        return groups
    articles = visibility.articles_for(request.user).order_by().filter(**wanted)
    return groups.filter(pk__in=articles.values("near_duplicate_group"))


class _GroupList(ChangeList):
    """The groups of one page, each with what its visible articles say: two queries, whatever the page holds."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        groups: list[Any] = list(self.result_list)
        seen = visibility.articles_for(request.user).order_by()
        facts = {
            row["near_duplicate_group"]: row
            for row in seen.filter(near_duplicate_group__in=[group.pk for group in groups])
            .values("near_duplicate_group")
            .annotate(
                n=Count("pk"),
                first=Min("pk"),
                earliest=Min("published_at"),
                latest=Max("published_at"),
                outlets=ArrayAgg("outlet__name", distinct=True, filter=~Q(outlet=None), order_by="outlet__name"),
            )
        }
        titles = dict(
            Article.objects.filter(pk__in=[row["first"] for row in facts.values()]).values_list("pk", "title")
        )
        for group in groups:
            group.facts = facts.get(
                group.pk, {"n": 0, "first": None, "earliest": None, "latest": None, "outlets": None}
            )
            group.title = titles.get(group.facts["first"], "")
        self.result_list = groups


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(ScopedAdmin):
    rows_for = staticmethod(visibility.groups_for)
    nobody_may = frozenset({"add", "change", "delete"})
    list_display = ("headline", "n_articles", "outlets", "dates")
    list_filter = (GroupStoryFilter, GroupOutletFilter)
    list_per_page = 50
    show_full_result_count = False
    # Counting each choice would read the whole table.
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-created_at", "pk")
    actions = ("merge",)

    class Media:
        css = {"all": ("corpus/groups.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return _GroupList

    @admin.display(description="first headline")
    def headline(self, group: Any) -> str:
        return Truncator(group.title).chars(90) or str(group)

    @admin.display(description="articles")
    def n_articles(self, group: Any) -> int:
        return group.facts["n"]

    @admin.display(description="outlets")
    def outlets(self, group: Any) -> str:
        return shortened(group.facts["outlets"] or [])

    @admin.display(description="published")
    def dates(self, group: Any) -> str:
        return span_of_days(group.facts["earliest"], group.facts["latest"])

    @admin.action(description="Merge the chosen groups")
    def merge(self, request: HttpRequest, groups: QuerySet[DuplicateGroup]) -> HttpResponse | None:
        if not is_confirmed(request):
            members = visibility.articles_for(request.user).filter(near_duplicate_group__in=groups.values("pk"))
            return ask(
                self,
                request,
                title="Merge groups",
                lead=f"{members.count()} articles will be one group under the oldest one's id. Splitting them again is "
                "possible, one part at a time.",
                button="Merge",
                rows=groups,
                action="merge",
            )
        try:
            merged = merge_groups(groups=[group.pk for group in groups], by=person(request), now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        self.message_user(request, "The groups are one now.", messages.SUCCESS)
        return redirect("admin:corpus_duplicategroup_change", merged.pk)

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """The group's page: members, two of them side by side, and the button that parts them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        group = get_object_or_404(self.get_queryset(request), pk=_uuid_of(object_id))
        seen = visibility.articles_for(request.user).filter(near_duplicate_group=group.pk)
        if request.method == "POST":
            return self._split(request, group, seen)
        members: list[Any] = list(
            seen.select_related("outlet")
            .only("pk", "title", "outlet", "published_at", "n_chars", "uuid")
            .order_by("published_at", "pk")[: SHOWN_MEMBERS + 1]
        )
        more, members = len(members) > SHOWN_MEMBERS, members[:SHOWN_MEMBERS]
        one, other = _pair(request, members)
        alike = similarities(articles=[one, *(member.pk for member in members if member.pk != one)])
        for member in members:
            member.alike = alike[member.pk]
        texts = dict(seen.filter(pk__in=[one, other]).values_list("pk", "text"))
        by_pk = {member.pk: member for member in members}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": Truncator(members[0].title).chars(80) or str(group),
            "group": group,
            "members": members,
            "more": more,
            "hidden": Article.objects.filter(near_duplicate_group=group.pk).count() - seen.count(),
            "merges": list(group.merges.select_related("merged_by")[:20]),
            "one": by_pk[one],
            "other": by_pk[other],
            "difference": word_diff(texts[one], texts[other]) if one != other else None,
        }
        return TemplateResponse(request, "admin/corpus/duplicategroup/page.html", context)

    def _split(self, request: HttpRequest, group: DuplicateGroup, seen: QuerySet[Article]) -> HttpResponse:
        ticked = [pk for pk in request.POST.getlist("article") if pk.isascii() and pk.isdecimal() and len(pk) < 19]
        leaving = list(seen.filter(pk__in=ticked).values_list("pk", flat=True))
        try:
            split_group(group=group, leaving=leaving, by=person(request), now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:corpus_duplicategroup_change", group.pk)
        self.message_user(
            request,
            "Noted: they are no duplicates of the others, and no import will bring them together again.",
            messages.SUCCESS,
        )
        if DuplicateGroup.objects.filter(pk=group.pk).exists():
            return redirect("admin:corpus_duplicategroup_change", group.pk)
        return redirect("admin:corpus_duplicategroup_changelist")


def person(request: HttpRequest) -> Any:
    """The signed-in account, for "by whom"."""
    return request.user if request.user.is_authenticated else None


def shortened(names: Sequence[str]) -> str:
    """The first names and how many more."""
    more = len(names) - _SHOWN_OUTLETS
    return ", ".join(names[:_SHOWN_OUTLETS]) + (f" and {more} more" if more > 0 else "")


def span_of_days(first: Any, last: Any) -> str:
    """One day, or the first and the last; nothing where no date is known."""
    if first is None:
        return ""
    days = sorted({f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"})
    return " to ".join(days)


def _uuid_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _pair(request: HttpRequest, members: Sequence[Article]) -> tuple[int, int]:
    """The two that the address names, else the first two."""
    keys = [member.pk for member in members]
    wanted = [
        int(text) for name in ("one", "other") if (text := request.GET.get(name, "")).isascii() and text.isdecimal()
    ]
    one = wanted[0] if wanted and wanted[0] in keys else keys[0]
    others = [key for key in keys if key != one] or [one]
    other = wanted[1] if len(wanted) > 1 and wanted[1] in others else others[0]
    return one, other
