"""My work: what is next, what is in hand, what is done; and the list of projects."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from annotate.models import Project, Role, Task
from annotate.operations.tasks import claim_task
from annotate.pace import time_left
from annotate.progress import (
    COUNTED,
    LEFT_COUNTED,
    projects_overseen,
    projects_to_label,
    projects_to_see,
    tasks_done,
    tasks_in_hand,
)
from annotate.views.requests import PageRequest

HISTORY_ROWS = 10


@login_required
@require_GET
def work(request: PageRequest) -> HttpResponse:
    """The page an annotator starts from; htmx asks for another page of the history alone."""
    history = Paginator(tasks_done(request.user), HISTORY_ROWS).get_page(request.GET.get("page"))
    if request.htmx:
        return render(request, "annotate/work.html#history", {"history": history})
    in_hand = list(tasks_in_hand(request.user))
    claimed = {task.project_id: task for task in in_hand if task.state == "claimed"}
    projects = [
        (
            project,
            claimed.get(project.pk),
            _estimate(project, [task for task in in_hand if task.project_id == project.pk]),
        )
        for project in projects_to_label(request.user)
    ]
    context = {
        "projects": projects,
        "overseen": projects_overseen(request.user),
        "in_hand": in_hand,
        "history": history,
        # has_more is annotated by projects_to_label.
        "all_done": bool(projects) and not in_hand and not any(project.has_more for project, *_ in projects),  # type: ignore[attr-defined]
        "counted": COUNTED,
    }
    return render(request, "annotate/work.html", context)


def _estimate(project: Project, in_hand: list[Task]) -> str | None:
    """How long the rest may take, what is in hand included; None until there is a pace, or where the project rests."""
    if project.state != Project.State.OPEN:
        return None
    # Annotated by projects_to_label.
    left: int = project.n_left  # type: ignore[attr-defined]
    remaining = min(left, LEFT_COUNTED) + len(in_hand)
    return time_left(pace=project.pace, remaining=remaining, capped=left > LEFT_COUNTED)  # type: ignore[attr-defined]


@login_required
@require_GET
def projects(request: PageRequest) -> HttpResponse:
    """Every project the person belongs to, with their roles in it."""
    return render(request, "annotate/projects.html", {"projects": projects_to_see(request.user)})


@login_required
@require_POST
def claim(request: PageRequest, slug: str) -> HttpResponse:
    """Go to the next task of the project; back to My work where nothing is left."""
    project = get_object_or_404(Project.objects.of_member(request.user, Role.ANNOTATOR), slug=slug)
    task = claim_task(project=project, user=request.user, now=timezone.now())
    if task is not None:
        return redirect("annotate:task", task.uuid)
    if project.state == Project.State.OPEN:
        messages.info(request, f"Nothing is left for you in “{project.title}” at the moment.")
    else:
        messages.info(request, f"“{project.title}” hands out no articles: it is {project.get_state_display()}.")
    return redirect("annotate:work")
