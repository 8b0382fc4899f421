"""The page of agreement: what it shows, its files, and that every "what is this?" has its words."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest

from annotate.dashboard.drawings import DRAWINGS
from annotate.dashboard.tables import TABLES, csv_text
from annotate.operations.figures import compute_project
from annotate.operations.scoring import refresh_article
from corpus.models import Article
from tests.factories import make_article, make_member, make_outlet, make_project, make_reading, make_user

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def scene():
    """Three annotators of two articles, of whom one finds less; rui researches, ada adjudicates, max manages."""
    people = {name: make_user(name) for name in ("mara", "noor", "ivo", "rui", "ada", "max")}
    roles = dict.fromkeys(("mara", "noor", "ivo"), "annotator")
    roles |= {"rui": "researcher", "ada": "adjudicator", "max": "manager"}
    project = make_project(
        title="Caravan", slug="caravan", members={people[name]: role for name, role in roles.items()}
    )
    for number in range(2):
        article = make_article(f"=Headline {number}\n\nAbout 7,500 people left the town on Sunday, officials said.")
        marks = [("FRAME", 0, 10), ("QUANTITY", 13, 24)]
        make_reading(project, article, people["mara"], marks)
        make_reading(project, article, people["noor"], marks)
        make_reading(project, article, people["ivo"], [("QUANTITY", 13 + number, 24)])
        refresh_article(project=project, article=article)
    compute_project(project=project, bootstrap=20)
    return project, people


def test_agreement_and_its_files_are_hidden_from_who_may_not_see_it(client, scene):
    project, people = scene

    for user in (make_user(), people["mara"]):
        client.force_login(user)
        for page in ("", "labels.csv", "labels.svg"):
            assert client.get(f"/projects/{project.slug}/agreement/{page}").status_code == 404


def test_what_does_not_exist_is_not_found(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    for name in ("nothing.csv", "nothing.svg", "figures.svg", "labels.xml"):
        assert client.get(f"/projects/{project.slug}/agreement/{name}").status_code == 404


def test_every_button_opens_a_text_that_is_there(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    for page in ("", "agreement/"):
        source = client.get(f"/projects/{project.slug}/{page}").content.decode()
        wanted = set(re.findall(r'popovertarget="(what-\w+)"', source))
        assert wanted
        assert wanted == set(re.findall(r'id="(what-\w+)" popover', source))


def test_an_element_has_an_id_of_its_own(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    ids = re.findall(r'\sid="([^"]+)"', client.get(f"/projects/{project.slug}/agreement/").content.decode())

    assert sorted(ids) == sorted(set(ids))


def test_a_table_is_a_rectangle_with_named_columns(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    for name in TABLES:
        response = client.get(f"/projects/{project.slug}/agreement/{name}.csv")
        header, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
        assert response.headers["Content-Disposition"] == f'attachment; filename="caravan-agreement-{name}.csv"'
        assert len(set(header)) == len(header), name
        assert {len(row) for row in rows} <= {len(header)}, name
        assert "None" not in response.content.decode(), name


def test_an_undefined_figure_is_an_empty_cell_with_its_reason(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    text = client.get(f"/projects/{project.slug}/agreement/labels.csv").content.decode("utf-8-sig")
    rows = {row["label"]: row for row in csv.DictReader(io.StringIO(text)) if row["label"]}

    assert (rows["SOURCE"]["alpha_value"], "nothing varies" in rows["SOURCE"]["alpha_reason"]) == ("", True)
    assert float(rows["FRAME"]["alpha_value"]) < 1
    assert (rows["FRAME"]["alpha_reason"], rows["FRAME"]["alpha_interval_unreliable"]) == ("", "true")
    assert list(rows) == ["FRAME", "SOURCE", "CONTENT", "QUANTITY"]


def test_every_figure_is_tabulated_under_its_whole_name(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    text = client.get(f"/projects/{project.slug}/agreement/figures.csv").content.decode("utf-8-sig")
    names = [row["metric"] for row in csv.DictReader(io.StringIO(text))]

    assert {"char_alpha_label:FRAME", "attribute_alpha_nominal:FRAME.dimension"} <= set(names)
    assert len(names) == len(set(names))


def test_words_in_a_table_do_not_act_as_a_formula(client, scene):
    project, people = scene
    client.force_login(people["rui"])

    text = client.get(f"/projects/{project.slug}/agreement/articles.csv").content.decode("utf-8-sig")

    assert {row["headline"] for row in csv.DictReader(io.StringIO(text))} == {"'=Headline 0", "'=Headline 1"}
    assert csv_text([["a", None, 0.1]]) == "\ufeffa,,0.1\r\n"


def test_a_plot_stands_alone(client, scene):
    """Colours are in attributes, as a file has no style sheet; and the policy allows no styles in it."""
    project, people = scene
    client.force_login(people["rui"])

    for name in DRAWINGS:
        response = client.get(f"/projects/{project.slug}/agreement/{name}.svg")
        source = response.content.decode()
        tree = ElementTree.fromstring(source)
        assert response.headers["Content-Type"] == "image/svg+xml"
        assert (tree.tag, tree.get("role"), tree.get("font-family")) == (f"{SVG}svg", "img", "sans-serif")
        assert all(tree.find(f"{SVG}{tag}").text for tag in ("title", "desc")), name
        assert not [word for word in ("style=", "<style", "var(") if word in source], name
        for shape in tree.iter():
            if shape.tag in {f"{SVG}circle", f"{SVG}line", f"{SVG}polyline", f"{SVG}path"}:
                assert shape.get("fill") or shape.get("stroke"), ElementTree.tostring(shape)


def test_people_are_named_as_the_role_allows(client, scene):
    project, people = scene
    pseudonym = project.memberships.get(user=people["mara"]).pseudonym

    told = {}
    for name in ("rui", "max"):
        client.force_login(people[name])
        page = client.get(f"/projects/{project.slug}/agreement/").content.decode()
        table = client.get(f"/projects/{project.slug}/agreement/pairs.csv").content.decode()
        plot = client.get(f"/projects/{project.slug}/agreement/without-one.svg").content.decode()
        told[name] = [("mara" in text, pseudonym in text) for text in (page, table, plot)]

    assert told["rui"] == [(False, True)] * 3
    assert told["max"] == [(True, False)] * 3


def test_a_project_without_readings_has_no_empty_plots(client):
    rui = make_user()
    project = make_project(members={rui: "researcher"})
    client.force_login(rui)

    response = client.get(f"/projects/{project.slug}/agreement/")

    assert "Nothing to compare yet" in words(response)
    assert b'<svg class="plot' not in response.content
    for name in TABLES:
        assert client.get(f"/projects/{project.slug}/agreement/{name}.csv").status_code == 200
    for name in DRAWINGS:
        assert client.get(f"/projects/{project.slug}/agreement/{name}.svg").status_code == 200


def test_the_page_says_that_figures_are_out_of_date(client, scene):
    project, people = scene
    client.force_login(people["rui"])
    refresh_article(project=project, article=project.articles.first())

    page = words(client.get(f"/projects/{project.slug}/agreement/"))

    assert "Readings came in since these figures were computed" in page
    assert "Compute now" in page


def test_competence_is_a_score_with_its_caveat(client, scene):
    project, people = scene
    client.force_login(people["max"])
    address = f"/projects/{project.slug}/agreement/"

    page = words(client.get(address))
    text = client.get(f"{address}competence.csv").content.decode("utf-8-sig")
    rows = {(row["annotator"], row["label"]): row for row in csv.DictReader(io.StringIO(text))}

    assert "not a verdict on a person" in page
    assert "Source: undefined: nothing varies." in page
    assert float(rows["mara", "FRAME"]["sensitivity"]) > 0.99
    assert float(rows["ivo", "FRAME"]["sensitivity"]) < 0.01
    assert {label for _, label in rows} == {"FRAME", "QUANTITY"}


def test_two_former_members_are_two_rows(client, scene):
    project, people = scene
    project.memberships.filter(user__in=[people["mara"], people["noor"]]).delete()
    client.force_login(people["rui"])

    page = client.get(f"/projects/{project.slug}/agreement/").context["page"]

    assert [name for name, _ in page.competence.rows].count("former member") == 2


def test_of_two_readers_there_is_no_competence(client):
    rui, project = make_user(), make_project()
    make_member(project, rui, "researcher")
    article = make_article()
    for _ in range(2):
        make_reading(project, article, make_user(), [("FRAME", 0, 5)])
    refresh_article(project=project, article=article)
    compute_project(project=project, bootstrap=10)
    client.force_login(rui)

    assert "Competence by" not in words(client.get(f"/projects/{project.slug}/agreement/"))


def test_a_part_says_how_many_articles_it_has(client, scene):
    project, people = scene
    first = Article.objects.filter(projects=project).earliest("pk")
    Article.objects.filter(pk=first.pk).update(outlet=make_outlet("Northgate Wire", slug="northgate"))
    make_outlet("Elsewhere", slug="elsewhere")
    client.force_login(people["rui"])
    address = f"/projects/{project.slug}/agreement/"

    assert "1 of 2 articles that two or more people read" in words(client.get(f"{address}?outlet=northgate"))
    plot = client.get(f"{address}labels.svg?outlet=northgate")
    assert re.search(r'"caravan-agreement-part-\w{8}-labels.svg"', plot.headers["Content-Disposition"])
    assert b"Agreement per label and layer (outlet: " in plot.content
    empty = words(client.get(f"{address}?outlet=elsewhere"))
    assert "0 of 2 articles that two or more people read" in empty
    assert "nothing to compare in this part: widen a filter" in empty
    assert "articles that two or more people read" not in words(client.get(address)).partition("By label")[0]
