"""Changing a project, or one of its articles, after it was made."""

from django.db import transaction

from annotate.codebook import check_switches
from annotate.models import Codebook, Project, ProjectArticle
from annotate.operations.scoring import refresh_article
from annotate.operations.tasks import ensure_slots
from annotate.scoring.recounting import recount


class CodebookInUseError(Exception):
    """Tasks of the project exist, and they and their marks are bound to its codebook; make a new project instead."""


@transaction.atomic
def change_project(
    *,
    project: Project,
    title: str,
    slug: str,
    codebook: Codebook,
    guidelines: str,
    annotators_per_article: int,
    ordering: str,
    lease_minutes: int,
    blind_fields: list[str],
    switches: dict[str, bool],
) -> Project:
    """Store new settings. Where work is on, slots are made or open ones dropped so that each article has its number.

    Where labels are switched on or off, the worker counts agreement anew.

    Raises CodebookInUseError, and CodebookError for switches that name nothing in the codebook.
    """
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.codebook_id != codebook.pk and locked.tasks.exists():
        raise CodebookInUseError(f"{locked} has tasks with {locked.codebook}; its codebook stays.")
    locked.title, locked.slug, locked.codebook = title, slug, codebook
    locked.guidelines = guidelines
    locked.annotators_per_article, locked.ordering, locked.lease_minutes = (
        annotators_per_article,
        ordering,
        lease_minutes,
    )
    locked.blind_fields = sorted(blind_fields)
    before, locked.switches = locked.switches, check_switches(codebook.content, switches)
    locked.save()
    if locked.switches != before:
        transaction.on_commit(lambda: recount.enqueue(locked.pk))
    if locked.state == Project.State.OPEN:
        ensure_slots(project=locked)
    return locked


@transaction.atomic
def change_project_article(
    *, row: ProjectArticle, annotators: int | None, priority: int, excluded: bool, excluded_reason: str
) -> ProjectArticle:
    """Store what holds for one article alone; its open tasks follow, tasks in somebody's hands stay.

    An excluded article does not count in agreement.
    """
    locked = ProjectArticle.objects.select_for_update(of=("self",)).select_related("project").get(pk=row.pk)
    counts_change = locked.excluded != excluded
    locked.annotators, locked.priority = annotators, priority
    locked.excluded, locked.excluded_reason = excluded, excluded_reason if excluded else ""
    locked.save()
    locked.project.tasks.filter(article=locked.article_id, state="open").update(priority=priority)
    if locked.project.state == Project.State.OPEN:
        ensure_slots(project=locked.project, articles=[locked.article])
    if counts_change:
        refresh_article(project=locked.project, article=locked.article)
    return locked
