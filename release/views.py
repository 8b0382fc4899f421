"""The releases of a project: what there is, building one, downloading one."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotate.models import Project, Task
from annotate.views.access import project_for
from annotate.views.requests import PageRequest
from release import tasks
from release.archive import zipped
from release.exceptions import ReleaseError
from release.forms import ReleaseForm
from release.models import Release
from release.operations.releases import directory_of, request_release, retry_release
from release.operations.versions import suggested_version

PENDING = (Release.State.WAITING, Release.State.BUILDING)


@login_required
@require_http_methods(["GET", "POST"])
def releases(request: PageRequest, slug: str) -> HttpResponse:
    """The list, which polls itself while something is being built; a POST asks for a new release."""
    project, actions = project_for(request.user, slug, "see_releases")
    if request.method == "POST":
        return _ask_for_release(request, project, actions)
    first = {"version": suggested_version(project), "text_mode": Release.TextMode.FULL}
    form = ReleaseForm(initial=first, label_suffix="")
    template = "release/list.html" + ("#releases" if request.htmx else "")
    return render(request, template, _context(project, actions, form))


def _ask_for_release(request: PageRequest, project: Project, actions: frozenset[str]) -> HttpResponse:
    if "build_release" not in actions:
        raise Http404
    form = ReleaseForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            with transaction.atomic():
                release = request_release(project=project, actor=request.user, **form.cleaned_data)
                _enqueue(release)
        except ReleaseError as error:
            form.add_error("version", str(error))
        else:
            return redirect("release:list", project.slug)
    return render(request, "release/list.html", _context(project, actions, form), status=422)


def _enqueue(release: Release) -> None:
    transaction.on_commit(lambda: tasks.build.enqueue(release.pk))


def _context(project: Project, actions: frozenset[str], form: ReleaseForm) -> dict[str, Any]:
    found = list(Release.objects.filter(project=project).select_related("created_by").defer("manifest"))
    return {
        "project": project,
        "actions": actions,
        "releases": found,
        "pending": any(release.state in PENDING for release in found),
        "submitted": Task.objects.filter(project=project).submitted().exists(),
        "form": form,
    }


@login_required
@require_POST
def retry(request: PageRequest, slug: str, version: str) -> HttpResponse:
    """Build a release that failed once more."""
    project, _ = project_for(request.user, slug, "build_release")
    release = get_object_or_404(Release, project=project, version=version)
    with transaction.atomic():
        if retry_release(release=release):
            _enqueue(release)
    return redirect("release:list", project.slug)


@login_required
@require_GET
def download(request: PageRequest, slug: str, version: str) -> StreamingHttpResponse:
    """A built release as one .zip, the same bytes every time."""
    project, _ = project_for(request.user, slug, "download_release")
    release = get_object_or_404(
        Release.objects.select_related("project"), project=project, version=version, state=Release.State.BUILT
    )
    directory = directory_of(release)
    if not directory.is_dir():
        raise Http404("The files of this release are not on this machine.")
    name = f"{project.slug}-{release.version}"
    pieces: Iterator[bytes] = zipped(directory, name)
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )
