"""Cleaning again in the admin: choose rules, see what would change, then do it, for one article or for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from corpus.admin.side_by_side import changes_between, in_words
from corpus.cleaning import ALL_RULES, RULES, SWITCHABLE, RuleSet
from corpus.models import Article
from corpus.operations import clean_again
from corpus.operations.cleaning import cleaned_anew
from corpus.operations.cleaning_jobs import queue_cleaning

# Up to this many are cleaned while the person waits, a fifth of a second; more go to the worker.
AT_ONCE = 200
# Articles of a choice that are tried for the preview.
TRIED = 50
_LISTED = 12


class RulesForm(forms.Form):
    """A checkbox for each rule, ticked where it is used."""

    rules = forms.MultipleChoiceField(
        choices=[(name, name) for name in SWITCHABLE], required=False, widget=forms.CheckboxSelectMultiple
    )
    repair_mojibake = forms.BooleanField(
        required=False,
        label="Repair mojibake",
        help_text="Turns “cafÃ©” back into “café” where a text was decoded wrongly before it came here.",
    )

    @classmethod
    def showing(cls, rules: RuleSet) -> RulesForm:
        return cls({"rules": sorted(set(SWITCHABLE) - rules.off), "repair_mojibake": rules.repair_mojibake})

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each rule as a line of the form."""
        ticked = set(self["rules"].value() or ())
        return [
            {
                "name": rule.name,
                "title": in_words(rule.name).capitalize(),
                "description": rule.description,
                "on": rule.name in ticked,
            }
            for rule in RULES
        ]

    @property
    def rule_set(self) -> RuleSet:
        given = self.cleaned_data
        return RuleSet(off=frozenset(SWITCHABLE) - frozenset(given["rules"]), repair_mojibake=given["repair_mojibake"])


def clean_article_page(request: HttpRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    """Rules and a preview by GET, a new version by POST."""
    here = reverse("admin:corpus_article_change", args=[article.pk])
    newer = Article.objects.filter(supersedes=article).only("pk", "version").first()
    if newer is not None:
        messages.info(request, f"Version {newer.version} supersedes this one; clean that one again.")
        return redirect(reverse("admin:corpus_article_change", args=[newer.pk]))
    form = _form(request.POST if request.method == "POST" else request.GET, _rules_of(article))
    if not form.is_valid():
        messages.error(request, "One of the rules is not known any more. Choose again.")
        return redirect(request.path)
    rules = form.rule_set
    if request.method == "POST":
        return _clean_one(request, article, rules, here)
    anew = cleaned_anew(article, rules)
    changed = anew.text != article.text
    return TemplateResponse(
        request,
        "admin/corpus/article/clean.html",
        {
            **context,
            "title": "Clean again",
            "article": article,
            "form": form,
            "changes": changes_between(article.text, anew.text) if changed and anew.text else [],
            "anew": anew,
            "changed": changed,
            "chars": len(anew.text) - article.n_chars,
            "fields": _field_changes(article, anew.columns()) if changed and anew.text else [],
            "next_version": article.version + 1,
            "asked": "preview" in request.GET,
        },
    )


def clean_many_page(
    request: HttpRequest, articles: QuerySet[Article], model_admin: admin.ModelAdmin
) -> HttpResponse | None:
    """The page of the list's action: rules, how many of the first articles would change, then the work itself."""
    keys = list(articles.order_by("pk").values_list("pk", flat=True))
    form = _form(request.POST, ALL_RULES)
    if not form.is_valid():
        model_admin.message_user(request, "One of the rules is not known any more. Choose again.", messages.ERROR)
        return None
    if request.POST.get("confirmed") == "yes":
        return _clean_many(request, keys, form.rule_set)
    tried = list(Article.objects.filter(pk__in=keys[:TRIED]).current().order_by("pk"))
    changed = [article for article in tried if cleaned_anew(article, form.rule_set).text != article.text]
    return TemplateResponse(
        request,
        "admin/corpus/article/clean_many.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "media": model_admin.media,
            "title": "Clean again",
            "form": form,
            "n": len(keys),
            "n_tried": len(tried),
            "n_changed": len(changed),
            "changed": changed[:_LISTED],
            "selected": request.POST.getlist("_selected_action"),
            "across": request.POST.get("select_across", "0"),
            "by_worker": len(keys) > AT_ONCE,
        },
    )


def repair_query(article: Article) -> str:
    """The query that previews a repair of the article's mojibake with its own rules."""
    off = _rules_of(article).off
    return urlencode([*(("rules", name) for name in SWITCHABLE if name not in off), ("repair_mojibake", "on")])


def _form(given: QueryDict, otherwise: RuleSet) -> RulesForm:
    """The rules that were chosen, or the given ones where nobody chose yet."""
    return RulesForm(given) if "preview" in given or "confirmed" in given else RulesForm.showing(otherwise)


def _rules_of(article: Article) -> RuleSet:
    """The rules that the article was cleaned with; all of them where its version says nothing that is known."""
    try:
        return RuleSet.from_version(article.cleaner_version)
    except ValueError:
        return ALL_RULES


def _field_changes(article: Article, columns: dict[str, Any]) -> list[tuple[str, str, str]]:
    names = ("title", "byline", "agency")
    return [
        (name, getattr(article, name) or "", columns[name] or "")
        for name in names
        if (getattr(article, name) or "") != (columns[name] or "")
    ]


def _account(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if request.user.is_authenticated else None


def _clean_one(request: HttpRequest, article: Article, rules: RuleSet, here: str) -> HttpResponse:
    result = clean_again(articles=[article.pk], rules=rules, created_by=_account(request))
    if result.made:
        new = result.made[0]
        messages.success(
            request,
            f"Version {new.version} is made. Version {article.version} stays as it is, with its marks and in its projects.",
        )
        return redirect(reverse("admin:corpus_article_change", args=[new.pk]))
    for refusal in result.refused:
        messages.error(request, refusal.message)
    if result.unchanged:
        messages.info(request, "These rules leave the text as it is: no new version was made.")
    return redirect(here)


def _clean_many(request: HttpRequest, keys: Sequence[int], rules: RuleSet) -> HttpResponse:
    if len(keys) > AT_ONCE:
        batch = queue_cleaning(articles=keys, rules=rules, created_by=_account(request))
    else:
        result = clean_again(articles=keys, rules=rules, created_by=_account(request))
        batch = result.batch
        words = f"{len(result.made)} new versions, {result.unchanged} texts unchanged"
        if result.superseded:
            words += f", {result.superseded} left alone because a newer version is there"
        messages.success(request, f"{words}. Older versions stay with their marks and in their projects.")
    return redirect(reverse("admin:corpus_importbatch_change", args=[batch.pk]))
