"""The main job, end to end: three people label in Chromium with real keys and a real mouse; Postgres has every mark once."""

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import krippendorff
import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as BrowserError

from annotate.models import Project, ProjectArticle
from annotate.operations.codebooks import save_codebook
from annotate.operations.figures import compute_project
from annotate.operations.projects import add_member, create_project, open_project
from tests import service
from tests.release.test_export import matrix, released

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
SEEDS = Path(os.environ.get("SLANTWISE_SHARED") or ROOT.parent / "shared") / "seeds"
PASSWORD = "a-long-password-42"
PEOPLE = ("mina", "oskar", "pia")
EMOJI_ARTICLE = "A walk with no end 🙏🏽 in sight\n\nRosa Íñiguez 🙏🏽 said about 900 people had left. “We keep going,” she said.\n\nOfficials counted 1,200.\n"


@pytest.fixture
def corpus_paths(tmp_path: Path) -> list[str]:
    """Two seed pages (or, without them, two of our own) and one article with an emoji before its marks."""
    folder = SEEDS if SEEDS.is_dir() else ROOT / "fixtures" / "articles"
    pages = sorted(path for path in folder.glob("*.txt") if "expected" not in path.name)[:5]
    emoji = tmp_path / "emoji.txt"
    emoji.write_text(EMOJI_ARTICLE, encoding="utf-8")
    return [str(page) for page in pages] + [str(emoji)]


@pytest.fixture
def project(corpus_paths: list[str]) -> Project:
    """Three articles come first for everybody: two of the pages and the one with the emoji."""
    codebook, _ = save_codebook(
        content=json.loads((ROOT / "fixtures/codebooks/media-framing-3.json").read_text(encoding="utf-8"))
    )
    users = [get_user_model().objects.create_user(name, password=PASSWORD) for name in PEOPLE]
    project = create_project(
        slug="border",
        title="Border stories",
        codebook=codebook,
        annotators_per_article=3,
        blind_fields=("outlet", "byline", "date", "url"),
        members=[(user, "annotator") for user in users],
        draft=True,
    )
    Project.objects.filter(pk=project.pk).update(ordering=Project.Ordering.PRIORITY)
    call_command("import_articles", *corpus_paths, project="border", story="caravan", verbosity=0)
    rows = ProjectArticle.objects.filter(project=project)
    emoji = rows.get(article__text__startswith="A walk with no end")
    firsts = [row.pk for row in rows.exclude(pk=emoji.pk).order_by("article__n_chars")[:2]]
    ProjectArticle.objects.filter(pk__in=[emoji.pk, *firsts]).update(priority=5)
    project.refresh_from_db()
    open_project(project=project)
    return project


def rows(query: str, *values: object) -> list[tuple]:
    """What Postgres holds, asked by psycopg alone."""
    with psycopg.connect(service.database_url()) as connection:
        return connection.execute(query, values).fetchall()


@pytest.fixture
def address(project: Project) -> Iterator[str]:
    with service.running() as address:
        yield address


# Where a quote is drawn: the middles of its first and last character, in window pixels, scrolled into view.
FIND = """quote => {
  const article = document.getElementById("article");
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT, node =>
    node.parentElement.closest("[data-ui]") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const nodes = [];
  let text = "";
  while (walker.nextNode()) { nodes.push([text.length, walker.currentNode]); text += walker.currentNode.data; }
  const at = text.indexOf(quote);
  if (at < 0) return null;
  const box = index => {
    const [start, node] = nodes.findLast(([from]) => from <= index);
    const range = document.createRange();
    range.setStart(node, index - start);
    range.setEnd(node, index - start + 1);
    return range.getBoundingClientRect();
  };
  const top = box(at).top;
  if (top < 150 || top > innerHeight - 250) scrollBy({top: top - innerHeight / 2, behavior: "instant"});
  const first = box(at), last = box(at + quote.length - 1);
  return {x1: first.left + 1, y1: first.top + first.height / 2, x2: last.right - 1, y2: last.top + last.height / 2};
}"""
FOCUSED_FIELD = """() => {
  const field = document.activeElement?.closest("[data-field]");
  if (!field) return null;
  const control = document.activeElement;
  return {name: field.dataset.field, kind: field.dataset.kind, required: Boolean(field.querySelector(".field__must")),
          control: field.dataset.kind === "choice" && control.type === "text" ? "list" : control.type};
}"""


class Desk:
    """One annotator at the labelling page, with real keys and a real mouse; remembers what was marked."""

    def __init__(self, context: BrowserContext, address: str, name: str, *, reads: int = 0) -> None:
        self.context, self.address, self.name, self.reads = context, address, name, reads
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console", lambda line: self.problems.append(line.text) if "Content Security" in line.text else None
        )
        self.marked: dict[str, list[tuple[str, str]]] = {}

    def press(self, key: str) -> None:
        """One key, and the two frames within which the page has drawn what it did."""
        self.page.keyboard.press(key)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def sign_in(self) -> None:
        self.page.goto(f"{self.address}/accounts/login/")
        self.page.keyboard.type(self.name) if self._focused("username") else self.page.fill(
            "[name=username]", self.name
        )
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.address}/")

    def _focused(self, name: str) -> bool:
        return bool(self.page.evaluate("name => document.activeElement?.name === name", name))

    def claim(self) -> None:
        self.page.locator('form[action$="/claim/"] button').first.focus()
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(r"/tasks/"))
        self.ready()

    def ready(self) -> None:
        # The first paint is the server's; the modules that listen come after it.
        expect(self.page.locator("html[data-ready]")).to_be_attached(timeout=20_000)
        expect(self.page.locator("#article")).to_be_visible()
        expect(self.page.locator("#save-state")).to_have_attribute("data-state", "saved")

    @property
    def task(self) -> str:
        return self.page.url.rstrip("/").rsplit("/", 1)[1]

    def phrases(self) -> list[str]:
        """Two pairs of words of the first long paragraph that share a word, and three words of the second.

        ``reads`` chooses which, so that people differ.
        """
        paragraphs = self.page.locator("#article [data-start]").all_text_contents()
        found = []
        for paragraph in [text for text in paragraphs[1:] if len(text) > 100][:2]:
            matches = list(re.finditer(r"\b([a-z]{3,}) ([a-z]{3,}) ([a-z]{3,})\b", paragraph))
            alone = [match for match in matches if paragraph.count(match[0]) == 1]
            found.append(alone[min(self.reads, len(alone) - 1)])
        first, second = found
        return [f"{first[1]} {first[2]}", f"{first[2]} {first[3]}", second[0]]

    def mark_by_mouse(self, quote: str, digit: str, label: str) -> None:
        place = self.page.evaluate(FIND, quote)
        assert place, f"{quote!r} is not on the page"
        self.page.mouse.move(place["x1"], place["y1"])
        self.page.mouse.down()
        self.page.mouse.move((place["x1"] + place["x2"]) / 2, place["y1"], steps=3)
        self.page.mouse.move(place["x2"], place["y2"], steps=3)
        self.page.mouse.up()
        expect(self.page.locator("#toolbar")).to_be_visible()
        self.press(digit)
        self._remember(label, quote)

    def mark_by_keys(self, quote: str, digit: str, label: str) -> None:
        """Search for the words, as one does without a mouse; Escape leaves the search with them selected."""
        self.page.locator("#article").focus()
        self.press("/")
        self.page.keyboard.type(quote)
        self.press("Enter")
        self.press("Escape")
        self.press(digit)
        self._remember(label, quote)

    def _remember(self, label: str, quote: str) -> None:
        self.marked.setdefault(self.task, []).append((label, quote))
        expect(self.page.locator("#mark-count")).to_have_text(str(len(self.marked[self.task])))

    def fill_form(self) -> None:
        """Enter opens the form of the selected mark; answer every required field by keyboard, then go back."""
        self.press("Enter")
        for _ in range(20):
            field = self.page.evaluate(FOCUSED_FIELD)
            if field is None or field["name"] == "comment":
                break
            if field["required"]:
                self._answer(field)
            self.press("Tab")
        self.press("Escape")
        self.page.locator("#article").focus()

    def _answer(self, field: dict[str, str]) -> None:
        if field["kind"] == "number":
            self.page.keyboard.type("900")
        elif field["control"] == "list":
            self.press("ArrowDown")
        elif field["control"] == "radio":
            self.press("Space")
        else:
            self.page.keyboard.type("the walkers")

    def saved(self) -> None:
        expect(self.page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=15_000)

    def submit(self) -> None:
        task = self.task
        self.saved()
        self.page.locator("#article").focus()
        self.press("Control+Enter")
        expect(self.page.locator("dialog#submit[open]")).to_be_visible()
        assert self.page.locator("#missing li").all_text_contents() == []
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: task not in url)

    def label_article(self, how: str) -> None:
        """Three marks, two of them overlapping, filled forms, a link from content to source, and an undo."""
        first, overlapping, content = self.phrases()
        self.mark_by(how, first, "4", "SOURCE")
        self.fill_form()
        self.mark_by(how, overlapping, "1", "FRAME")
        self.fill_form()
        self.undo_a_mark(content, how)
        self.mark_by(how, content, "5", "CONTENT")
        self.fill_form()
        self.link()

    def label_emoji_article(self, how: str) -> None:
        """Marks after an emoji, one of them with a number, a value and its source."""
        self.mark_by(how, "Rosa Íñiguez", "4", "SOURCE")
        self.fill_form()
        self.mark_by(how, "about 900", "6", "QUANTITY")
        self.fill_form()
        self.link()

    def mark_by(self, how: str, quote: str, digit: str, label: str) -> None:
        (self.mark_by_mouse if how == "mouse" else self.mark_by_keys)(quote, digit, label)

    def link(self) -> None:
        self.press("l")
        self.press("Enter")

    def undo_a_mark(self, quote: str, how: str) -> None:
        self.mark_by(how, quote, "2", "LEXICAL_BIAS")
        self.page.locator("#article").focus()
        self.press("Control+z")
        self.marked[self.task].pop()
        expect(self.page.locator("#mark-count")).to_have_text(str(len(self.marked[self.task])))


ARTICLES = 3


def label_all(desk: Desk, how: str) -> None:
    """Sign in, label what comes until nothing is left to claim."""
    desk.sign_in()
    desk.claim()
    for number in range(ARTICLES):
        if number:
            if "/tasks/" not in desk.page.url:
                desk.claim()
            desk.ready()
        if desk.page.locator("#article h1").text_content().startswith("A walk"):
            desk.label_emoji_article(how)
        else:
            desk.label_article(how)
        desk.submit()


def test_three_people_label_and_the_dataset_holds_every_mark_once(
    chromium: Browser, address: str, project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desks = [
        Desk(chromium.new_context(viewport={"width": 1400, "height": 900}), address, name, reads=number // 2)
        for number, name in enumerate(PEOPLE)
    ]
    by_mouse, by_keys, offline = desks
    label_all(by_mouse, "mouse")
    label_all(by_keys, "keys")

    offline.sign_in()
    offline.claim()
    for number in range(ARTICLES):
        if number and "/tasks/" not in offline.page.url:
            offline.claim()
        offline.ready()
        emoji = offline.page.locator("#article h1").text_content().startswith("A walk")
        if number == 0:
            work_offline(offline, emoji=emoji)
        elif emoji:
            offline.label_emoji_article("mouse")
        else:
            offline.label_article("mouse")
        offline.submit()

    for desk in desks:
        assert desk.problems == []
        stored: dict[str, list[tuple[str, str]]] = {}
        for task, label, quote in rows(
            """SELECT t.uuid::text, l.code, s.quote FROM annotate_spanannotation s
               JOIN annotate_task t ON t.id = s.task_id JOIN annotate_label l ON l.id = s.label_id
               JOIN auth_user u ON u.id = t.annotator_id
               WHERE s.deleted_at IS NULL AND t.state = 'submitted' AND u.username = %s""",
            desk.name,
        ):
            stored.setdefault(task, []).append((label, quote))
        assert {task: sorted(marks) for task, marks in stored.items()} == {
            task: sorted(marks) for task, marks in desk.marked.items()
        }
    assert rows(
        """SELECT count(*) FROM annotate_spanannotation s JOIN annotate_task t ON t.id = s.task_id
           JOIN corpus_article a ON a.id = t.article_id
           WHERE substr(a.text, s.start + 1, s."end" - s.start) <> s.quote"""
    ) == [(0,)]
    assert rows(
        """SELECT count(*), count(DISTINCT (task_id, op_id)) FROM annotate_operation WHERE kind = 'undo'"""
    ) == [(6, 6)]
    assert rows("SELECT type, count(*) FROM annotate_relationannotation WHERE deleted_at IS NULL GROUP BY type") == [
        ("ATTRIBUTED_TO", 9)
    ]
    assert {
        float(value[0])
        for value in rows(
            """SELECT s.attributes->>'value' FROM annotate_spanannotation s JOIN annotate_label l ON l.id = s.label_id
               WHERE l.code = 'QUANTITY' AND s.deleted_at IS NULL"""
        )
    } == {900.0}
    check_agreement(project, tmp_path, capsys, by_mouse)
    for desk in desks:
        desk.context.close()


def check_agreement(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    """Counts, score, release and page give the figures that `krippendorff` finds in the released files alone."""
    capsys.readouterr()
    call_command("recount", project.slug)
    call_command("export_dataset", project.slug, out=tmp_path / "one", dataset_version="1.0.0")
    call_command("export_dataset", project.slug, out=tmp_path / "two", dataset_version="1.0.0")
    call_command("verify_release", str(tmp_path / "one"))
    capsys.readouterr()
    call_command("score", project.slug, "--json")
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    numbers: dict[frozenset[str], int] = {}
    readings: dict[str, Callable[[set[str]], int | bool]] = {
        "char_alpha_set_nominal": lambda labels: numbers.setdefault(frozenset(labels), len(numbers)),
        "char_alpha_any": bool,
        **{
            f"char_alpha_label:{label}": (lambda labels, label=label: label in labels)
            for label in ("FRAME", "SOURCE", "CONTENT", "QUANTITY")
        },
    }
    expected = {
        name: krippendorff.alpha(matrix(tmp_path / "one", value), level_of_measurement="nominal")
        for name, value in readings.items()
    }
    assert {name: metrics[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert 0 < expected["char_alpha_any"] < 1
    assert (
        metrics["char_alpha_label:LEXICAL_BIAS"] | {"value": None, "reason": "no_variation"}
        == metrics["char_alpha_label:LEXICAL_BIAS"]
    )
    assert released(tmp_path / "one")["char_alpha_any"][0] == pytest.approx(expected["char_alpha_any"], abs=1e-9)
    one, two = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two

    compute_project(project=project)
    get_user_model().objects.create_user("rana", password=PASSWORD)
    add_member(project=project, user=get_user_model().objects.get(username="rana"), role="researcher")
    page = desk.context.browser.new_context().new_page()  # type: ignore[union-attr]
    page.goto(f"{desk.address}/accounts/login/?next=/projects/{project.slug}/")
    page.fill("[name=username]", "rana")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name="Agreement table")
    for name, label in {"Frame": "FRAME", "Source": "SOURCE", "Content": "CONTENT", "Quantity": "QUANTITY"}.items():
        row = table.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True))
        shown = row.locator("td").nth(1).text_content().replace("\N{MINUS SIGN}", "-")
        assert shown == f"{expected[f'char_alpha_label:{label}']:.2f}"


def work_offline(desk: Desk, *, emoji: bool) -> None:
    """Half the work with no network, a reload in between; what was marked is there again and is sent once."""
    address = desk.page.url
    quotes = ["Rosa Íñiguez", "about 900"] if emoji else desk.phrases()[:2]
    desk.mark_by_mouse(quotes[0], "4", "SOURCE")
    desk.saved()
    desk.context.set_offline(True)
    desk.fill_form()
    desk.mark_by_mouse(quotes[1], "6" if emoji else "1", "QUANTITY" if emoji else "FRAME")
    expect(desk.page.locator("#save-state")).to_have_attribute("data-state", "offline")
    with contextlib.suppress(BrowserError):
        desk.page.reload()
    desk.context.set_offline(False)
    desk.page.goto(address)
    desk.ready()
    expect(desk.page.locator("#mark-count")).to_have_text("2")
    desk.saved()
    desk.press("n")
    desk.press("n")
    desk.fill_form()
    if emoji:
        desk.link()
        return
    _, _, content = desk.phrases()
    desk.undo_a_mark(content, "mouse")
    desk.mark_by_mouse(content, "5", "CONTENT")
    desk.fill_form()
    desk.link()
