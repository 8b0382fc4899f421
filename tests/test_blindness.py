"""No annotator of a blind project can obtain outlet, byline, date or web address: planted values, every route asked.

The crawl asks every URL pattern of the project, API and admin included, with the keys of everything there is, by GET
and by POST, and follows the links it finds. Bodies and headers are searched. That the crawl would find the values is
shown by the last test, where a manager crawls.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

from annotate.models import Project, Task
from annotate.operations.projects import create_project
from corpus.models import Article
from corpus.operations import import_rows
from corpus.readers.rows import ImportRow
from tests.factories import TEXT, make_codebook, make_mark, make_user

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

CANARIES = {
    "outlet": "Zanzibar Quokka Gazette",
    "outlet slug": "zanzibar-quokka",
    "homepage": "quokka-home.example",
    "lean": "quokka-lean",
    "byline": "Wilhelmina Xylander",
    "url": "quokka-address.example",
    "date": "1987-06-05",
    "printed date": "June 5, 1987",
    "other printed date": "5 June 1987",
}
# Orders and filters of one list: so many of them are followed, since they lead to one another without end.
VARIANTS = 8
LINK = re.compile(r"""(?:href|src|action|hx-get|hx-post)=["']([^"'#]+)""")


@pytest.fixture
def article() -> Article:
    row = ImportRow(
        source="canary.jsonl",
        line=1,
        fields={
            "id": "c-1",
            "title": "Thousands walk north",
            "text": f"By {CANARIES['byline']}\n\n{TEXT}",
            "outlet": CANARIES["outlet"],
            "byline": CANARIES["byline"],
            "url": f"https://{CANARIES['url']}/story",
            "published": f"{CANARIES['date']}T08:00:00Z",
        },
        published=datetime.fromisoformat(f"{CANARIES['date']}T08:00:00Z"),
    )
    result = import_rows(rows=[row], source="canary.jsonl", format="jsonl", story="walk")
    article = Article.objects.select_related("outlet").get(uuid__in=result.articles)
    outlet = article.outlet
    assert outlet is not None
    outlet.homepage = f"https://{CANARIES['homepage']}/"
    outlet.lean, outlet.lean_source = CANARIES["lean"], "a study"
    outlet.save()
    return article


@pytest.fixture
def project(article: Article) -> Project:
    made = create_project(
        slug="blind",
        title="Read without names",
        codebook=make_codebook(),
        annotators_per_article=3,
        blind_fields=["outlet", "byline", "date", "url"],
        articles=[article],
        members=[
            (make_user("nora"), "annotator"),
            (make_user("both", is_staff=True), "annotator"),
            (User.objects.get(username="both"), "manager"),
            (make_user("mia", is_staff=True), "manager"),
        ],
    )
    # What an upload could not take may quote what its file says of an article.
    upload = made.annotation_imports.create(format="slantwise", state="checked", result={"created": 0}, n_rejected=1)
    upload.issues.create(source="readings.jsonl", line=1, code="unknown_article", message=f"{CANARIES['outlet']}: no.")
    return made


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """(path with %(name)s, names) of every pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        for form, names in normalize(pattern.pattern.regex.pattern):
            if isinstance(pattern, URLResolver):
                for path, inner in patterns(pattern, prefix + form):
                    yield path, [*names, *inner]
            else:
                assert isinstance(pattern, URLPattern)
                yield prefix + form, names


def values(project: Project, article: Article) -> dict[str, list[str]]:
    """What may stand for each name in a route."""
    tasks = list(Task.objects.all())
    keys = [str(row.pk) for row in (project, article, article.outlet, article.story, article.import_batch)]
    return {
        "slug": [project.slug, "walk", article.outlet.slug],
        "uuid": [str(article.uuid), *(str(task.uuid) for task in tasks)],
        "object_id": sorted({*keys, *(str(task.pk) for task in tasks)}),
        "pk": sorted(set(keys)),
        "content_type_id": ["1", "2", "7"],
        "app_label": ["annotate", "corpus", "auth"],
        "format": [".json"],
        "url": ["nowhere"],
        "version": ["1.0.0"],
        "story": ["walk"],
        "rest": ["nowhere/"],
        "path": ["articles.jsonl", "manifest.json"],
        "name": ["articles.jsonl"],
        "id": sorted(set(keys)),
        "upload": [str(project.annotation_imports.get().pk)],
        "upload_id": [str(project.annotation_imports.get().pk)],
    }


def rows_of(path: str) -> list[str]:
    """Keys for a page of the admin: of the newest rows of its model, or one that nothing has."""
    model = apps.get_model(*path.split("/")[1:3])
    return [str(row.pk) for row in model._default_manager.order_by("-pk")[:4]] or ["999999999"]


def addresses(project: Project, article: Article) -> Iterator[str]:
    known = values(project, article)
    every = sorted({value for some in known.values() for value in some})
    for path, names in patterns():
        of_path = (
            known | {"object_id": rows_of(path)} if "object_id" in names and "content_type_id" not in names else known
        )
        for chosen in itertools.product(*(of_path.get(name, every) for name in names)):
            yield "/" + path % dict(zip(names, chosen, strict=True))


def said(response: HttpResponseBase) -> str:
    """Everything the response tells: status line aside, headers and body."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[arg-type]
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{headers}\n\n{body.decode('utf-8', 'replace')}"


def leaks(client: Client, project: Project, article: Article, *, enough: Collection[str] = ()) -> dict[str, list[str]]:
    """Addresses whose answer holds a planted value, and which; only until ``enough`` values were found, if given."""
    found: dict[str, list[str]] = {}
    waiting = list(addresses(project, article))
    asked: set[str] = set()
    variants: Counter[str] = Counter()

    def look(address: str, response: HttpResponseBase) -> str:
        text = said(response)
        assert response.status_code != 500, address
        names = [name for name, canary in CANARIES.items() if canary.casefold() in text.casefold()]
        if names:
            found[address] = names
        return text

    while waiting:
        if enough and set(enough) <= {name for names in found.values() for name in names}:
            return found
        address = waiting.pop()
        if address in asked or "logout" in address or address.startswith("/static/"):
            continue
        path, _, query = address.partition("?")
        variants[path] += bool(query)
        if variants[path] > VARIANTS:
            continue
        asked.add(address)
        text = look(address, client.get(address, secure=False))
        links = [link for link in LINK.findall(text) if link.startswith("/")]
        waiting += [link.replace("&amp;", "&") for link in links]
    for address in sorted(asked):
        if "?" not in address:
            look(address, client.post(address, data="{}", content_type="application/json"))
    assert len(asked) > 60
    return found


def autocompletes(client: Client) -> str:
    """What the admin's search fields tell about outlets, articles and imports."""
    told = []
    for model, field in (("article", "story"), ("article", "import_batch"), ("article", "outlet")):
        query = {"app_label": "corpus", "model_name": model, "field_name": field, "term": ""}
        told.append(said(client.get("/admin/autocomplete/", query)))
    query = {"app_label": "annotate", "model_name": "project", "field_name": "articles", "term": ""}
    return "\n".join([*told, said(client.get("/admin/autocomplete/", query))])


def test_the_values_are_planted(article: Article) -> None:
    assert (article.outlet.name, article.byline) == (CANARIES["outlet"], CANARIES["byline"])
    assert CANARIES["byline"] in article.raw
    assert article.published_at.date().isoformat() == CANARIES["date"]
    assert CANARIES["url"] in (article.url or "")
    assert not [canary for canary in CANARIES.values() if canary in article.text]


@pytest.mark.parametrize("name", ["nora", "both"])
def test_an_annotator_finds_no_planted_value_on_any_route(
    name: str, client: Client, project: Project, article: Article
) -> None:
    client.force_login(User.objects.get(username=name))
    claimed = client.post("/projects/blind/claim/")
    assert claimed.status_code == 302
    task = Task.objects.get(annotator__username=name)
    make_mark(task, "FRAME", 0, 9, dimension="economic")
    assert leaks(client, project, article) == {}
    assert not [canary for canary in CANARIES.values() if canary.casefold() in autocompletes(client).casefold()]


def test_the_state_of_a_task_has_no_key_beyond_the_allowed(client: Client, project: Project) -> None:
    client.force_login(User.objects.get(username="nora"))
    client.post("/projects/blind/claim/")
    task = Task.objects.get(annotator__username="nora")
    state = json.loads(client.get(f"/api/v1/tasks/{task.uuid}/").content)
    assert set(state["article"]) == {
        "text",
        "language",
        "n_chars",
        "text_sha256",
        "zones",
        "paragraphs",
        "words",
        "sentences",
    }


def test_a_manager_does_find_them_by_the_same_crawl(client: Client, project: Project, article: Article) -> None:
    client.force_login(User.objects.get(username="mia"))
    wanted = {"outlet", "byline", "url"}
    found = leaks(client, project, article, enough=wanted)
    assert wanted <= {name for names in found.values() for name in names}
