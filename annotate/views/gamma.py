"""Gamma on request: a form, the computation's progress, its result."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotate.models import GammaRun, Project
from annotate.operations.gamma import GammaRunningError, cancel_gamma, request_gamma, retry_gamma
from annotate.scoring.figures import Figure, figure_of
from annotate.tasks import compute_gamma
from annotate.views.access import project_for
from annotate.views.requests import PageRequest

_RUNNING = "Gamma is being computed already. Wait for it, or call it off first."


class GammaForm(forms.Form):
    """The terms of a computation."""

    sample_size = forms.IntegerField(label="Articles at most, drawn at random", min_value=1, max_value=500, initial=50)
    time_limit = forms.IntegerField(label="Seconds at most", min_value=10, max_value=3600, initial=300)
    seed = forms.IntegerField(label="Seed of the sample", min_value=0, max_value=2**31 - 1, initial=0)


@login_required
@require_http_methods(["GET", "POST"])
def gamma(request: PageRequest, slug: str) -> HttpResponse:
    """The section of the page while gamma is being computed, then the page anew; a POST has it computed."""
    project, _ = project_for(request.user, slug, "see_agreement")
    if request.method != "POST":
        context = gamma_context(project)
        if not request.htmx:
            return redirect(_place(project))
        if not context["gamma_pending"]:
            return HttpResponseClientRefresh()
        return render(request, "annotate/_gamma.html", {"project": project, **context})
    form = GammaForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            with transaction.atomic():
                _enqueue(request_gamma(project=project, requested_by=request.user, **form.cleaned_data))
        except GammaRunningError:
            messages.warning(request, _RUNNING)
    elif not request.htmx:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return _answer(request, project, form if form.errors else None)


@login_required
@require_POST
def cancel(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Call a computation off."""
    project, _ = project_for(request.user, slug, "see_agreement")
    cancel_gamma(run=get_object_or_404(GammaRun, project=project, pk=pk), now=timezone.now())
    return _answer(request, project)


@login_required
@require_POST
def retry(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """Compute again what failed or was called off, on the same terms."""
    project, _ = project_for(request.user, slug, "see_agreement")
    run = get_object_or_404(GammaRun, project=project, pk=pk)
    try:
        with transaction.atomic():
            if retry_gamma(run=run):
                _enqueue(run)
    except GammaRunningError:
        messages.warning(request, _RUNNING)
    return _answer(request, project)


def gamma_context(project: Project) -> dict[str, Any]:
    """``gamma_run``: the latest, whatever became of it; ``gamma_done``: the latest with a result, and its figures.

    ``whats`` collects what is to be explained; the page around has the texts.
    """
    runs = list(GammaRun.objects.filter(project=project).select_related("requested_by")[:5])
    done = next((run for run in runs if run.state == GammaRun.State.DONE), None)
    if done is None and len(runs) == 5:
        done = GammaRun.objects.filter(project=project, state=GammaRun.State.DONE).first()
    return {
        "whats": {},
        "gamma_run": runs[0] if runs else None,
        "gamma_pending": bool(runs) and runs[0].state in GammaRun.UNFINISHED,
        "gamma_done": done,
        "gamma_figures": gamma_figures(done) if done else (),
        "gamma_form": GammaForm(initial=_terms(runs[0]) if runs else None, label_suffix=""),
    }


def gamma_figures(run: GammaRun) -> tuple[Figure, ...]:
    return tuple(figure_of(name, metric) for name, metric in sorted(run.metrics.items()))


def _terms(run: GammaRun) -> dict[str, int]:
    return {"sample_size": run.sample_size, "time_limit": run.time_limit, "seed": run.seed}


def _answer(request: PageRequest, project: Project, form: GammaForm | None = None) -> HttpResponse:
    if not request.htmx:
        return redirect(_place(project))
    context = {"project": project, **gamma_context(project)}
    if form is not None:
        context["gamma_form"] = form
    return render(request, "annotate/_gamma.html", context)


def _place(project: Project) -> str:
    return reverse("annotate:agreement", args=[project.slug]) + "#gamma"


def _enqueue(run: GammaRun) -> None:
    transaction.on_commit(lambda: compute_gamma.enqueue(run.pk))
