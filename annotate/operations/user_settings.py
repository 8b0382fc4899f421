"""Changing one's own settings."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotate.models import Project, ProjectMemory, UserSettings
from annotate.user_settings import Settings, check_memory


@transaction.atomic
def change_settings(*, user: User, changes: Mapping[str, Any]) -> Settings:
    """Change some settings, leave the others. Raises Refusal, changing nothing, where one is unknown or has no such value.

    The row is locked, so that two tabs which change different settings at once lose neither.
    """
    UserSettings.objects.get_or_create(user=user)
    row = UserSettings.objects.select_for_update().get(user=user)
    return _stored(row, Settings(row.document).with_changes(changes))


@transaction.atomic
def replace_settings(*, user: User, document: Mapping[str, Any]) -> Settings:
    """Set these, and everything else back to its default. Raises Refusal as :func:`change_settings` does."""
    new = Settings().with_changes(document)
    row, _ = UserSettings.objects.select_for_update().get_or_create(user=user)
    return _stored(row, new)


@transaction.atomic
def remember(*, user: User, project: Project, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change some of what the labelling page remembers in a project; the whole. Raises Refusal as :func:`change_settings`."""
    check_memory(changes)
    row, _ = ProjectMemory.objects.select_for_update().get_or_create(user=user, project=project)
    document = {**row.document, **changes}
    row.document = document
    row.save()
    return document


def _stored(row: UserSettings, new: Settings) -> Settings:
    row.document = new.own
    row.save()
    return new
