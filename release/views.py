"""The releases of a project: what there is, building one, downloading one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate.models import Project, ProjectArticle, Task
from annotate.views.access import project_for
from annotate.views.requests import PageRequest
from corpus.workers import worker_is_alive
from release import tasks
from release.downloads import archive_response, file_response
from release.exceptions import ExclusionError, FormatError, ReleaseError, ThresholdError
from release.forms import DEFAULT_THRESHOLD, ReleaseForm
from release.models import DataStatement, Release
from release.operations.releases import ENDED, PENDING, cancel_release, request_release, retry_release
from release.operations.statements import told_of
from release.operations.versions import suggested_version

TONES = {"built": "good", "failed": "bad", "waiting": "busy", "building": "busy", "cancelled": ""}
# Shown of a release; its manifest and archive have all.
MOST_FILES, MOST_EXCLUDED = 200, 50
# Where on the form each refusal belongs; others are about the version.
_FIELDS = {FormatError: "formats", ThresholdError: "threshold", ExclusionError: "exclusions"}


@login_required
@require_http_methods(["GET", "POST"])
def releases(request: PageRequest, slug: str) -> HttpResponse:
    """The list, which polls itself while something is being built; a POST asks for a new release."""
    project, actions = project_for(request.user, slug, "see_releases")
    if request.method == "POST":
        return _ask_for_release(request, project, actions)
    first = {
        "version": suggested_version(project),
        "text_mode": Release.TextMode.FULL,
        "times": Release.Times.SECOND,
        "threshold": DEFAULT_THRESHOLD,
    }
    form = ReleaseForm(project=project, initial=first)
    template = "release/list.html" + ("#releases" if request.htmx else "")
    return render(request, template, _context(project, actions, form))


def _ask_for_release(request: PageRequest, project: Project, actions: frozenset[str]) -> HttpResponse:
    if "build_release" not in actions:
        raise Http404
    form = ReleaseForm(request.POST, project=project)
    if form.is_valid():
        try:
            with transaction.atomic():
                release = request_release(project=project, actor=request.user, **form.cleaned_data)
                _enqueue(release)
        except ReleaseError as error:
            form.add_error(_FIELDS.get(type(error), "version"), str(error))
        else:
            return redirect("release:list", project.slug)
    return render(request, "release/list.html", _context(project, actions, form), status=422)


def _enqueue(release: Release) -> None:
    transaction.on_commit(lambda: tasks.build.enqueue(release.pk))


def _context(project: Project, actions: frozenset[str], form: ReleaseForm) -> dict[str, Any]:
    found = list(Release.objects.filter(project=project).select_related("created_by").defer("manifest"))
    pending = any(release.state in PENDING for release in found)
    return {
        "project": project,
        "actions": actions,
        "releases": [
            {
                "release": release,
                "tone": TONES[release.state],
                "may_cancel": release.state in PENDING,
                "may_retry": release.state in ENDED,
            }
            for release in found
        ],
        "pending": pending,
        "worker_missing": pending and not worker_is_alive(now=timezone.now()),
        "left_out": ProjectArticle.objects.filter(project=project, excluded=True).count(),
        "missing": len(told_of(project).missing),
        "submitted": Task.objects.filter(project=project).submitted().exists(),
        "form": form,
    }


@login_required
@require_safe
def statement(request: PageRequest, slug: str) -> HttpResponse:
    """On to the admin's page of the project's data statement, or to that of a new one."""
    project, _ = project_for(request.user, slug, "build_release")
    row = DataStatement.objects.filter(project=project).first()
    if row is None:
        return redirect(f"{reverse('admin:release_datastatement_add')}?project={project.pk}")
    return redirect("admin:release_datastatement_change", row.pk)


@login_required
@require_POST
def retry(request: PageRequest, slug: str, version: str) -> HttpResponse:
    """Build a release once more that failed or was called off."""
    project, _ = project_for(request.user, slug, "build_release")
    release = get_object_or_404(Release, project=project, version=version)
    with transaction.atomic():
        if retry_release(release=release):
            _enqueue(release)
    return redirect("release:list", project.slug)


@login_required
@require_POST
def cancel(request: PageRequest, slug: str, version: str) -> HttpResponse:
    """Call off a release that is not built yet; where it is too late, the list shows what became of it."""
    project, _ = project_for(request.user, slug, "build_release")
    cancel_release(release=get_object_or_404(Release, project=project, version=version))
    return redirect("release:list", project.slug)


@login_required
@require_safe
def download(request: PageRequest, slug: str, version: str) -> HttpResponseBase:
    """A built release as one .zip, the same bytes every time; a broken download goes on where it stopped."""
    project, _ = project_for(request.user, slug, "download_release")
    return archive_response(request, _built(project, version))


@login_required
@require_safe
def file(request: PageRequest, slug: str, version: str, path: str) -> HttpResponseBase:
    """One file of a built release."""
    project, _ = project_for(request.user, slug, "download_release")
    return file_response(request, _built(project, version), path)


@login_required
@require_safe
def detail(request: PageRequest, slug: str, version: str) -> HttpResponse:
    """A built release: what it holds, what it leaves out, its files."""
    project, actions = project_for(request.user, slug, "see_releases")
    release = _built(project, version)
    manifest = release.manifest
    # The list of readers' files first; extras may be as many as articles.
    files = sorted(manifest.get("files", ()), key=lambda file: (file["path"].startswith("extra/"), file["path"]))
    excluded = manifest.get("excluded", ())
    context = {
        "project": project,
        "actions": actions,
        "release": release,
        "manifest": manifest,
        "readings": sum(manifest.get("counts", {}).get("annotations", {}).values()),
        "files": files[:MOST_FILES],
        "n_files": len(files),
        "excluded": excluded[:MOST_EXCLUDED],
        "n_excluded": len(excluded),
    }
    return render(request, "release/detail.html", context)


def _built(project: Project, version: str) -> Release:
    """Raises Http404 for one that is not built."""
    releases = Release.objects.select_related("project", "created_by")
    return get_object_or_404(releases, project=project, version=version, state=Release.State.BUILT)
