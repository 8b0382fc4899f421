"""The figures that a request for agreement is about: of the whole project, or of the part that its filters leave."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from annotate.models import AgreementSlice, KeptFigures, Project, ProjectAgreement
from annotate.operations.figures import ask_for_slice, compute_slice
from annotate.scoring.slices import Slice, SliceForm, is_small
from annotate.tasks import refresh_slice

# A part is not asked for again within this time, however often the page is loaded.
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the query of the same page without it."""

    words: str
    query: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, and what is kept of it.

    ``waiting``: a part that is not up to date, and the worker is at it.
    """

    form: SliceForm
    part: Slice
    agreement: ProjectAgreement
    kept: KeptFigures
    waiting: bool

    @property
    def revision(self) -> int:
        """Of the project's counts now."""
        return self.agreement.revision

    @property
    def stale(self) -> bool:
        """Whether readings came in after the values were computed, or nothing has been computed yet."""
        return self.kept.computed_revision != self.revision or (
            (self.revision > 0 or bool(self.part)) and self.kept.computed_at is None
        )

    @property
    def outlets(self) -> list[tuple[str, str]]:
        """Slugs and names to choose from."""
        return [(slug, name) for slug, name in self.agreement.details.get("choices", {}).get("outlets", ())]

    @property
    def stories(self) -> list[tuple[str, str]]:
        """Slugs and titles to choose from."""
        return [(slug, title) for slug, title in self.agreement.details.get("choices", {}).get("stories", ())]

    @property
    def chips(self) -> list[Chip]:
        names = {"outlet": dict(self.outlets), "story": dict(self.stories)}
        said = {"story": "story: ", "outlet": "outlet: ", "since": "from ", "until": "until ", "group": "annotators: "}
        return [
            Chip(said[name] + names.get(name, {}).get(value, value), self.part.without(name).query)
            for name, value in self.part.as_json().items()
        ]


def figures_for(
    project: Project, actions: Collection[str], query: Mapping[str, str], *, now: datetime | None = None
) -> Asked:
    """The kept figures; those of a part are computed here where the project is small, else by the worker.

    Nothing is read here whose cost grows with the project: whether it is small is found out by counting up to a limit.
    """
    now = now or timezone.now()
    form = SliceForm(query, project=project, sources="see_articles" in actions)
    part = form.chosen()
    agreement = ProjectAgreement.objects.filter(project=project).first() or ProjectAgreement(project=project)
    if not part:
        return Asked(form, part, agreement, agreement, waiting=False)
    kept = AgreementSlice.objects.filter(project=project, key=part.key).first()
    if kept is None or not _is_fresh(kept, agreement):
        kept = _brought_up_to_date(project, part, kept, agreement, now)
    # Where people submit all the time the next figures are out of date again before they are shown.
    just_done = kept.intervals_at is not None and kept.intervals_at > now - PATIENCE
    return Asked(form, part, agreement, kept, waiting=not just_done and not _is_fresh(kept, agreement))


def _is_fresh(kept: KeptFigures, agreement: ProjectAgreement) -> bool:
    return kept.computed_at is not None and kept.computed_revision == kept.intervals_revision == agreement.revision


def _brought_up_to_date(
    project: Project, part: Slice, kept: AgreementSlice | None, agreement: ProjectAgreement, now: datetime
) -> AgreementSlice:
    if kept is None or kept.asked_at < now - PATIENCE:
        kept = ask_for_slice(project=project, part=part, now=now)
        key = kept.pk
        transaction.on_commit(lambda: refresh_slice.enqueue(key))
    out_of_date = kept.computed_at is None or kept.computed_revision != agreement.revision
    if out_of_date and part.group is None and is_small(project):
        kept = compute_slice(kept=kept, bootstrap=0, now=now)
    return kept
