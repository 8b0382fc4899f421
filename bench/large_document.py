"""A document of 60,000 words with 3,000 marks in Chromium: first paint, adding a mark, moving, typing.

``python -m bench.large_document [--words 60000] [--marks 3000] [--runs 5]``. The same page without marks is measured
beside it. Milliseconds; ``long_tasks`` are those over 50 ms that the browser reported while the cursor moved, while a
comment was typed and while marks were added. The server answers from a database of its own, dropped afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
django.setup()

from django.conf import settings  # noqa: E402 - only after setup
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from annotate.models import Task  # noqa: E402
from annotate.operations.marks import apply_operations  # noqa: E402
from bench.labelling import own_database  # noqa: E402
from tests.factories import make_article, make_project, make_task, make_user  # noqa: E402
from tests.service import running  # noqa: E402

WORDS = [
    "town",
    "council",
    "people",
    "said",
    "more",
    "than",
    "after",
    "winter",
    "river",
    "numbers",
    "counted",
    "officials",
    "road",
    "school",
    "older",
    "market",
]
LABELS = ("SOURCE", "CONTENT", "QUANTITY")
# From a key to the frame after it: the frame callback runs before the paint, the message after it.
NEXT_FRAME = """(key) => new Promise((resolve) => {
  const start = performance.now();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now() - start);
    port2.postMessage(null);
  });
})"""
WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });
}"""


def main(arguments: list[str] | None = None) -> int:
    """Print a table and one JSON line; 1 where Chromium is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=60_000)
    parser.add_argument("--marks", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=5, help="Times that each page is opened.")
    options = parser.parse_args(arguments)
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        print("Chromium is not installed")
        return 1
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    load = os.getloadavg()[0]
    with own_database():
        marked, plain = _tasks(options.words, options.marks)
        figures = _server(marked, "marked") | _server(plain, "plain")
        # Playwright's loop would get a database connection of its own.
        desks = {"plain": _desk(plain), "marked": _desk(marked)}
        with (
            running(workers=1, threads=6, SECRET_KEY=settings.SECRET_KEY) as address,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"]) as browser,
        ):
            paints: dict[str, list[float]] = {name: [] for name in desks}
            for _ in range(options.runs):
                for name, desk in desks.items():
                    paints[name].append(_first_paint(browser, address, desk))
            figures |= {f"first_paint_{name}_ms": statistics.median(times) for name, times in paints.items()}
            figures |= _work(browser, address, desks["marked"])
    figures["first_paint_ratio"] = figures["first_paint_marked_ms"] / figures["first_paint_plain_ms"]
    result = {
        "bench": "large_document",
        "words": options.words,
        "marks": options.marks,
        "load": round(load, 2),
        **{name: float(f"{value:.4g}") for name, value in figures.items()},
    }
    for name, value in result.items():
        print(f"{name:34} {value}")
    print(json.dumps(result))
    return 0


def text_of(words: int, seed: int = 4) -> str:
    """Paragraphs of about ninety words, with figures, quotation marks and an emoji here and there."""
    dice = random.Random(seed)
    paragraphs = []
    while words > 0:
        sentences = []
        for _ in range(6):
            chosen = [dice.choice(WORDS) for _ in range(dice.randint(10, 20))]
            chosen[dice.randrange(len(chosen))] = f"{dice.randint(2, 99)},{dice.randint(100, 999)}"
            if dice.random() < 0.2:
                chosen[0] = f"“{chosen[0]}”"
            words -= len(chosen)
            sentences.append(" ".join(chosen).capitalize() + ("." if dice.random() < 0.97 else " 🙏🏽."))
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


def _tasks(words: int, marks: int) -> tuple[Task, Task]:
    text = text_of(words)
    tasks = []
    for name in ("marked", "plain"):
        annotator = make_user(name)
        tasks.append(
            make_task(make_project(members={annotator: "annotator"}), make_article(text + f"\n\n{name}"), annotator)
        )
    dice = random.Random(2)
    starts = sorted(dice.sample([i + 1 for i, c in enumerate(text) if c == " "], marks))
    operations = [_added(text, start, text.find(" ", start + dice.randint(2, 60)), dice) for start in starts]
    assert tasks[0].annotator is not None
    for first in range(0, marks, 100):
        outcome = apply_operations(
            uuid=tasks[0].uuid,
            user=tasks[0].annotator,
            base_revision=0,
            operations=operations[first : first + 100],
            now=timezone.now(),
        )
        assert not outcome.refused, outcome.refused[0]
    return tasks[0], tasks[1]


def _added(text: str, start: int, end: int, dice: random.Random) -> dict[str, Any]:
    end = end if end > start else len(text)
    if "\n" in text[start:end]:
        end = text.index("\n", start)
    after = {"label": dice.choice(LABELS), "start": start, "end": end, "quote": text[start:end]}
    number = dice.getrandbits(128)
    made = [f"{n:032x}" for n in (number, number ^ 1)]
    op_id, target = (f"{n[:8]}-{n[8:12]}-4{n[13:16]}-8{n[17:20]}-{n[20:]}" for n in made)
    return {"op_id": op_id, "kind": "add", "target": target, "before": None, "after": after, "undoes": None}


def _session(task: Task) -> Client:
    client = Client()
    assert task.annotator is not None
    client.force_login(task.annotator)
    return client


def _server(task: Task, name: str) -> dict[str, float]:
    """CPU of one page on the server, the mean of several, and its size."""
    client = _session(task)
    path = f"/tasks/{task.uuid}/"
    client.get(path)
    start = time.process_time()
    for _ in range(3):
        answer = client.get(path)
    assert answer.status_code == 200
    return {
        f"server_cpu_{name}_ms": (time.process_time() - start) / 3 * 1000,
        f"page_{name}_kb": len(answer.content) / 1000,
    }


def _desk(task: Task) -> tuple[str, str]:
    """The page's path and a session that may open it."""
    return f"/tasks/{task.uuid}/", _session(task).cookies["sessionid"].value


def _open(browser: Browser, address: str, desk: tuple[str, str]) -> Page:
    path, session = desk
    context = browser.new_context(viewport={"width": 1400, "height": 900}, base_url=address)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(path)
    page.wait_for_selector("html[data-ready]")
    return page


def _first_paint(browser: Browser, address: str, desk: tuple[str, str]) -> float:
    page = _open(browser, address, desk)
    try:
        paint: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        return paint
    finally:
        page.context.close()


def _work(browser: Browser, address: str, desk: tuple[str, str]) -> dict[str, float]:
    page = _open(browser, address, desk)
    figures = {"ready_ms": page.evaluate("performance.now()")}
    page.wait_for_timeout(3_000)
    page.evaluate(WATCH)
    page.focus("#article")

    def press(key: str, times: int) -> list[float]:
        return [page.evaluate(NEXT_FRAME, key) for _ in range(times)]

    def report(name: str, times: list[float]) -> None:
        page.wait_for_timeout(300)
        long = page.evaluate("longTasks.splice(0)")
        figures.update({f"{name}_p50_ms": statistics.median(times), f"{name}_max_ms": max(times)})
        figures.update({f"{name}_long_tasks": len(long), f"{name}_longest_ms": max(long, default=0.0)})

    report("move", press("ArrowRight", 40))
    adding = []
    for key in "123" * 5:
        press("ArrowDown", 2)
        adding += press(key, 1)
        press("Escape", 1)
    report("add", adding)
    press("n", 1)
    page.keyboard.press("c")
    page.keyboard.type("counted twice by two people, it seems", delay=30)
    report("typing", [0.0])
    page.context.close()
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
