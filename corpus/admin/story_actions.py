"""Actions that change which story articles belong to, for the lists of stories and of articles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from corpus import visibility
from corpus.admin.confirmation import ask, is_confirmed
from corpus.errors import Refusal
from corpus.models import Article, Story
from corpus.operations.stories import dissolve_story, merge_stories, move_articles
from corpus.scoped_admin import ScopedAdmin

_MOST_STORIES = 200


class TargetForm(forms.Form):
    """The story that stays."""

    into = forms.ModelChoiceField(Story.objects.none(), label="The story that stays")


class MoveForm(forms.Form):
    """The story that articles go to."""

    story = forms.ModelChoiceField(Story.objects.none(), label="Story", required=False, empty_label="no story")


class StoryActions(ScopedAdmin):
    """Merge and dissolve, for the list of stories."""

    actions = ("merge", "dissolve")

    @admin.action(description="Merge the chosen stories")
    def merge(self, request: HttpRequest, stories: QuerySet[Story]) -> HttpResponse | None:
        # The list counts articles for its rows; that is not wanted here.
        chosen = Story.objects.filter(pk__in=[story.pk for story in stories])
        if refused := _refused(request, chosen) or ("" if len(chosen) > 1 else "Choose at least two stories to merge."):
            self.message_user(request, refused, messages.ERROR)
            return None
        form = TargetForm(request.POST if is_confirmed(request) else None, initial={"into": chosen[0]})
        form.fields["into"].queryset = chosen  # type: ignore[attr-defined]
        if form.is_valid():
            into = form.cleaned_data["into"]
            moved = merge_stories(into=into, others=list(chosen))
            self.message_user(request, f"{moved} articles moved to “{into}”; it is one story now.", messages.SUCCESS)
            return redirect("admin:corpus_story_changelist")
        return ask(
            self,
            request,
            title="Merge stories",
            lead="All articles go to the story that stays; the others are deleted. This cannot be taken back in one step.",
            button="Merge",
            rows=chosen,
            action="merge",
            form=form,
            danger=True,
        )

    @admin.action(description="Dissolve the chosen stories")
    def dissolve(self, request: HttpRequest, stories: QuerySet[Story]) -> HttpResponse | None:
        chosen = Story.objects.filter(pk__in=[story.pk for story in stories])
        if refused := _refused(request, chosen):
            self.message_user(request, refused, messages.ERROR)
            return None
        if not is_confirmed(request):
            return ask(
                self,
                request,
                title="Dissolve stories",
                lead="The articles stay and will have no story; proposals that made a story are open again.",
                button="Dissolve",
                rows=chosen,
                action="dissolve",
                danger=True,
            )
        for story in chosen:
            name = str(story)
            try:
                freed = dissolve_story(story=story)
            except Refusal as refusal:
                self.message_user(request, f"“{name}”: {refusal}", messages.ERROR)
            else:
                self.message_user(
                    request, f"“{name}” is no more; its {freed} articles have no story.", messages.SUCCESS
                )
        return None


class MoveToStory(ScopedAdmin):
    """Move articles between stories, for the list of articles."""

    actions: tuple[str, ...] = ("move_to_story",)

    @admin.action(description="Move to another story")
    def move_to_story(self, request: HttpRequest, articles: QuerySet[Article]) -> HttpResponse | None:
        form = MoveForm(request.POST if is_confirmed(request) else None)
        stories = visibility.stories_for(request.user).order_by("-pk")[:_MOST_STORIES]
        form.fields["story"].queryset = Story.objects.filter(pk__in=[story.pk for story in stories])  # type: ignore[attr-defined]
        if form.is_valid():
            story = form.cleaned_data["story"]
            moved = move_articles(articles=[article.pk for article in articles], story=story)
            where = f"are in “{story}” now" if story else "have no story now"
            self.message_user(request, f"{moved} articles {where}.", messages.SUCCESS)
            return None
        return ask(
            self,
            request,
            title="Move articles to another story",
            lead="Which story do these articles report?",
            button="Move",
            rows=articles,
            action="move_to_story",
            form=form,
        )


def _refused(request: HttpRequest, stories: Any) -> str:
    """Why the person may not change all of these stories, or ""."""
    held = Article.objects.filter(story__in=stories.values("pk"))
    seen = visibility.articles_for(request.user).filter(story__in=stories.values("pk"))
    if held.count() == seen.count():
        return ""
    return "Articles of others' projects are in these stories, so only a superuser can do that."
