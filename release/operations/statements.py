"""What people tell of a project's data, and how a release takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from django.db import transaction

from annotate.models import Project
from release.models import DataStatement
from release.statement import Told, cleaned

WORDS = tuple(field.name for field in fields(Told))


@transaction.atomic
def save_data_statement(*, project: Project, told: Mapping[str, str]) -> DataStatement:
    """Write the fields named in ``told``; others stay. Raises KeyError for a field that does not exist."""
    unknown = sorted(set(told) - set(WORDS))
    if unknown:
        raise KeyError(unknown[0])
    row, _ = DataStatement.objects.update_or_create(project=project, defaults=dict(told))
    return row


def told_in(row: DataStatement) -> Told:
    return Told(**{name: cleaned(getattr(row, name)) for name in WORDS})


def told_of(project: Project) -> Told:
    """The project's data statement as it is now; empty where there is none."""
    row = DataStatement.objects.filter(project=project).first()
    return Told() if row is None else told_in(row)
