"""Parts of a project that the agreement pages can be limited to: by story, outlet, date, group of annotators.

What a filter names is read from the address (:class:`SliceForm`), so a page can be kept and sent. Figures of a part
are computed once per revision of the counts and kept (``AgreementSlice``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet

from annotate.models import ArticleAgreement, Membership, Project, Role
from corpus.models import Outlet, Story

# Where so few articles have counts, the figures of any part are soon computed while a page is asked for.
FEW = 200


class SliceForm(forms.Form):
    """The filters; every field may stay empty. ``sources``: whether the person may know where articles come from."""

    story = forms.CharField(required=False, max_length=300)
    outlet = forms.CharField(required=False, max_length=200)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"], label="From")
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"], label="Until")
    group = forms.CharField(required=False, max_length=60, label="Annotators")

    def __init__(self, data: Mapping[str, Any], *, project: Project, sources: bool) -> None:
        super().__init__(data)
        self.project = project
        self.groups = sorted(
            Membership.objects.filter(project=project, role=Role.ANNOTATOR)
            .exclude(group="")
            .order_by()
            .values_list("group", flat=True)
            .distinct()
        )
        if not sources:
            for name in ("story", "outlet", "since", "until"):
                del self.fields[name]
        if not self.groups:
            del self.fields["group"]

    def clean_story(self) -> str:
        """The story's slug."""
        said = self.cleaned_data["story"].strip()
        if not said:
            return ""
        story = Story.objects.filter(Q(slug=said) | Q(title__iexact=said)).order_by("slug").first()
        if story is None:
            raise forms.ValidationError("There is no such story. Choose one of the list, or give its slug.")
        return story.slug

    def clean_outlet(self) -> str:
        """The outlet's slug."""
        said = self.cleaned_data["outlet"].strip()
        if not said:
            return ""
        outlet = Outlet.objects.filter(Q(slug=said) | Q(name__iexact=said)).order_by("slug").first()
        if outlet is None:
            raise forms.ValidationError("There is no such outlet. Choose one of the list, or give its name.")
        return outlet.slug

    def clean_group(self) -> str:
        said = str(self.cleaned_data["group"]).strip()
        if said and said not in self.groups:
            raise forms.ValidationError(f"There is no such group of annotators. Groups: {', '.join(self.groups)}.")
        return said

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (since := data.get("since")) and (until := data.get("until")) and since > until:
            self.add_error("until", "This day is before the first one. Swap them.")
        return data

    def chosen(self) -> Slice:
        """What was asked for, as far as it is valid."""
        self.is_valid()
        return Slice(**{name: self.cleaned_data.get(name) or None for name in Slice.__slots__})


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a project: articles by slug of story and outlet and by day of publication (UTC, both ends included);
    of them only the readings of one group of annotators. None: whatever it is."""

    story: str | None = None
    outlet: str | None = None
    since: date | None = None
    until: date | None = None
    group: str | None = None

    def __bool__(self) -> bool:
        """Whether anything is left out at all."""
        return any(value is not None for value in asdict(self).values())

    def as_json(self) -> dict[str, str]:
        """Only what is set; :meth:`of_json` reads it."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def of_json(cls, kept: Mapping[str, str]) -> Slice:
        days = {name: date.fromisoformat(kept[name]) for name in ("since", "until") if name in kept}
        return cls(**{**kept, **days})  # type: ignore[arg-type]

    @property
    def key(self) -> str:
        """The same for the same filter."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    @property
    def query(self) -> str:
        """The filter as the query of an address."""
        return urlencode(self.as_json())

    def without(self, name: str) -> Slice:
        return Slice(**asdict(self) | {name: None})


def agreements_in(project: Project, part: Slice) -> QuerySet[ArticleAgreement]:
    """The articles of the part that two or more people read (the group is not looked at)."""
    found = ArticleAgreement.objects.filter(project=project)
    if part.story:
        found = found.filter(article__story__slug=part.story)
    if part.outlet:
        found = found.filter(article__outlet__slug=part.outlet)
    if part.since:
        found = found.filter(article__published_at__gte=_start_of(part.since))
    if part.until:
        found = found.filter(article__published_at__lt=_start_of(part.until + timedelta(days=1)))
    return found


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def group_members(project: Project, group: str) -> frozenset[int]:
    """Keys of the accounts of the annotators in ``group``."""
    return frozenset(
        Membership.objects.filter(project=project, role=Role.ANNOTATOR, group=group).values_list("user_id", flat=True)
    )


def is_small(project: Project) -> bool:
    """Whether so few articles have counts that any part is computed at once; counts no further than that."""
    return ArticleAgreement.objects.filter(project=project).order_by().values("pk")[: FEW + 1].count() <= FEW
