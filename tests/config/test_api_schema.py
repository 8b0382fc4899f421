"""The API's description is valid OpenAPI 3.1, and the API keeps to it whatever it is sent, by whomever.

Each operation is asked as each kind of person, every request by the manager and by one of the others in turn: requests
that fit the description and ones that do not, for things that there are and for things that there are not.
``API_FUZZ_EXAMPLES=200`` looks longer.
"""

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from annotate.models import AnnotationImport, ProjectAgreement
from annotate.operations.figures import compute_project
from annotate.operations.scoring import refresh_article
from config.wsgi import application
from corpus.models import ImportBatch, ImportIssue
from release.models import Release
from tests.factories import (
    make_article,
    make_mark,
    make_member,
    make_outlet,
    make_project,
    make_reading,
    make_story,
    make_task,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "5"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OTHERS = ("annotator", "researcher", "stranger")
PEOPLE = ("manager", *OTHERS)
# What a stranger may be told: their own lists are empty, their own settings are theirs.
STRANGERS_OWN = {"/api/v1/projects/", "/api/v1/tasks/", "/api/v1/me/settings/"}

schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
load_all_checks()


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """Requests in this process must not close the connection that the test's transaction is on (as in Django's client)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(tmp_path: Path, settings: Any, _kept_connection: None) -> dict[str, Any]:
    """A project with a bit of everything, the keys of its things, and a token for each kind of person."""
    settings.RELEASE_ROOT = tmp_path
    settings.API_RATES = dict.fromkeys(settings.API_RATES, 0)
    people = {role: make_user(role) for role in PEOPLE}
    members = {people[role]: role for role in PEOPLE if role != "stranger"}
    story = make_story("walk", title="The walk")
    articles = [make_article(outlet=make_outlet(), story=story, byline="A. Writer") for _ in range(3)]
    project = make_project(articles=articles, members=members, slug="fuzzed")
    other = make_user()
    make_member(project, other)
    for user in (people["annotator"], other):
        reading = make_reading(project, articles[0], user, [("SOURCE", 0, 6)])
    task = make_task(project, articles[1], people["annotator"])
    make_mark(task, "QUANTITY", 22, 33, value=7500)
    refresh_article(project=project, article=articles[0])
    compute_project(project=project, now=timezone.now())
    release = Release.objects.create(
        project=project, version="1.0.0", state="built", sha256="0" * 64, built_at=timezone.now(), manifest={"a": 1}
    )
    (tmp_path / project.slug / release.version).mkdir(parents=True)
    (tmp_path / project.slug / release.version / "manifest.json").write_text("{}\n")
    batch = ImportBatch.objects.create(source="a.jsonl", format="jsonl", state="failed", created_by=people["manager"])
    ImportIssue.objects.create(batch=batch, source="a.jsonl", line=3, code="no_text", message="There is no text.")
    upload = AnnotationImport.objects.create(
        project=project,
        format="slantwise",
        state="checked",
        result={"created": 1, "unknown": {"Sources": {"kind": "label", "count": 2, "nearest": ["SOURCE"]}}},
        n_rejected=1,
    )
    remedy = {"kind": "make_member", "values": {}}
    upload.issues.create(source="a.jsonl", line=3, code="not_an_annotator", message="No annotator.", remedy=remedy)
    assert ProjectAgreement.objects.get(project=project).metrics
    return {
        # Used just now: else each request would note that it was, and take it back.
        "keys": {role: make_token(user, last_used_at=timezone.now()) for role, user in people.items()},
        "paths": {
            "slug": project.slug,
            "story": story.slug,
            "version": release.version,
            "pk": batch.pk,
            "upload": upload.pk,
            "path": "manifest.json",
            "annotations": str(reading.uuid),
            "articles": str(articles[1].uuid),
            "tasks": str(task.uuid),
        },
    }


def parameters(path: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Of a path's variables those of the things there are; ``uuid`` names another kind under each collection."""
    found = {
        name: known[name] for name in ("slug", "story", "version", "pk", "upload", "path") if f"{{{name}}}" in path
    }
    if "{uuid}" in path:
        found["uuid"] = known[path.split("/{uuid}")[0].rsplit("/", 1)[1]]
    return found


@pytest.mark.slow
def test_every_answer_is_as_described_to_everybody(world: dict[str, Any]) -> None:
    asked: dict[str, set[int]] = {who: set() for who in PEOPLE}
    wrong: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        known = parameters(operation.path, world["paths"])
        for mode in schemathesis.GenerationMode:
            for fixed in [known, {}] if known else [{}]:
                try:
                    _ask(operation, mode, fixed, world["keys"], asked)
                except (AssertionError, BaseExceptionGroup) as error:
                    wrong.append(f"{operation.label}: {said(error)}")
    assert "\n\n".join(wrong) == ""
    # It reached what it should: what there is for members, and nothing for strangers.
    assert {200, 202, 400, 404, 409} <= asked["manager"]
    assert {200, 400, 404, 409} <= asked["annotator"]
    assert {200, 400, 404} <= asked["stranger"] <= {200, 400, 404, 413, 415}


def said(error: BaseException) -> str:
    """The failures of one answer, as schemathesis groups them."""
    inner = getattr(error, "exceptions", ())
    return "\n".join(said(one) for one in inner) if inner else str(error)


def _ask(operation: Any, mode: Any, fixed: dict[str, Any], keys: dict[str, str], asked: dict[str, set[int]]) -> None:
    turns = itertools.cycle(OTHERS)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        # Shrinking costs many requests; what failed is printed as it was.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=fixed or None))
    def ask(case: Any) -> None:
        for who in ("manager", next(turns)):
            key = keys[who]
            with transaction.atomic():
                response = case.call(headers={"Authorization": f"Bearer {key}"})
                transaction.set_rollback(True)
            asked[who].add(response.status_code)
            case.validate_response(response, checks=CHECKS)
            if who == "stranger" and operation.path not in STRANGERS_OWN:
                assert response.status_code in (400, 404, 413, 415), response.status_code

    ask()


def test_the_schema_is_valid_openapi_3_1_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    described = json.loads(out.getvalue())
    assert described["openapi"].startswith("3.1")
    assert {operation["tags"][0] for path in described["paths"].values() for operation in path.values()} == {
        "projects", "articles", "stories", "tasks", "annotations", "agreement", "releases", "imports", "settings",
    }  # fmt: skip


def test_the_schema_is_served_to_everybody_and_kept(client: Client) -> None:
    first = client.get("/api/schema/")
    assert first.status_code == 200
    assert first.content.startswith(b"openapi: 3.1")
    assert client.get("/api/schema/", headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert json.loads(client.get("/api/schema/?format=json").content)["openapi"].startswith("3.1")


@pytest.mark.parametrize("rest", ["nowhere/", "nowhere", "projects/a%0Ab/", "%0A", "projects/%FF/"])
def test_an_address_that_there_is_not_is_answered_as_the_api_answers(client: Client, rest: str) -> None:
    answer = client.get(f"/api/v1/{rest}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert client.post(f"/api/v1/{rest}").json()["code"] == "not_found"
