"""The least valid object of each kind, made with the plain ORM; whatever matters to a test is named by that test.

Every function takes the model's fields as keywords over its own defaults. Made names bear a running number, so two
calls never collide on a unique field.
"""

import copy
import hashlib
import itertools
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils import timezone

from annotate.codebook import content_sha256, parse_codebook
from annotate.models import (
    ApiToken,
    Codebook,
    Label,
    Membership,
    Project,
    ProjectArticle,
    RelationAnnotation,
    SpanAnnotation,
    Task,
)
from annotate.operations.api_tokens import digest_of
from corpus.models import Article, Outlet, Story

PASSWORD = "a-long-passphrase-of-tests"
TEXT = (
    "Thousands walk north\n\n"
    "About 7,500 people left the town on Sunday, officials said.\n\n"
    "“We only want to work,” said María López, who carried a child. 😀 The line grew to 8,000 by noon."
)

_numbers = itertools.count(1)

_CODEBOOK: dict[str, Any] = {
    "name": "small",
    "version": "1.0",
    "title": "Two layers for tests",
    "layers": [
        {
            "code": "FRAMING",
            "name": "Framing",
            "labels": [
                {
                    "code": "FRAME",
                    "name": "Frame",
                    "definition": "A span that cues one dimension of the issue.",
                    "include": ["the shortest phrase that cues it"],
                    "exclude": ["a mere mention of the topic"],
                    "example": "an invasion",
                    "colour": "#7c3aed",
                    "shortcut": "f",
                    "enabled": True,
                    "attributes": [
                        {
                            "name": "dimension",
                            "title": "Dimension",
                            "type": "choice",
                            "many": False,
                            "required": True,
                            "default": None,
                            "values": [
                                {"code": "economic", "title": "Economic", "definition": "Costs and benefits."},
                                {"code": "security", "title": "Security", "definition": "Threats and protection."},
                            ],
                        }
                    ],
                }
            ],
        },
        {
            "code": "SOURCES",
            "name": "Sources",
            "labels": [
                {
                    "code": "SOURCE",
                    "name": "Source",
                    "definition": "Whom content is attributed to.",
                    "include": [],
                    "exclude": [],
                    "example": "officials",
                    "colour": "#0369a1",
                    "shortcut": "s",
                    "enabled": True,
                    "attributes": [],
                },
                {
                    "code": "CONTENT",
                    "name": "Content",
                    "definition": "What is attributed.",
                    "include": [],
                    "exclude": [],
                    "example": "About 7,500 people left the town",
                    "colour": "#0f766e",
                    "shortcut": "c",
                    "enabled": True,
                    "attributes": [],
                },
                {
                    "code": "QUANTITY",
                    "name": "Quantity",
                    "definition": "A count or measurement that is claimed.",
                    "include": [],
                    "exclude": [],
                    "example": "About 7,500",
                    "colour": "#b45309",
                    "shortcut": "q",
                    "enabled": True,
                    "attributes": [
                        {
                            "name": "value",
                            "title": "Value",
                            "type": "number",
                            "many": False,
                            "required": False,
                            "default": None,
                            "values": [],
                        }
                    ],
                },
            ],
        },
    ],
    "relations": [
        {
            "type": "ATTRIBUTED_TO",
            "title": "attributed to",
            "from": ["CONTENT", "QUANTITY"],
            "to": ["SOURCE"],
            "min": 0,
            "max": 1,
        }
    ],
    "rules": [],
    "questions": [],
}


def codebook_content(**changes: Any) -> dict[str, Any]:
    """A fresh copy of the small codebook's JSON with top-level keys replaced."""
    return copy.deepcopy(_CODEBOOK) | changes


@cache
def _password_hash() -> str:
    """Hashing is slow by intention: once a run is enough."""
    return make_password(PASSWORD)


def make_user(username: str = "", **fields: Any) -> User:
    """An active account with ``PASSWORD``."""
    user = get_user_model()(username=username or f"user{next(_numbers)}", **fields)
    user.password = _password_hash()
    user.save()
    return user


def make_token(user: User, *scopes: str, **fields: Any) -> str:
    """The key of a token; with all scopes unless some are named, in force for a day."""
    key = f"slw_test-{next(_numbers)}"
    defaults = {
        "name": key,
        "digest": digest_of(key),
        "hint": key[:8],
        "scopes": list(scopes or ApiToken.Scope.values),
        "expires_at": timezone.now() + timedelta(days=1),
    }
    ApiToken.objects.create(user=user, **defaults | fields)
    return key


def make_outlet(name: str = "", **fields: Any) -> Outlet:
    number = next(_numbers)
    return Outlet.objects.create(**{"name": name or f"Outlet {number}", "slug": f"outlet-{number}"} | fields)


def make_story(slug: str = "", **fields: Any) -> Story:
    return Story.objects.create(slug=slug or f"story-{next(_numbers)}", **fields)


def make_article(
    text: str | None = None, outlet: Outlet | None = None, story: Story | None = None, **fields: Any
) -> Article:
    """An article whose raw form is its text; what stands before the first blank line is the headline."""
    body = f"Report {next(_numbers)}\n\n{TEXT}" if text is None else text
    title, blank, _ = body.partition("\n\n")
    zones = [{"zone": "headline", "start": 0, "end": len(title)}] if blank else []
    start = len(title) + 2 if blank else 0
    defaults = {
        "title": title[:1000] if blank else "",
        "language": "en",
        "raw": body,
        "raw_fields": [{"name": "text", "start": 0, "end": len(body)}],
        "text": body,
        "segments": [{"raw_start": 0, "raw_end": len(body), "text_start": 0, "text_end": len(body)}],
        "zones": [*zones, {"zone": "body", "start": start, "end": len(body)}],
        "text_sha256": hashlib.sha256(body.encode()).hexdigest(),
        "fingerprint": hashlib.sha256(" ".join(body.casefold().split()).encode()).hexdigest(),
        "n_chars": len(body),
        "cleaner_version": "test",
    }
    return Article.objects.create(outlet=outlet, story=story, **defaults | fields)


def make_codebook(content: Mapping[str, Any] | None = None, **fields: Any) -> Codebook:
    """A codebook with its labels: FRAME, SOURCE, CONTENT and QUANTITY in two layers, unless ``content`` says else."""
    data = parse_codebook(codebook_content(name=f"small-{next(_numbers)}") if content is None else content)
    defaults = {
        "name": data["name"],
        "version": data["version"],
        "title": data.get("title", ""),
        "content": data,
        "sha256": content_sha256(data),
    }
    codebook = Codebook.objects.create(**defaults | fields)
    labels = [(layer["code"], label) for layer in data["layers"] for label in layer["labels"]]
    Label.objects.bulk_create(
        Label(codebook=codebook, code=label["code"], name=label["name"], layer=layer, index=index)
        for index, (layer, label) in enumerate(labels)
    )
    return codebook


def make_project(
    codebook: Codebook | None = None,
    articles: Iterable[Article] = (),
    members: Mapping[User, str | Sequence[str]] | None = None,
    state: str = "open",
    **fields: Any,
) -> Project:
    """A project with its articles and members (user → role or roles), and no tasks: see ``make_task``."""
    number = next(_numbers)
    defaults: dict[str, Any] = {"slug": f"project-{number}", "title": f"Project {number}"}
    project = Project.objects.create(codebook=codebook or make_codebook(), state=state, **defaults | fields)
    ProjectArticle.objects.bulk_create(ProjectArticle(project=project, article=article) for article in articles)
    for user, roles in (members or {}).items():
        for role in [roles] if isinstance(roles, str) else roles:
            make_member(project, user, role)
    return project


def make_member(project: Project, user: User, role: str = "annotator", **fields: Any) -> Membership:
    return Membership.objects.create(project=project, user=user, role=role, **fields)


def make_task(
    project: Project, article: Article | None = None, annotator: User | None = None, state: str = "", **fields: Any
) -> Task:
    """A task in the article's next free slot: open without an annotator, else claimed. Puts the article in the project."""
    article = article or project.articles.first() or make_article()
    ProjectArticle.objects.get_or_create(project=project, article=article)
    state = state or ("claimed" if annotator else "open")
    if state != "open" and annotator is None:
        annotator = make_user()
    now = timezone.now()
    taken = set(Task.objects.filter(project=project, article=article).live().values_list("slot", flat=True))
    defaults: dict[str, Any] = {
        "codebook_id": project.codebook_id,
        "slot": next(slot for slot in itertools.count(1) if slot not in taken),
        "position": (next(_numbers) * 0.618034) % 1,
    }
    if state != "open":
        defaults["claimed_at"] = now
    if state == "claimed":
        defaults["lease_expires"] = now + timedelta(minutes=project.lease_minutes)
    if state in {"submitted", "returned"}:
        defaults["submitted_at"] = now
    if state in {"skipped", "expired", "handed_back"}:
        defaults["closed_at"] = now
    if state == "skipped":
        defaults["reason"] = "not a news article"
    return Task.objects.create(project=project, article=article, annotator=annotator, state=state, **defaults | fields)


def make_mark(task: Task, label: str, start: int, end: int, **attributes: Any) -> SpanAnnotation:
    """A mark over [start, end) of the task's article; further keywords become its attributes."""
    return SpanAnnotation.objects.create(
        id=uuid.uuid4(),
        task=task,
        codebook_id=task.codebook_id,
        label=Label.objects.get(codebook=task.codebook_id, code=label),
        start=start,
        end=end,
        fragments=[[start, end]],
        quote=task.article.text[start:end],
        attributes=attributes,
    )


def make_relation(
    from_span: SpanAnnotation, to_span: SpanAnnotation, type: str = "ATTRIBUTED_TO"
) -> RelationAnnotation:
    return RelationAnnotation.objects.create(
        id=uuid.uuid4(), task=from_span.task, type=type, from_span=from_span, to_span=to_span
    )


def make_reading(
    project: Project, article: Article, user: User, marks: Iterable[tuple[str, int, int]] = (), **fields: Any
) -> Task:
    """A submitted task with marks (label, start, end); without marks it is "read, nothing marked"."""
    task = make_task(project, article, user, state="submitted", **fields)
    for label, start, end in marks:
        make_mark(task, label, start, end)
    return task
