"""The figures of agreement that a project's pages show."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from annotate.models import Project, ProjectAgreement
from annotate.scoring import project_metrics
from annotate.summary import project_summary


def compute_project(
    *, project: Project, bootstrap: int = 1000, seed: int = 0, now: datetime | None = None
) -> ProjectAgreement:
    """Compute the project's figures from the stored counts, "as of" the revision read before them.

    A reading that comes in meanwhile raises the revision, so the figures count as out of date then; they never pass
    for newer than they are.
    """
    agreement, _ = ProjectAgreement.objects.get_or_create(project=project)
    with transaction.atomic():
        revision = ProjectAgreement.objects.values_list("revision", flat=True).get(pk=agreement.pk)
        figures = project_metrics(project, bootstrap=bootstrap, seed=seed)
        summary = project_summary(project)
    ProjectAgreement.objects.filter(pk=agreement.pk, computed_revision__lte=revision).update(
        computed_revision=revision, computed_at=now or timezone.now(), metrics=figures, summary=summary
    )
    agreement.refresh_from_db()
    return agreement
