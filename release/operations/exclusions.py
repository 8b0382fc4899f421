"""Articles that a single release leaves out, besides those that its project leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from annotate.models import Project, ProjectArticle
from annotate.values import is_storable, shown
from release.exceptions import ExclusionError

MOST = 5_000
LONGEST_REASON = 300
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def found_exclusions(*, project: Project, wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Uuid → reason, by uuid, of articles named by uuid or external id. Raises ExclusionError naming the first bad one.

    An article named twice keeps the last reason.
    """
    given = [(name.strip(), reason.strip()) for name, reason in wanted]
    if len(given) > MOST:
        raise ExclusionError(f"At most {MOST:,} articles can be named. Leave them out in the project instead.")
    for name, reason in given:
        if not reason:
            raise ExclusionError(
                f"{shown(name)} has no reason: say why it is left out; the release says it to readers."
            )
        if not is_storable(name + reason) or len(reason) > LONGEST_REASON:
            raise ExclusionError(f"The reason of {shown(name)} is too long or holds characters that cannot be stored.")
    uuids = {name: str(UUID(name)) for name, _ in given if _UUID.fullmatch(name)}
    others = {name for name, _ in given} - uuids.keys()
    places: dict[str, list[tuple[str, bool]]] = {}
    if given:
        rows = ProjectArticle.objects.filter(
            Q(article__uuid__in=uuids.values()) | Q(article__external_id__in=others), project=project
        )
        for uuid, external_id, excluded in rows.values_list("article__uuid", "article__external_id", "excluded"):
            for name in {str(uuid), *([external_id] if external_id in others else [])}:
                places.setdefault(name, []).append((str(uuid), excluded))
    found: dict[str, str] = {}
    for name, reason in given:
        fitting = places.get(uuids.get(name, name), [])
        if not fitting:
            raise ExclusionError(
                f"The project has no article with the uuid or id {shown(name)}: correct it or take its line out."
            )
        if len(fitting) > 1:
            raise ExclusionError(
                f"{len(fitting)} articles have the id {shown(name)}: name the uuid of the one you mean."
            )
        [(article, excluded)] = fitting
        if excluded:
            raise ExclusionError(f"{shown(name)} is left out of the project already: take it from the list.")
        found[article] = reason
    return dict(sorted(found.items()))
