"""A release taken in again: its articles, codebook and readings as a new project, under the ids that it gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction

from annotate.codebook import CodebookError
from annotate.doors.files import InputFile
from annotate.doors.records import GivenReading, Refused
from annotate.doors.slantwise import read_slantwise
from annotate.models import Membership, Project, Role
from annotate.operations.codebooks import CodebookConflictError, save_codebook
from annotate.operations.doors import DoorResult, DoorSettings, import_readings
from annotate.operations.projects import ProjectRefusedError, add_member, create_project
from corpus.models import Article
from corpus.operations.restoring import GivenArticle, OtherTextError, Restored, restore_articles
from release.exceptions import ReleaseError
from release.manifest import MANIFEST
from release.operations.building import guideline_version
from release.operations.building import guidelines as written_guidelines
from release.verification import verify_release

_CLEANER = "cleaner-"
_LONGEST_PSEUDONYM = Membership._meta.get_field("pseudonym").max_length


class NotRestorableError(ReleaseError):
    """The directory is no release that can be taken in; the message says what is wrong."""


@dataclass(slots=True)
class RestoredRelease:
    """The new project; what of the articles was there before; what the readings brought; what a release cannot hold."""

    project: Project
    articles_created: int = 0
    articles_found: int = 0
    readings: DoorResult = field(default_factory=DoorResult)
    notes: list[str] = field(default_factory=list)


@transaction.atomic
def restore_release(
    *,
    root: Path,
    slug: str,
    annotators: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> RestoredRelease:
    """Make the draft project ``slug`` of the release directory ``root``; a release of it has the same data files.

    ``annotators`` leads from annotator ids to usernames; without an entry an account of the id's name is made, which
    nobody can sign in to. ``texts``, by their SHA-256, are those that the release leaves out (see ``texts_from``).

    Everything or nothing. Raises NotRestorableError.
    """
    manifest = _checked(root, texts)
    try:
        codebook, _ = save_codebook(content=_json(root / "schema/codebook.json"))
        restored = restore_articles(
            articles=_articles(root, texts or {}), source=str(root), now=datetime.fromisoformat(manifest["created"])
        )
        project = create_project(
            slug=slug,
            title=manifest["title"],
            codebook=codebook,
            annotators_per_article=manifest["annotators_per_article"],
            blind_fields=manifest["blind_fields"],
            articles=restored.articles.values(),
            guidelines=_guidelines(root),
            switches=manifest.get("switches"),
            draft=True,
        )
    except (CodebookError, CodebookConflictError, OtherTextError, ProjectRefusedError) as error:
        raise NotRestorableError(str(error)) from error
    result = RestoredRelease(project, len(restored.created), len(restored.articles) - len(restored.created))
    people = {record["annotator_id"]: record for record in _records(root, "annotators")}
    usernames = {key: (annotators or {}).get(key, key) for key in people}
    _make_members(project, people, usernames)
    result.readings = import_readings(
        project=project,
        entries=_readings(root, restored),
        settings=DoorSettings(annotator_map=usernames, widen=True),
        # The state as of the release: nothing in it is later.
        now=datetime.fromisoformat(manifest["created"]),
    )
    result.notes = _notes(root, manifest, restored, result)
    return result


def _checked(root: Path, texts: Mapping[str, str] | None) -> dict[str, Any]:
    """The manifest of a release whose every checksum and record is right."""
    report = verify_release(root, texts=texts)
    if not report.passed:
        raise NotRestorableError(f"{root} is not whole: {report.problems[0]} ({len(report.problems)} problems).")
    manifest = _json(root / MANIFEST)
    missing = [name for name in ("created", "title", "annotators_per_article", "blind_fields") if name not in manifest]
    if missing:
        raise NotRestorableError(f"{root / MANIFEST} lacks {', '.join(missing)}: a version before 0.1.0 wrote it.")
    return cast("dict[str, Any]", manifest)


def _articles(root: Path, texts: Mapping[str, str]) -> Iterator[GivenArticle]:
    for record in _records(root, "articles"):
        sha256 = record["text_sha256"]
        text = record["text"] if record["text"] is not None else texts.get(sha256)
        if text is None:
            stored = Article.objects.filter(text_sha256=sha256).values_list("text", flat=True).first()
            if stored is None:
                raise NotRestorableError(
                    f"The release leaves out the text of article {record['article_id']}, and it is not stored here. "
                    "Name your copy of the texts by --text."
                )
            text = stored
        yield GivenArticle(
            uuid=UUID(record["article_id"]),
            text=text,
            title=record["title"] or _headline(text),
            outlet=record["outlet"] or "",
            story=record["event_id"] or "",
            byline=record["byline"],
            published_at=_moment(record["published"]),
            language=record["language"],
            url=record["source_url"],
            rights=record["license_text"],
            cleaner_version=record["text_normalization"].partition(_CLEANER)[2],
            created_at=_moment(record["retrieved"]),
        )


def _headline(text: str) -> str:
    """What stands before the first blank line, where a release of positions leaves the title out."""
    title, blank, _ = text.partition("\n\n")
    return title if blank and "\n" not in title else ""


def _readings(root: Path, restored: Restored) -> Iterator[GivenReading | Refused]:
    path = root / "data/annotations.jsonl"
    for entry in read_slantwise(InputFile(str(path), PurePosixPath(path.name), path.read_bytes(), named=True)):
        if isinstance(entry, GivenReading):
            # An article that was here before under another uuid keeps it.
            entry.article = str(restored.articles[UUID(entry.article)].uuid)
        yield entry


def _make_members(project: Project, people: Mapping[str, Mapping[str, Any]], usernames: Mapping[str, str]) -> None:
    """Accounts and memberships, under the ids that the release knows them by."""
    users = get_user_model()
    for annotator, record in people.items():
        user = users.objects.filter(username=usernames[annotator]).first()
        if user is None:
            user = users(username=usernames[annotator])
            user.set_unusable_password()
            user.save()
        fits = len(annotator) <= (_LONGEST_PSEUDONYM or 0)
        add_member(project=project, user=user, role=Role.ANNOTATOR, pseudonym=annotator if fits else "")
        if record["role"] in Role.values and record["role"] != Role.ANNOTATOR:
            add_member(project=project, user=user, role=record["role"])


def _guidelines(root: Path) -> str:
    """The text whose hash the annotations name; nothing where they name none."""
    text = (root / "guidelines.md").read_text(encoding="utf-8")
    wanted = {record["guideline_version"] for record in _records(root, "annotations")}
    for candidate in (
        text.removesuffix("\n"),
        text,
        text.replace("\n", "\r\n"),
        text.removesuffix("\n").replace("\n", "\r\n"),
    ):
        if guideline_version(candidate) in wanted:
            return candidate
    return "" if wanted <= {None} and text == written_guidelines(Project()) else text.removesuffix("\n")


def _notes(root: Path, manifest: Mapping[str, Any], restored: Restored, result: RestoredRelease) -> list[str]:
    """What the project has not, or has otherwise, because a release does not hold it."""
    notes = []
    renamed = sum(key != article.uuid for key, article in restored.articles.items())
    if renamed:
        notes.append(f"{renamed} articles were here under another uuid and keep it.")
    if manifest["excluded"]:
        notes.append(f"{len(manifest['excluded'])} articles left out of the project are not in the release.")
    if any(True for _ in _records(root, "adjudicated")):
        notes.append("Adjudicated spans were not taken.")
    if "switches" not in manifest:
        notes.append("The release does not say which labels were switched on; the codebook's own setting is used.")
    if result.readings.rejected:
        notes.append(f"{len(result.readings.rejected)} entries were not taken.")
    return notes


def _records(root: Path, name: str) -> Iterator[dict[str, Any]]:
    with (root / "data" / f"{name}.jsonl").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield json.loads(line)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotRestorableError(f"{path} cannot be read: {error}") from error


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
