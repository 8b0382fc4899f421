"""Version numbers of releases (semver.org)."""

from __future__ import annotations

import re

from annotate.models import Project
from release.exceptions import BadVersionError
from release.models import Release

# The grammar of semver.org 2.0.0: no leading zeros, an optional pre-release, optional build data.
SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
LONGEST = 40
FIRST = "1.0.0"


def checked_version(version: str) -> str:
    """The version, if it is a semantic one of at most 40 characters. Raises BadVersionError."""
    if len(version) > LONGEST or SEMVER.fullmatch(version) is None:
        raise BadVersionError(f"{version!r:.60} is not a semantic version such as 1.0.0.")
    return version


def suggested_version(project: Project) -> str:
    """The next minor version after the highest one, 1.0.0 at first: a release adds readings and breaks nothing."""
    numbers = []
    # What failed or was called off gives its version up.
    lasting = Release.objects.filter(project=project).exclude(state__in=[Release.State.FAILED, Release.State.CANCELLED])
    for version in lasting.values_list("version", flat=True):
        found = SEMVER.fullmatch(version)
        if found:
            numbers.append(tuple(int(part) for part in found.groups()[:3]))
    if not numbers:
        return FIRST
    major, minor, _ = max(numbers)
    return f"{major}.{minor + 1}.0"
