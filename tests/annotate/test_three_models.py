"""The page's model (store.js), the server's (annotate.marking) and the database say the same after every operation.

Hypothesis makes sequences of what an annotator does, and of what goes wrong: a second window writes in between, an
operation is sent twice, its ``before`` is stale, the server refuses it, the page is reloaded.
"""

import itertools
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotate.enabled import enabled_codebook
from annotate.errors import Conflict, Refusal
from annotate.marking import Logged, Marking, Stale, read_operations
from annotate.models import Membership, Operation, Project, Task
from annotate.operations.marks import Outcome, apply_operations
from annotate.rows import Rows, load_rows
from annotate.state import read_state
from tests.factories import codebook_content, make_article, make_codebook, make_project, make_task, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.node]

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = "Crowd 😀 grows\n\nAbout 7,500 people left, officials said on Sunday. “We go on,” they said."
LABELS = ["SOURCE", "CONTENT", "QUANTITY", "FRAME"]
QUESTIONS = [
    {
        "code": code,
        "title": code,
        "type": "choice",
        "many": False,
        "required": False,
        "values": [{"code": "pro", "title": "pro"}, {"code": "anti", "title": "anti"}],
    }
    for code in ("tone", "stance")
]
DRIVER = Path(__file__).resolve().parents[1] / "js" / "store_driver.mjs"
LEFT_TO_THE_SERVER = {"relation_ends", "quote_mismatch", "unknown_label", "unknown_attribute"}
_prefixes = itertools.count(int.from_bytes(os.urandom(3)))

small = st.integers(0, 5)  # which of the rows that stand, modulo their number
places = st.tuples(st.integers(0, len(TEXT) - 12), st.integers(1, 11)).map(lambda p: (p[0], p[0] + p[1]))
labels = st.sampled_from(LABELS)
# What may stand in any label, and what only some take: there the server refuses what the page let pass.
changes = st.fixed_dictionaries(
    {},
    optional={
        "unsure": st.booleans(),
        "comment": st.sampled_from(["", "hm", "naïve 😀", "é"]),
        "confidence": st.sampled_from([None, 0, 0.25, 1]),
        "label": labels,
        "attributes": st.sampled_from(
            [{}, {"value": 7500}, {"value": None}, {"value": 0.5}, {"dimension": "economic"}]
        ),
    },
)
values = st.sampled_from(["pro", "anti", None])
ACTS = st.one_of(
    st.tuples(st.just("add"), labels, places),
    st.tuples(st.just("add"), labels, places),
    st.tuples(st.just("fragments"), small, places),
    st.tuples(st.just("change"), small, changes),
    st.tuples(st.just("move"), small, places),
    st.tuples(st.just("delete"), small),
    st.tuples(st.just("relate"), small, small),
    st.tuples(st.just("relate"), small, small),
    st.tuples(st.just("unrelate"), small),
    st.tuples(st.just("answer"), st.sampled_from(["tone", "stance"]), values),
)
STEPS = st.one_of(
    ACTS,
    ACTS,
    ACTS,
    st.sampled_from([("undo",), ("undo",), ("redo",), ("send",), ("send",), ("reload",), ("resend", 1), ("resend", 3)]),
    st.tuples(st.just("stale"), st.sampled_from(["change", "delete", "answer", "unrelate", "add", "undo"]), small),
    st.tuples(st.just("bad"), st.sampled_from(["quote", "label"]), places),
    st.tuples(st.just("elsewhere"), st.sampled_from(["change", "delete", "add", "relate", "answer"]), small, small),
)


# Found here: the server answered 409 for ever, as the page's picture fits all of its own operations.
REFUSED_THEN_CHANGED = [
    ("add", "SOURCE", (0, 1)),
    ("change", 0, {"attributes": {"value": 7500}}),
    ("change", 0, {"attributes": {}}),
]
LINKED_TWICE = [
    ("add", "CONTENT", (0, 1)),
    ("add", "SOURCE", (0, 1)),
    ("relate", 0, 1),
    ("relate", 0, 1),
    ("relate", 1, 1),
    ("undo",),
    ("send",),
    ("redo",),
]


class Page:
    """A Store in Node."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the driver of the Store ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@pytest.fixture(scope="module")
def page(node: str) -> Iterator[Page]:
    with subprocess.Popen([node, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Page(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def project() -> Project:
    content = codebook_content(name=f"models-{uuid.uuid4().hex[:8]}", questions=QUESTIONS)
    return make_project(make_codebook(content), members={make_user(): "annotator"})


class Trial:
    """One sequence: a page, the model of the server as that page knows it, the database."""

    def __init__(self, page: Page, project: Project) -> None:
        self.page = page
        annotator = Membership.objects.get(project=project).user
        self.task: Task = make_task(project, make_article(f"{TEXT}\n{next(_prefixes)}"), annotator)
        self.user = annotator
        codebook = project.codebook
        self.content = enabled_codebook(pk=codebook.pk, sha256=codebook.sha256, switches={}).content
        self.model = Marking(text=self.task.article.text, content=self.content, rows=Rows())
        self.prefix = f"{next(_prefixes):08x}"
        self.ids = (f"{self.prefix}-1111-4000-8000-{n:012x}" for n in itertools.count())
        self.told = page.ask(begin=self.state(), prefix=self.prefix)
        self.sent: list[dict[str, Any]] = []
        self.fate: dict[str, str] = {}
        # Whether the page may differ from the model until the server's next word: it saw what the page cannot know.
        self.apart = False

    def state(self) -> dict[str, Any]:
        return read_state(uuid=self.task.uuid, user=self.user).as_json()

    def save(self, operations: list[dict[str, Any]], base: int = 0) -> Outcome:
        return apply_operations(uuid=self.task.uuid, user=self.user, base_revision=base, operations=operations, now=NOW)

    # ---- what the page shows

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return self.told["rows"]

    def pick(self, kind: str, index: int, rows: dict[str, dict[str, Any]] | None = None) -> Any:
        there = (rows or self.rows)[kind]
        return there[sorted(there)[index % len(there)]] if there else None

    def call(self, *call: Any) -> None:
        self.told = self.page.ask(call=call)
        made = self.told["made"]
        if made is None or self.apart:
            return
        try:
            self.model.apply(read_operations([made])[0])
        except Stale:
            pytest.fail(f"the page made {made}, which does not fit what it shows")
        except Refusal as problem:
            # The page leaves it to the codebook's form and to the server whether labels and values fit.
            if problem.code not in LEFT_TO_THE_SERVER:
                raise
            self.apart = True

    def act(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("add", label, (start, end)):
                self.call("addSpan", {"label": label, "start": start, "end": end, "quote": TEXT[start:end]})
            case ("bad", what, (start, end)):
                wrong = {"quote": TEXT[start:end] + "x", "label": "SOURCE"} if what == "quote" else {"label": "NOPE"}
                self.call("addSpan", {"start": start, "end": end, "quote": TEXT[start:end], **wrong})
            case ("undo" | "redo" as back,):
                self.call(back)
            case ("answer", question, value):
                self.call("answer", question, value)
            case ("unrelate", index) if row := self.pick("relations", index):
                self.call("unrelate", row["id"])
            case ("relate", index, other) if row := self.pick("spans", index):
                self.call("relate", "ATTRIBUTED_TO", row["id"], self.pick("spans", other)["id"])
            case ("fragments", index, (start, end)) if row := self.pick("spans", index):
                fragments = [row["fragments"][0], [row["fragments"][0][1] + 1 + start % 7, 0]]
                fragments[1][1] = min(fragments[1][0] + end - start, len(TEXT))
                if fragments[1][0] < fragments[1][1]:
                    quote = TEXT[fragments[0][0] : fragments[1][1]]
                    self.call("moveSpan", row["id"], {"fragments": fragments, "quote": quote})
            case ("move", index, (start, end)) if row := self.pick("spans", index):
                self.call("moveSpan", row["id"], {"fragments": [[start, end]], "quote": TEXT[start:end]})
            case ("change", index, changed) if row := self.pick("spans", index):
                self.call("changeSpan", row["id"], changed)
            case ("delete", index) if row := self.pick("spans", index):
                self.call("deleteSpan", row["id"])
            case ("stale", kind, index):
                self.stale(kind, index)
            case ("elsewhere", kind, index, other):
                self.elsewhere(kind, index, other)
            case ("send",):
                self.send()
            case ("reload",):
                self.reload()
            case ("resend", number):
                self.resend(number)

    def stale(self, kind: str, index: int) -> None:
        """An operation on what is not (or no longer) so: page, model and database all leave everything as it is."""
        self.send()
        span = self.pick("spans", index)
        unknown = next(self.ids)
        given: dict[str, Any] = {"target": unknown, "before": None, "after": None, "undoes": None}
        match kind:
            case "add":
                given |= {
                    "target": span["id"] if span else None,
                    "after": {"label": "SOURCE", "start": 0, "end": 5, "quote": TEXT[:5]},
                }
                if not span:
                    return
            case "change" | "delete":
                given |= {"before": {"comment": "never so"}, "after": {"unsure": True} if kind == "change" else None}
                given["target"] = span["id"] if span else unknown
            case "answer":
                given |= {
                    "before": {"question": "tone", "value": "never so"},
                    "after": {"question": "tone", "value": "pro"},
                }
            case "undo":
                given |= {"undoes": unknown}
        before = self.rows
        self.told = self.page.ask(call=["perform", kind, given])
        assert self.told["made"] is None
        assert self.rows == before
        operation = {"op_id": next(self.ids), "kind": kind, **given}
        with pytest.raises((Refusal, Stale)):
            self.model.apply(read_operations([operation])[0])
        self.model.refused.clear()
        self.model.doubtful.clear()
        stood, revision = load_rows(self.task), self.revision
        try:
            outcome = self.save([operation], revision)
            assert [entry["op_id"] for entry in outcome.refused] == [operation["op_id"]]
            assert outcome.applied == []
        except Conflict:
            pass
        assert (load_rows(self.task), self.revision) == (stood, revision)

    def elsewhere(self, kind: str, index: int, other: int) -> None:
        """A second window of the same person saves something of which this page does not know."""
        rows = load_rows(self.task)
        there: dict[str, dict[str, Any]] = {
            "spans": dict(rows.spans),
            "relations": dict(rows.relations),
            "answers": rows.answers,
        }
        span = self.pick("spans", index, there)
        fields: dict[str, Any] = {"target": next(self.ids), "before": None, "after": None, "undoes": None}
        match kind:
            case "add":
                fields["after"] = {
                    "label": "CONTENT",
                    "start": index,
                    "end": index + 4,
                    "quote": TEXT[index : index + 4],
                }
            case "answer":
                now = rows.answers.get("tone")
                fields["before"] = {"question": "tone", "value": now} if now else None
                fields["after"] = {"question": "tone", "value": "anti" if now == "pro" else "pro"}
            case _ if not span:
                return
            case "change":
                fields |= {"target": span["id"], "after": {"comment": f"elsewhere {other}"}}
            case "delete":
                fields["target"] = span["id"]
            case "relate":
                goal = self.pick("spans", other, there)
                fields["after"] = {"type": "ATTRIBUTED_TO", "from_span": span["id"], "to_span": goal["id"]}
        self.save([{"op_id": next(self.ids), "kind": kind, **fields}])
        self.apart = True

    # ---- the network

    @property
    def revision(self) -> int:
        return Task.objects.values_list("revision", flat=True).get(pk=self.task.pk)

    def send(self) -> None:
        """What the page does with its queue: send, take the answer, adopt the state where it must."""
        base = self.told["revision"]
        while pending := self.told["pending"]:
            try:
                outcome = self.save(pending, self.told["revision"])
            except Conflict:
                assert self.apart, "a conflict although nobody else wrote"
                self.told = self.page.ask(adopt=self.state())
                assert self.told["dropped"], "it fits here, and there it does not"
                self.fate |= {operation["op_id"]: "dropped" for operation in self.told["dropped"]}
                continue
            self.sent += pending
            self.fate |= dict.fromkeys(outcome.applied, "applied")
            self.fate |= {entry["op_id"]: "refused" for entry in outcome.refused}
            if not self.apart:
                assert outcome.refused == []
                assert outcome.applied == [operation["op_id"] for operation in pending]
                assert outcome.revision == base + len(pending)
            named = [*outcome.applied, *(entry["op_id"] for entry in outcome.refused)]
            self.told = self.page.ask(settle=named, revision=outcome.revision)
        if self.apart:
            self.told = self.page.ask(adopt=self.state())
            assert self.told["dropped"] == []
            self.learn()
        self.agree()

    def learn(self) -> None:
        """Model as a page knows it that has just been loaded."""
        self.model = Marking(text=self.task.article.text, content=self.content, rows=load_rows(self.task))
        for row in Operation.objects.filter(task=self.task):
            self.model.log[str(row.op_id)] = _logged(row)
        self.apart = False

    def reload(self) -> None:
        """A new page on the server's state, with what waits in the queue on top."""
        self.told = self.page.ask(adopt=self.state(), reload=True)
        self.fate |= {operation["op_id"]: "dropped" for operation in self.told["dropped"]}
        assert self.apart or not self.told["dropped"]
        if not self.told["pending"]:
            self.learn()

    def resend(self, number: int) -> None:
        """An answer was lost: what was applied or refused before is sent again, alone."""
        again = self.sent[-number:]
        stood, revision = load_rows(self.task), self.revision
        known = [operation for operation in again if self.fate[operation["op_id"]] == "applied"]
        assert self.save(known, revision).applied == [operation["op_id"] for operation in known]
        assert (load_rows(self.task), self.revision) == (stood, revision)

    # ---- what must hold

    def compare(self) -> None:
        if not self.apart:
            assert _plain(self.rows) == _of(self.model.rows)

    def agree(self) -> None:
        """Nothing waits: page, model, database and the log's replay are one."""
        stored = load_rows(self.task)
        assert _plain(self.rows) == _of(self.model.rows) == _of(stored)
        replayed = Rows()
        log = list(Operation.objects.filter(task=self.task).order_by("seq"))
        for operation in log:
            assert replayed.fit(operation.before)
            replayed.put(operation.after)
        assert _of(replayed) == _of(stored)
        assert [operation.seq for operation in log] == list(range(1, self.revision + 1))
        assert len({operation.op_id for operation in log}) == len(log)


def _logged(row: Operation) -> Any:
    return Logged(row.kind, row.before, row.after)


def _of(rows: Rows) -> dict[str, Any]:
    return {"spans": rows.spans, "relations": dict(rows.relations), "answers": rows.answers}


def _plain(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The page's rows as the server keeps them: an attribute that is null is not there."""
    spans = {
        key: {**row, "attributes": {name: value for name, value in row["attributes"].items() if value is not None}}
        for key, row in rows["spans"].items()
    }
    return {**rows, "spans": spans}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(steps=REFUSED_THEN_CHANGED)
@example(steps=LINKED_TWICE)
@given(steps=st.lists(STEPS, max_size=25))
def test_page_server_and_database_hold_the_same_marks_after_every_operation(page, project, steps):
    with transaction.atomic():
        trial = Trial(page, project)
        for step in steps:
            trial.act(step)
            trial.compare()
        trial.send()
        assert {operation["op_id"] for operation in trial.sent} <= set(trial.fate)
        transaction.set_rollback(True)
