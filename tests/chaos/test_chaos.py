"""Eight annotators on a bad day: at the end the database holds exactly what each of them sees.

Two work in Chromium with the keyboard, six are the page's own modules under Node. Between them and the server stands a
proxy that loses, delays, doubles and reorders (tests/chaos/proxy.py); the server is restarted three times, once by
SIGKILL; all sessions expire once; two annotators' processes are killed and started again.

``CHAOS_SEED`` repeats a run's dice (the order of events still varies), ``CHAOS_OPERATIONS`` sets how much each does (30; the whole
day is 200).
"""

import contextlib
import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from annotate.models import Operation, Project, Task
from annotate.rows import Rows, load_rows
from config.models import Session
from tests.chaos.proxy import Proxy, running_proxy
from tests.factories import PASSWORD, codebook_content, make_article, make_codebook, make_project, make_task, make_user
from tests.service import WebServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.node,
    pytest.mark.django_db(transaction=True),
]

OPERATIONS = int(os.environ.get("CHAOS_OPERATIONS", "30"))
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(2**31))
LONGEST = 120 + 4 * OPERATIONS  # seconds, on a busy machine
TEXT = "\n\n".join(
    f"Paragraph {n}: about {n},500 people 😀 left the town on Sunday, officials said. “We go on,” said María López."
    for n in range(1, 9)
)
TONE = {
    "code": "tone",
    "title": "Tone",
    "type": "choice",
    "many": False,
    "required": False,
    "values": [{"code": "pro", "title": "pro"}, {"code": "anti", "title": "anti"}],
}
# Counts what the page gives to IndexedDB, and so what the person did.
COUNT_OPERATIONS = """
  window.madeHere = [];
  const add = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = function (row) {
    if (row.operation) window.madeHere.push(row.operation.op_id);
    return add.call(this, row);
  };
"""
# What the page shows of its marks.
SHOWN = """() => Object.fromEntries([...document.querySelectorAll('#article mark[data-span-ids]')]
  .flatMap((mark) => mark.dataset.spanIds.split(' ').map((id) => [id, mark.textContent]))
  .reduce((all, [id, words]) => all.set(id, (all.get(id) ?? '') + words), new Map()))"""


@dataclass
class InNode:
    """An annotator without a screen."""

    task: Task
    command: list[str]
    process: "subprocess.Popen[str]"
    lines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def start(cls, task: Task, command: list[str]) -> "InNode":
        annotator = cls(task, command, subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        annotator.listen()
        return annotator

    def listen(self) -> None:
        """Collect what the process tells, in a thread that ends with it."""
        stream = self.process.stdout
        assert stream is not None

        def read() -> None:
            with contextlib.suppress(ValueError):
                self.lines += (json.loads(line) for line in stream if line.startswith("{"))

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()

    def crash(self) -> None:
        """Killed like a browser of which the battery ran out, and opened again."""
        if self.process.poll() is None:
            self.end()
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
            self.listen()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def finished(self) -> dict[str, Any] | None:
        return next((line for line in self.lines if "finished" in line), None)


class InChromium:
    """An annotator who works with the keyboard."""

    def __init__(self, page: Page, task: Task, dice: random.Random) -> None:
        self.page = page
        self.task = task
        self.dice = dice
        self.before_crash: list[str] = []
        self.problems: list[str] = []

    def open(self) -> None:
        """A proxy's page or a dead server in between: try again, as people do; after the session's end sign in."""
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        last = time.monotonic() + 90
        while time.monotonic() < last:
            with contextlib.suppress(Error):
                self.page.goto(f"/tasks/{self.task.uuid}/", timeout=15_000)
                if "/login/" in self.page.url:
                    self.sign_in()
                self.page.wait_for_selector("html[data-ready]", timeout=10_000)
                return
            time.sleep(0.3)
        pytest.fail(f"the page did not open: {self.page.url}")

    def sign_in(self) -> None:
        """On the page for that."""
        self.page.fill("input[name=username]", name_of(self.task))
        self.page.fill("input[name=password]", PASSWORD)
        with self.page.expect_navigation():
            self.page.press("input[name=password]", "Enter")

    def sign_in_again(self) -> None:
        """In the dialog over the article."""
        if self.page.locator("#sign-in[open]").count():
            self.page.fill("#sign-in-password", PASSWORD)
            self.page.click("#sign-in-confirm")
            with contextlib.suppress(Error):
                self.page.wait_for_selector("#sign-in", state="hidden", timeout=3000)
        elif "Signed out" in self.page.locator("#save-text").inner_text():
            self.page.click("#save-state")

    @property
    def made(self) -> list[str]:
        return [*self.before_crash, *self.page.evaluate("window.madeHere")]

    def crash(self) -> None:
        """Closed in the middle, with changes not sent: what was kept is there again in a new tab."""
        # Until what was made is kept: before that a page asks whether to leave it.
        self.page.wait_for_function("dispatchEvent(new Event('beforeunload', { cancelable: true }))")
        self.before_crash = self.made
        context = self.page.context
        self.page.close()
        self.page = context.new_page()
        self.open()

    def work(self) -> None:
        """Some changes in a row."""
        self.sign_in_again()
        self.page.evaluate("document.getElementById('article').focus()")
        for _ in range(8):
            self.act()

    def act(self) -> None:
        keys = self.page.keyboard
        keys.press("Escape")
        match self.dice.randrange(9):
            case 0:
                for key in (self.dice.choice(["n", "p"]), "u"):
                    keys.press(key)
            case 1:
                for key in (self.dice.choice(["n", "p"]), "Shift+ArrowRight"):
                    keys.press(key)
            case 2:
                for key in (self.dice.choice(["n", "p"]), "Delete"):
                    keys.press(key)
            case 3 | 4:
                keys.press("Control+z")
            case 5:
                keys.press("Control+y")
            case _:
                for _ in range(self.dice.randrange(1, 4)):
                    keys.press(self.dice.choice(["ArrowRight", "ArrowDown", "ArrowRight"]))
                keys.press(self.dice.choice(["2", "3", "4"]))


@pytest.fixture
def project() -> Project:
    return make_project(make_codebook(codebook_content(name="chaos", questions=[TONE])))


def name_of(task: Task) -> str:
    assert task.annotator is not None
    return task.annotator.username


def task_of(project: Project, username: str) -> Task:
    annotator = make_user(username)
    project.memberships.create(user=annotator, role="annotator")
    return make_task(project, make_article(f"{TEXT}\n\n{username}"), annotator)


@contextlib.contextmanager
def in_node(node: str, tasks: list[Task], address: str, folder: Path) -> Iterator[list[InNode]]:
    annotators = []
    for number, task in enumerate(tasks):
        settings = {
            "address": address,
            "task": str(task.uuid),
            "username": name_of(task),
            "password": PASSWORD,
            "file": str(folder / f"{name_of(task)}.json"),
            "seed": SEED + number,
            "operations": OPERATIONS,
            "pause": 110,
        }
        script = Path(__file__).with_name("annotator.mjs")
        annotators.append(InNode.start(task, [node, str(script), json.dumps(settings)]))
    try:
        yield annotators
    finally:
        for annotator in annotators:
            annotator.end()


def in_chromium(context: BrowserContext, task: Task, number: int) -> InChromium:
    context.add_init_script(COUNT_OPERATIONS)
    annotator = InChromium(context.new_page(), task, random.Random(SEED + number))
    annotator.open()
    return annotator


def test_no_mark_is_lost_or_doubled_whatever_the_network_and_the_server_do(chromium, node, project, tmp_path):
    print(f"CHAOS_SEED={SEED}")
    tasks = [task_of(project, f"annotator{number}") for number in range(8)]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(WebServer(workers=2, threads=8))
        proxy, settle = stack.enter_context(running_proxy(random.Random(SEED)))
        proxy.upstream = server.port
        address = f"http://127.0.0.1:{proxy.port}"
        contexts = [stack.enter_context(chromium.new_context(base_url=address)) for _ in range(2)]
        with_screen = [
            in_chromium(context, task, 90 + n)
            for n, (context, task) in enumerate(zip(contexts, tasks[:2], strict=True))
        ]
        without = stack.enter_context(in_node(node, tasks[2:], address, tmp_path))
        live(server, proxy, with_screen, without)
        settle()
        for seen in with_screen:
            check_screen(seen)
        for unseen in without:
            check_model(unseen, tmp_path)
    faults = {fault for fault in proxy.done if proxy.done[fault]}
    assert OPERATIONS < 200 or faults >= {"cut", "twice at once", "again later", "overtaken", "502 after", "old answer"}


def live(server: WebServer, proxy: Proxy, with_screen: list[InChromium], without: list[InNode]) -> None:
    """Until all have done their work and all of it is acknowledged; the disasters come as the work proceeds."""
    disasters: list[tuple[float, Callable[[], None]]] = [
        (0.15, lambda: restart(server, proxy)),
        (0.25, without[0].crash),
        (0.35, lambda: Session.objects.all().delete() and None),
        (0.45, lambda: restart(server, proxy, brutally=True)),
        (0.55, with_screen[0].crash),
        (0.65, without[1].crash),
        (0.75, lambda: restart(server, proxy)),
    ]
    begun = time.monotonic()
    unsaved = True
    while unsaved or disasters or not all(annotator.finished for annotator in without):
        assert time.monotonic() - begun < LONGEST, f"not done: {states(with_screen, without)}"
        share = min(len(annotator.made) for annotator in with_screen) / OPERATIONS
        if disasters and share >= disasters[0][0]:
            disasters.pop(0)[1]()
        busy = [annotator for annotator in with_screen if len(annotator.made) < OPERATIONS]
        for annotator in busy:
            annotator.work()
        if not busy:
            for annotator in with_screen:
                annotator.sign_in_again()
            time.sleep(0.1)
        unsaved = bool(busy) or not all(
            annotator.page.locator("#save-state[data-state=saved]").count() for annotator in with_screen
        )


def states(with_screen: list[InChromium], without: list[InNode]) -> list[object]:
    shown = [(len(one.made), one.page.locator("#save-text").inner_text()) for one in with_screen]
    return [*shown, *((one.process.poll(), one.lines[-2:]) for one in without)]


def restart(server: WebServer, proxy: Proxy, *, brutally: bool = False) -> None:
    server.stop(brutally=brutally)
    server.start()
    proxy.upstream = server.port


def check_log(task: Task, made: list[str]) -> Rows:
    """The log has each operation that was kept once and no other, and replays to the rows that stand."""
    stored = load_rows(task)
    log = list(Operation.objects.filter(task=task).order_by("seq"))
    replayed = Rows()
    for operation in log:
        assert replayed.fit(operation.before)
        replayed.put(operation.after)
    assert replayed == stored
    task.refresh_from_db()
    assert [operation.seq for operation in log] == list(range(1, task.revision + 1))
    applied = [str(operation.op_id) for operation in log]
    assert len(set(applied)) == len(applied)
    # In the order in which they were made, none missing.
    assert applied == made
    return stored


def check_screen(annotator: InChromium) -> None:
    stored = check_log(annotator.task, annotator.made)
    shown = annotator.page.evaluate(SHOWN)
    text = annotator.task.article.text
    # Line breaks between paragraphs are not in the page.
    assert shown == {key: text[row["start"] : row["end"]].replace("\n", "") for key, row in stored.spans.items()}
    assert annotator.problems == []
    assert annotator.page.locator("#held").count() == 0


def check_model(annotator: InNode, folder: Path) -> None:
    assert [line for line in annotator.lines if "held" in line or "problem" in line] == []
    journal = folder / f"{name_of(annotator.task)}.json.made"
    stored = check_log(annotator.task, journal.read_text().split())
    assert annotator.finished is not None
    assert annotator.finished["finished"] == {
        "spans": stored.spans,
        "relations": stored.relations,
        "answers": stored.answers,
    }
    assert annotator.finished["revision"] == annotator.task.revision
