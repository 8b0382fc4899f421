"""Fetching projects on behalf of a person. A stranger, and who may not do it, is told 404."""

from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404

from annotate.models import Project
from annotate.permissions import TABLE, roles_in_force


def project_for(user: User, slug: str, action: str = "see_project") -> tuple[Project, frozenset[str]]:
    """The project and every action of the permission table that ``user`` may do there now.

    Raises Http404 where there is no such project, the person is no member, or ``action`` is not among them.
    """
    projects = Project.objects.select_related("codebook")
    if not user.is_superuser:
        projects = projects.of_member(user)
    project = get_object_or_404(projects, slug=slug)
    actions = actions_in_force(user, project)
    if action not in actions:
        raise Http404
    return project, actions


def actions_in_force(user: User, project: Project) -> frozenset[str]:
    """:func:`annotate.permissions.may` for all actions at once."""
    roles = roles_in_force(user, project)
    return frozenset(
        action for action, allowed in TABLE.items() if allowed & roles or (user.is_superuser and action != "label")
    )
