"""The sample project: five articles on one caravan, three annotators who differ, and work left to do.

Everything goes in by the operations that people's requests use. Loading it again changes nothing.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from annotate.models import Project, Role, Task
from annotate.operations.codebooks import save_codebook
from annotate.operations.figures import compute_project
from annotate.operations.marks import apply_operations
from annotate.operations.projects import add_articles, add_member, create_project
from annotate.operations.tasks import claim_task, submit_task
from corpus.models import Article
from corpus.operations.imports import import_rows
from corpus.readers import read, sources_of

PASSWORD = "slantwise-demo"  # noqa: S105 - public, and refused where DEBUG is off
SLUG = "caravan"
TITLE = "Five voices on one caravan"
FIXTURES = Path(settings.BASE_DIR, "fixtures")
ANNOTATIONS = FIXTURES / "annotations" / "caravan.jsonl"
CODEBOOK = FIXTURES / "codebooks" / "media-framing-3.json"
ARTICLES = FIXTURES / "articles.jsonl"
COMPLETE = "complete"

GUIDELINES = """\
## What this is about

Five outlets report on one event. Mark **what the text does**, not what you think of it, and not what you think of the
outlet: you are not told who published it.

- Keep a span as short as possible and as long as necessary; it may overlap others.
- **Frame**: the shortest phrase that shows a perspective on the issue. A mere mention is none.
- **Lexical bias**: wording that could be put neutrally. **Informational bias**: a fact chosen to sway.
- **Source** and **content**: link what is said to who says it.
- **Quantity**: every figure that is claimed, linked to its source; tick *unattributed* where none is named.

When in doubt, mark it as *unsure* and say why in the comment.
"""


@dataclass(frozen=True)
class Account:
    username: str
    first_name: str
    last_name: str
    role: str
    says: str


ACCOUNTS = (
    Account("admin", "Alex", "Adler", "", "superuser: everything, and the admin"),
    Account("mara", "Mara", "Lindqvist", Role.ANNOTATOR, "annotator"),
    Account("noor", "Noor", "Haddad", Role.ANNOTATOR, "annotator"),
    Account("ivo", "Ivo", "Petrov", Role.ANNOTATOR, "annotator, with a task begun"),
    Account("ada", "Ada", "Okafor", Role.ADJUDICATOR, "adjudicator"),
    Account("rui", "Rui", "Tavares", Role.RESEARCHER, "researcher: agreement and releases"),
)


class DemoRefusedError(ImproperlyConfigured):
    """The demo's accounts have public passwords: they are made only where DEBUG is on."""


@transaction.atomic
def load_demo() -> list[tuple[str, str, str]]:
    """Make what is missing of the sample accounts and the project ``caravan``; (username, password, role) to print.

    Raises DemoRefusedError where DEBUG is off.
    """
    if not settings.DEBUG:
        raise DemoRefusedError("DEBUG is off: the demo makes accounts with public passwords. Set DEBUG=1 to run it.")
    users = {account.username: _account(account) for account in ACCOUNTS}
    if not Project.objects.filter(slug=SLUG).exists():
        _project(users, timezone.now())
        # The worker would do it in a moment; the first look should find the figures there.
        compute_project(project=Project.objects.get(slug=SLUG))
    return [(account.username, PASSWORD, account.says) for account in ACCOUNTS]


def _account(account: Account) -> User:
    """The account, made with the demo's password if it is missing; one that is there keeps its own."""
    users = get_user_model()
    known = users.objects.filter(username=account.username).first()
    if known is not None:
        return known
    make = users.objects.create_user if account.role else users.objects.create_superuser
    return make(account.username, password=PASSWORD, first_name=account.first_name, last_name=account.last_name)


def _project(users: dict[str, User], now: datetime) -> None:
    """The project with its readings. Articles come in one by one, so that each claim can give only the one wanted."""
    codebook, _ = save_codebook(content=json.loads(CODEBOOK.read_text(encoding="utf-8")))
    result = import_rows(
        rows=read(sources_of([ARTICLES])),
        source=ARTICLES.name,
        format="jsonl",
        story=SLUG,
        created_by=users["admin"],
        now=now,
    )
    articles = {article.external_id: article for article in Article.objects.filter(uuid__in=result.articles)}
    project = create_project(
        slug=SLUG,
        title=TITLE,
        codebook=codebook,
        annotators_per_article=3,
        blind_fields=("outlet", "byline", "date", "url"),
        guidelines=GUIDELINES,
        members=[(users[account.username], account.role) for account in ACCOUNTS if account.role],
    )
    add_member(project=project, user=users["admin"], role=Role.MANAGER)
    for external_id, readings in _by_article(_readings()):
        add_articles(project=project, articles=[articles[external_id]])
        for reading in readings:
            _read(project, users[reading["annotator"]], reading, now)
    add_articles(project=project, articles=articles.values())


def _readings() -> Iterator[dict[str, Any]]:
    for line in ANNOTATIONS.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _by_article(readings: Iterator[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for reading in readings:
        groups.setdefault(reading["article"], []).append(reading)
    return list(groups.items())


def _read(project: Project, user: User, reading: dict[str, Any], now: datetime) -> None:
    """Claim the article, mark it as the fixture says, submit it if the reading is complete."""
    task = claim_task(project=project, user=user, now=now)
    if task is None or task.article.external_id != reading["article"]:
        raise ImproperlyConfigured(f"{user} was not given {reading['article']}: is fixtures/annotations in its order?")
    operations = operations_of(reading, task)
    outcome = apply_operations(uuid=task.uuid, user=user, base_revision=0, operations=operations, now=now)
    if outcome.refused:
        raise ImproperlyConfigured(f"{reading['article']} by {user}: {outcome.refused[0]}")
    if reading["status"] == COMPLETE:
        submit_task(task=task, user=user, revision=outcome.revision, now=now)


def operations_of(reading: dict[str, Any], task: Task) -> list[dict[str, Any]]:
    """The operations that make a reading's marks and relations, with quotes resolved to code points."""
    text = task.article.text
    ids = [str(uuid.uuid4()) for _ in reading["spans"]]
    marks = [
        _operation("add", key, _span(span, text, f"{reading['article']} by {reading['annotator']}"))
        for key, span in zip(ids, reading["spans"], strict=True)
    ]
    relations = [
        _operation(
            "relate",
            str(uuid.uuid4()),
            {"type": relation["type"], "from_span": ids[relation["from"]], "to_span": ids[relation["to"]]},
        )
        for relation in reading["relations"]
    ]
    return marks + relations


def _operation(kind: str, target: str, after: dict[str, Any]) -> dict[str, Any]:
    return {
        "op_id": str(uuid.uuid4()),
        "kind": kind,
        "target": target,
        "before": None,
        "after": after,
        "undoes": None,
    }


def _span(span: dict[str, Any], text: str, where: str) -> dict[str, Any]:
    start, end = locate(text, span["quote"], span["occurrence"], where)
    return {
        "label": span["label"],
        "start": start,
        "end": end,
        "fragments": [[start, end]],
        "quote": span["quote"],
        "attributes": span["attributes"],
        "unsure": span.get("unsure", False),
        "confidence": None,
        "comment": span.get("comment", ""),
    }


def locate(text: str, quote: str, occurrence: int, where: str) -> Sequence[int]:
    """[start, end) of the ``occurrence``-th time (from 1) that ``quote`` stands in ``text``, in code points."""
    start = -1
    for _ in range(occurrence):
        start = text.find(quote, start + 1)
        if start < 0:
            raise ImproperlyConfigured(f"{where}: {quote!r} does not stand {occurrence} times in the article.")
    return start, start + len(quote)
