"""The job that brings the counts of agreement in line after the labels of a project changed."""

from django.tasks import task

from annotate.models import Project
from annotate.operations.scoring import recount_project


@task
def recount(project_id: int) -> None:
    """Count the project's readings anew with the labels now switched on; twice is as good as once."""
    project = Project.objects.select_related("codebook").filter(pk=project_id).first()
    if project is not None:
        recount_project(project=project)
