"""The API for tasks: who gets what, and that no body whatever makes an error of ours."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate.models import Project, SpanAnnotation, Task
from annotate.operations.marks import apply_operations
from annotate.operations.projects import add_articles
from annotate.operations.tasks import claim_task, ensure_slots
from annotate.state import read_state
from tests.factories import make_article, make_member, make_outlet, make_project, make_token, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CANARY = "CanaryGazette"


@pytest.fixture
def task() -> Task:
    return claimed_task()


@pytest.fixture
def annotator(task: Task) -> Client:
    return signed_in(task)


def claimed_task(articles: int = 2, **fields: Any) -> Task:
    outlet = make_outlet(name=f"{CANARY} {uuid.uuid4()}")
    made = [
        make_article(outlet=outlet, byline=CANARY, url=f"https://canary.example/{uuid.uuid4()}")
        for _ in range(articles)
    ]
    project = make_project(articles=made, annotators_per_article=1, **fields)
    ensure_slots(project=project)
    user = make_user()
    make_member(project, user)
    task = claim_task(project=project, user=user, now=NOW)
    assert task is not None
    return task


def signed_in(task: Task) -> Client:
    client = Client()
    assert task.annotator is not None
    client.force_login(task.annotator)
    return client


def url(task: Task, action: str = "") -> str:
    return f"/api/v1/tasks/{task.uuid}/" + (f"{action}/" if action else "")


def post(client: Client, address: str, body: Any) -> Any:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(address, content, content_type="application/json")


def mark(task: Task, start: int = 0, end: int = 6, label: str = "SOURCE") -> dict[str, Any]:
    return {
        "op_id": str(uuid.uuid4()),
        "kind": "add",
        "target": str(uuid.uuid4()),
        "before": None,
        "after": {"label": label, "start": start, "end": end, "quote": task.article.text[start:end]},
        "undoes": None,
    }


def batch(*operations: Any, base: int = 0) -> dict[str, Any]:
    return {"base_revision": base, "operations": list(operations)}


def test_claim_gives_the_state_of_the_task_in_hand(task: Task, annotator: Client):
    answer = annotator.post(f"/api/v1/projects/{task.project.slug}/claim/")
    assert (answer.status_code, answer.json()["task"], answer.json()["state"]) == (200, str(task.uuid), "claimed")


def test_claim_says_when_nothing_is_left():
    task = claimed_task(articles=1)
    annotator = signed_in(task)
    post(annotator, url(task, "skip"), {"reason": "paywall"})
    answer = annotator.post(f"/api/v1/projects/{task.project.slug}/claim/")
    assert (answer.status_code, answer.json()["task"], answer.json()["code"]) == (200, None, "nothing_left")


def test_claim_says_when_the_project_is_not_open(task: Task, annotator: Client):
    Project.objects.update(state="closed")
    answer = annotator.post(f"/api/v1/projects/{task.project.slug}/claim/")
    assert (answer.status_code, answer.json()["code"]) == (200, "project_not_open")


def test_claim_tells_strangers_and_other_roles_that_there_is_no_such_project(task: Task):
    researcher = make_user()
    make_member(task.project, researcher, "researcher")
    for user in (make_user(), researcher):
        client = Client()
        client.force_login(user)
        assert client.post(f"/api/v1/projects/{task.project.slug}/claim/").status_code == 404


def test_the_state_has_what_labelling_needs(task: Task, annotator: Client):
    state = annotator.get(url(task)).json()
    assert set(state) == {
        "task", "state", "revision", "user", "username", "project", "lease_expires", "active_seconds", "note", "article",
        "article_meta", "codebook", "spans", "relations", "answers", "history", "progress",
        "quantities",
    }  # fmt: skip
    assert state["progress"] == {"submitted": 0, "total": 2}
    assert state["user"] != str(task.annotator_id)
    text = state["article"]["text"]
    assert [text[start:end] for start, end in state["article"]["paragraphs"]] == text.split("\n\n")
    assert len(state["article"]["words"]) % 2 == 0
    assert state["article_meta"]["byline"] == CANARY


def test_the_state_of_a_blind_project_is_built_from_the_allow_list():
    task = claimed_task(blind_fields=["outlet"])
    answer = signed_in(task).get(url(task))
    assert CANARY not in answer.content.decode()
    assert "canary.example" not in answer.content.decode()
    assert set(answer.json()["article"]) == {
        "text", "language", "n_chars", "text_sha256", "zones", "paragraphs", "words", "sentences",
    }  # fmt: skip
    assert "article_meta" not in answer.json()


def test_an_operation_saved_is_in_the_state_with_its_history(task: Task, annotator: Client):
    operation = mark(task)
    answer = post(annotator, url(task, "operations"), batch(operation))
    assert answer.json() == {"revision": 1, "applied": [operation["op_id"]], "refused": []}
    state = annotator.get(url(task)).json()
    assert [span["id"] for span in state["spans"]] == [operation["target"]]
    assert [(entry["op_id"], entry["kind"]) for entry in state["history"]] == [(operation["op_id"], "add")]
    assert state["history"][0]["after"]["spans"] == {operation["target"]: state["spans"][0]}


def test_the_history_goes_back_to_the_beginning_of_a_gesture(task: Task, annotator: Client, monkeypatch: Any):
    monkeypatch.setattr("annotate.state.HISTORY", 3)
    operations = [mark(task) for _ in range(6)]
    for operation in operations[1:4]:
        operation["op_id"] = operation["op_id"][:24] + "5eed5eed5eed"
    post(annotator, url(task, "operations"), batch(*operations))
    history = [entry["op_id"] for entry in annotator.get(url(task)).json()["history"]]
    assert history == [operation["op_id"] for operation in operations[1:]]
    post(annotator, url(task, "operations"), batch(mark(task)))
    assert len(annotator.get(url(task)).json()["history"]) == 3


def test_relations_and_answers_are_in_the_state(task: Task, annotator: Client):
    content, source = mark(task, label="CONTENT"), mark(task)
    after = {"type": "ATTRIBUTED_TO", "from_span": content["target"], "to_span": source["target"]}
    relation = {**mark(task), "kind": "relate", "after": after}
    assert post(annotator, url(task, "operations"), batch(content, source, relation)).json()["refused"] == []
    assert annotator.get(url(task)).json()["relations"] == [{"id": relation["target"], **after}]


def test_a_conflict_answers_with_the_state_as_it_stands(task: Task, annotator: Client):
    operation = mark(task)
    post(annotator, url(task, "operations"), batch(operation))
    stale = {**operation, "op_id": str(uuid.uuid4()), "kind": "delete", "before": {"comment": "x"}, "after": None}
    answer = post(annotator, url(task, "operations"), batch(stale, base=1))
    assert (answer.status_code, answer.json()["revision"]) == (409, 1)
    assert answer.json()["state"] == annotator.get(url(task)).json()


def test_operations_on_a_submitted_task_are_refused_with_the_state(task: Task, annotator: Client):
    post(annotator, url(task, "submit"), {"revision": 0})
    answer = post(annotator, url(task, "operations"), batch(mark(task)))
    assert answer.status_code == 200
    assert [entry["code"] for entry in answer.json()["refused"]] == ["task_submitted"]
    assert answer.json()["state"]["state"] == "submitted"


def test_late_operations_are_kept_and_the_answer_says_so(task: Task, annotator: Client):
    post(annotator, url(task, "skip"), {"reason": "paywall"})
    answer = post(annotator, url(task, "operations"), batch(mark(task)))
    assert (answer.json()["late"], answer.json()["state"]["state"]) == (True, "skipped")
    assert len(answer.json()["applied"]) == 1


def test_submit_leads_to_the_next_task_and_then_to_none(task: Task, annotator: Client):
    answer = post(annotator, url(task, "submit"), {"revision": 0})
    following = Task.objects.get(state="claimed")
    assert answer.json() == {"next": f"/tasks/{following.uuid}/"}
    assert post(annotator, url(following, "submit"), {"revision": 0}).json() == {"next": None}


def test_submit_of_another_revision_answers_with_the_state(task: Task, annotator: Client):
    answer = post(annotator, url(task, "submit"), {"revision": 3})
    assert (answer.status_code, answer.json()["revision"], answer.json()["state"]["revision"]) == (409, 0, 0)


def test_submit_of_an_incomplete_task_lists_what_is_missing(task: Task, annotator: Client):
    operation = mark(task, label="FRAME")
    post(annotator, url(task, "operations"), batch(operation))
    answer = post(annotator, url(task, "submit"), {"revision": 1})
    assert answer.status_code == 422
    assert [(m["span"], m["code"]) for m in answer.json()["missing"]] == [(operation["target"], "attribute_missing")]


def test_skip_leads_to_the_next_task(task: Task, annotator: Client):
    answer = post(annotator, url(task, "skip"), {"reason": "not a news article"})
    assert answer.json() == {"next": f"/tasks/{Task.objects.get(state='claimed').uuid}/"}


def test_hand_back_opens_the_slot(task: Task, annotator: Client):
    assert annotator.post(url(task, "hand_back")).json() == {"next": None}
    assert sorted(Task.objects.values_list("state", flat=True)) == ["handed_back", "open", "open"]


def test_renew_says_until_when_the_task_is_held(task: Task, annotator: Client):
    answer = post(annotator, url(task, "renew"), {})
    task.refresh_from_db()
    assert answer.json()["state"] == "claimed"
    assert datetime.fromisoformat(answer.json()["lease_expires"]) == task.lease_expires


ENDPOINTS = [("get", ""), ("post", "operations"), ("post", "submit"), ("post", "skip"), ("post", "renew"),
             ("post", "hand_back")]  # fmt: skip
BODY = {"base_revision": 0, "operations": [], "revision": 0, "reason": "x"}


@pytest.mark.parametrize(("method", "action"), ENDPOINTS)
def test_another_persons_task_is_not_found(task: Task, method: str, action: str):
    stranger = make_user()
    make_member(task.project, stranger)
    client = Client()
    client.force_login(stranger)
    answer = client.generic(method.upper(), url(task, action), json.dumps(BODY), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(("method", "action"), ENDPOINTS)
def test_signed_out_is_401_in_json(task: Task, method: str, action: str):
    answer = Client().generic(method.upper(), url(task, action), json.dumps(BODY), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert "Location" not in answer.headers


def test_a_missing_csrf_token_is_403_in_json_with_its_own_code(task: Task):
    client = Client(enforce_csrf_checks=True)
    client.force_login(task.annotator)
    answer = post(client, url(task, "operations"), batch())
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_a_token_signs_a_program_in_without_csrf(task: Task):
    key = make_token(task.annotator)
    for scheme in ("Token", "Bearer"):
        client = Client(enforce_csrf_checks=True, headers={"Authorization": f"{scheme} {key}"})
        assert client.get(url(task)).status_code == 200
    assert post(client, url(task, "operations"), batch(mark(task))).json()["revision"] == 1


def test_answers_are_not_kept_by_caches(task: Task, annotator: Client):
    assert "no-store" in annotator.get(url(task)).headers["Cache-Control"]


BAD_BODIES: list[tuple[str, Any]] = [
    ("empty", b""),
    ("no-json", b"{"),
    ("list", []),
    ("number", 7),
    ("null", None),
    ("text", "operations"),
    ("nan", b'{"base_revision": NaN, "operations": []}'),
    ("infinity", b'{"base_revision": -Infinity, "operations": []}'),
    ("doubled-key", b'{"base_revision": 0, "base_revision": 0, "operations": []}'),
    ("not-utf-8", b'{"base_revision": 0, "operations": ["\xff"]}'),
    ("utf-16", '{"base_revision": 0}'.encode("utf-16")),
    ("many-digits", b'{"base_revision": ' + b"9" * 5000 + b', "operations": []}'),
    ("deep", b"[" * 100_000 + b"]" * 100_000),
    ("deep-object", b'{"a":' * 900 + b"1" + b"}" * 900),
    ("no-base", {"operations": []}),
    ("no-operations", {"base_revision": 0}),
    ("base-text", {"base_revision": "0", "operations": []}),
    ("base-true", {"base_revision": True, "operations": []}),
    ("base-float", {"base_revision": 1.5, "operations": []}),
    ("base-1e999", b'{"base_revision": 1e999, "operations": []}'),
    ("operations-object", {"base_revision": 0, "operations": {}}),
    ("operation-text", {"base_revision": 0, "operations": ["add"]}),
    ("operation-empty", {"base_revision": 0, "operations": [{}]}),
    ("surrogate-key", b'{"base_revision": 0, "operations": [{"\\ud800": 1}]}'),
    ("surrogate-kind", b'{"base_revision": 0, "operations": [{"op_id": "\\ud800", "kind": "\\udfff"}]}'),
    ("too-many", {"base_revision": 0, "operations": [{}] * 201}),
]


@pytest.mark.parametrize("body", [body for _, body in BAD_BODIES], ids=[name for name, _ in BAD_BODIES])
def test_a_body_of_the_wrong_shape_is_400_in_json(task: Task, annotator: Client, body: Any):
    answer = post(annotator, url(task, "operations"), body)
    assert answer.status_code == 400
    assert {"type", "title", "status", "detail", "code", "message"} <= set(answer.json())
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("submit", []),
        ("submit", {}),
        ("submit", {"revision": "0"}),
        ("submit", {"revision": None}),
        ("skip", {}),
        ("skip", {"reason": 7}),
        ("skip", {"reason": ""}),
        ("skip", b'{"reason": "\\ud800"}'),
        ("skip", {"reason": "\0"}),
    ],
)
def test_bad_submissions_and_skips_are_400(task: Task, annotator: Client, action: str, body: Any):
    assert post(annotator, url(task, action), body).status_code == 400
    task.refresh_from_db()
    assert task.state == "claimed"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1e999", "number_out_of_range"),
        ("-1e999", "number_out_of_range"),
        ("9007199254740993", "number_out_of_range"),
        ('"7"', "wrong_type"),
        ("[[[[7]]]]", "wrong_type"),
        ("{}", "wrong_type"),
    ],
)
def test_numbers_that_cannot_be_kept_are_refused(task: Task, annotator: Client, value: str, code: str):
    operation = mark(task, label="QUANTITY")
    operation["after"]["attributes"] = {"value": "HERE"}
    answer = post(annotator, url(task, "operations"), json.dumps(batch(operation)).replace('"HERE"', value))
    assert [entry["code"] for entry in answer.json()["refused"]] == [code]
    assert not SpanAnnotation.objects.exists()


def test_a_body_that_is_too_large_is_413(task: Task, annotator: Client, settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert post(annotator, url(task, "operations"), b" " * 1001).status_code == 413


def test_a_form_is_415(task: Task, annotator: Client):
    assert annotator.post(url(task, "operations"), {"base_revision": 0}).status_code == 415


def queries(run: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


def test_the_state_takes_the_same_queries_for_40_marks_as_for_one(task: Task):
    def read() -> None:
        read_state(uuid=task.uuid, user=user).as_json()

    user = task.annotator
    assert user is not None
    apply_operations(uuid=task.uuid, user=user, base_revision=0, operations=[mark(task)], now=NOW)
    read()
    one = queries(read)
    apply_operations(uuid=task.uuid, user=user, base_revision=1, operations=[mark(task) for _ in range(40)], now=NOW)
    assert queries(read) == one == 1


def test_saving_30_marks_over_http_takes_the_same_queries_as_one(task: Task, annotator: Client):
    post(annotator, url(task, "operations"), batch(mark(task)))  # the codebook is read once per process
    bodies = [batch(mark(task), base=1), batch(*[mark(task) for _ in range(30)], base=2)]
    one, thirty = (queries(lambda body=body: post(annotator, url(task, "operations"), body)) for body in bodies)
    # session with user; begin; lock and read; write; end
    assert one == thirty == 5


def test_who_has_the_state_already_is_told_so(task: Task, annotator: Client):
    first = annotator.get(url(task))
    assert first["ETag"].startswith('W/"')
    seen = {"If-None-Match": first["ETag"]}
    again = annotator.get(url(task), headers=seen)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    post(annotator, url(task, "renew"), {})
    assert annotator.get(url(task), headers=seen).status_code == 304
    post(annotator, url(task, "operations"), batch(mark(task)))
    changed = annotator.get(url(task), headers=seen)
    assert (changed.status_code, len(changed.json()["spans"])) == (200, 1)


def test_the_next_task_comes_with_its_state_where_that_is_preferred(task: Task, annotator: Client):
    articles = [make_article(f"Another\n\nThe town has {n} bridges.") for n in range(2)]
    add_articles(project=task.project, articles=articles)
    plain = annotator.post(url(task, "submit"), {"revision": 0}, content_type="application/json").json()
    assert set(plain) == {"next"}
    following = Task.objects.get(annotator=task.annotator, state="claimed")
    answer = annotator.post(
        url(following, "submit"),
        {"revision": 0},
        content_type="application/json",
        headers={"Prefer": "return=representation"},
    ).json()
    last = Task.objects.get(annotator=task.annotator, state="claimed")
    assert answer["next"] == f"/tasks/{last.uuid}/"
    assert answer["state"] == annotator.get(url(last)).json() | {"lease_expires": answer["state"]["lease_expires"]}


def test_the_time_worked_goes_with_any_request_that_ends_or_changes_a_task(task: Task, annotator: Client):
    Task.objects.filter(pk=task.pk).update(claimed_at=timezone.now() - timedelta(minutes=10))
    post(annotator, url(task, "operations"), {**batch(mark(task)), "active_seconds": 200})
    assert annotator.get(url(task)).json()["active_seconds"] == 200
    post(annotator, url(task, "submit"), {"revision": 1, "active_seconds": 100_000})
    task.refresh_from_db()
    assert 600 <= task.active_seconds < 660


@pytest.mark.parametrize("action", ["renew", "hand_back"])
def test_renewing_and_handing_back_tell_the_time_worked_too(task: Task, annotator: Client, action: str):
    Task.objects.filter(pk=task.pk).update(claimed_at=timezone.now() - timedelta(hours=1))
    assert post(annotator, url(task, action), {"active_seconds": 77}).status_code == 200
    task.refresh_from_db()
    assert task.active_seconds == 77


@pytest.mark.parametrize("seconds", [-1, 1.5, "7", True])
def test_a_time_worked_of_the_wrong_shape_is_400(task: Task, annotator: Client, seconds: Any):
    answer = post(annotator, url(task, "submit"), {"revision": 0, "active_seconds": seconds})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_shape")
