"""Who may do what in a project: one table.

A stranger is told 404, never 403: fetch every object through ``projects_for`` or the person's own tasks.
"""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef

from annotate.models import Membership, Project, Role, Task

ANNOTATOR, ADJUDICATOR, RESEARCHER, MANAGER = Role.ANNOTATOR, Role.ADJUDICATOR, Role.RESEARCHER, Role.MANAGER

# Action → roles that may do it. Superusers may do everything but label, which takes a membership.
TABLE: dict[str, frozenset[str]] = {
    # the person's own work
    "label": frozenset({ANNOTATOR}),
    "see_project": frozenset({ANNOTATOR, ADJUDICATOR, RESEARCHER, MANAGER}),
    "see_codebook": frozenset({ANNOTATOR, ADJUDICATOR, RESEARCHER, MANAGER}),
    # what others did
    "see_progress": frozenset({ADJUDICATOR, RESEARCHER, MANAGER}),
    "see_agreement": frozenset({ADJUDICATOR, RESEARCHER, MANAGER}),
    "see_marks": frozenset({ADJUDICATOR, RESEARCHER, MANAGER}),
    "adjudicate": frozenset({ADJUDICATOR, MANAGER}),
    # what the articles are: outlet, byline, address
    "see_articles": frozenset({RESEARCHER, MANAGER}),
    "compare_outlets": frozenset({RESEARCHER, MANAGER}),
    # releases
    "see_releases": frozenset({RESEARCHER, MANAGER}),
    "build_release": frozenset({RESEARCHER, MANAGER}),
    "download_release": frozenset({RESEARCHER, MANAGER}),
    # the project itself
    "manage": frozenset({MANAGER}),
}


def may(user: User | AnonymousUser, project: Project, action: str) -> bool:
    """Whether ``user`` may do ``action`` in ``project``; an unknown action is a KeyError, not a no."""
    allowed = TABLE[action]
    if not user.is_active or isinstance(user, AnonymousUser):
        return False
    if user.is_superuser and action != "label":
        return True
    return bool(allowed & roles_in_force(user, project))


def roles_in_force(user: User | AnonymousUser, project: Project) -> frozenset[str]:
    """The person's roles in the project; in a blind project only *annotator* while there is work left to do."""
    if isinstance(user, AnonymousUser):
        return frozenset()
    roles = frozenset(Membership.objects.filter(project=project, user=user).values_list("role", flat=True))
    if Role.ANNOTATOR in roles and len(roles) > 1 and project.blind_fields and has_unfinished_work(user, project):
        return frozenset({Role.ANNOTATOR})
    return roles


def has_unfinished_work(user: User, project: Project) -> bool:
    """Whether a task of the project is in this annotator's hands, or open and theirs to claim."""
    tasks = Task.objects.filter(project=project)
    if tasks.filter(annotator=user, state__in=Task.WORKABLE).exists():
        return True
    if project.state == Project.State.CLOSED:
        return False
    mine = Task.objects.filter(
        project=project, article=OuterRef("article"), round=OuterRef("round"), annotator=user
    ).exclude(state__in=Task.RESUMABLE)
    return tasks.filter(state=Task.State.OPEN).exclude(Exists(mine)).exists()


def projects_for(user: User | AnonymousUser, action: str = "see_project") -> list[Project]:
    """Projects in which ``user`` may do ``action``, by slug."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return []
    projects = Project.objects.order_by("slug")
    if not user.is_superuser or action == "label":
        projects = projects.of_member(user, *TABLE[action])
    return [project for project in projects if may(user, project, action)]
