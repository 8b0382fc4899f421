"""What the background worker does for this app. Each job may be run twice, or by two workers at once."""

from django.tasks import task
from django.utils import timezone

from annotate.models import Project, ProjectAgreement
from annotate.operations.figures import compute_project


@task
def refresh_agreement(project_id: int) -> None:
    """Compute a project's figures, unless they are up to date (an earlier job has taken in later readings)."""
    agreement = ProjectAgreement.objects.filter(project=project_id).first()
    if agreement is not None and agreement.computed_at and agreement.computed_revision == agreement.revision:
        return
    project = Project.objects.select_related("codebook").filter(pk=project_id).first()
    if project is not None:
        compute_project(project=project, now=timezone.now())
