"""The figures of agreement, as the worker last computed them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api.documenting import refusals
from annotate.api.querying import read_query
from annotate.api.requests import user_of
from annotate.models import ProjectAgreement
from annotate.views.access import project_for
from annotate.views.dashboard import is_stale


class FigureFilters(serializers.Serializer[Any]):
    """Which figures; all unless told otherwise."""

    label = serializers.CharField(required=False, max_length=60, help_text="Figures of this label alone (its code).")  # type: ignore[assignment]
    metric = serializers.CharField(required=False, max_length=80, help_text="How the names begin, e.g. `char_alpha`.")


class FigureSchema(serializers.Serializer[Any]):
    """As `python -m agreement` prints it. `value` is null where it is undefined, and `reason` says why."""

    value = serializers.FloatField(allow_null=True)
    reason = serializers.CharField(required=False)
    ci = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True, required=False
    )
    ci_dropped = serializers.IntegerField(required=False)
    interval_unreliable = serializers.BooleanField(required=False)
    n_documents = serializers.IntegerField()
    n_annotators = serializers.IntegerField()


class AgreementSchema(serializers.Serializer[Any]):
    """Figures by name, as of a time."""

    project = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="Null: not computed yet.")
    revision = serializers.IntegerField(help_text="Raised whenever a reading changes the counts.")
    computed_revision = serializers.IntegerField(help_text="The revision that the figures stand for.")
    intervals_as_of = serializers.DateTimeField(
        allow_null=True, help_text="They take longer, so they may be older than the values."
    )
    intervals_revision = serializers.IntegerField()
    stale = serializers.BooleanField(help_text="Whether readings came in since.")
    metrics = serializers.DictField(child=FigureSchema())


@extend_schema(
    operation_id="agreement_retrieve",
    tags=["agreement"],
    summary="Agreement in a project",
    parameters=[FigureFilters],
    responses={200: AgreementSchema, **refusals()},
    examples=[
        OpenApiExample(
            "One figure",
            {
                "project": "caravan",
                "as_of": "2026-11-22T10:00:00Z",
                "revision": 40,
                "computed_revision": 40,
                "intervals_as_of": "2026-11-22T09:58:00Z",
                "intervals_revision": 38,
                "stale": False,
                "metrics": {
                    "char_alpha_any": {"value": 0.71, "ci": [0.64, 0.77], "n_documents": 20, "n_annotators": 3}
                },
            },
            response_only=True,
            status_codes=["200"],
        )
    ],
)
@api_view(["GET"])
def agreement(request: Request, slug: str) -> Response:
    """For adjudicators, researchers and managers. The worker computes the figures; `stale` tells that it is not done."""
    asked = read_query(request, FigureFilters)
    project, _ = project_for(user_of(request), slug, "see_agreement")
    kept = ProjectAgreement.objects.filter(project=project).first() or ProjectAgreement(project=project)
    ending, beginning = asked.get("label"), asked.get("metric", "")
    return Response(
        {
            "project": project.slug,
            "as_of": kept.computed_at,
            "revision": kept.revision,
            "computed_revision": kept.computed_revision,
            "intervals_as_of": kept.intervals_at,
            "intervals_revision": kept.intervals_revision,
            "stale": is_stale(kept),
            "metrics": {
                name: figure
                for name, figure in sorted(kept.metrics.items())
                if name.startswith(beginning) and (ending is None or name.partition(":")[2] == ending)
            },
        }
    )
