"""The labelling page: who may open it, what it costs, what it says."""

import pytest
from django.urls import reverse

from tests.factories import (
    codebook_content,
    make_article,
    make_codebook,
    make_mark,
    make_outlet,
    make_project,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


def make_own_task(outlet="", **fields):
    annotator = make_user()
    project = make_project(members={annotator: "annotator"}, **fields)
    article = make_article("Head & line\n\nThe <b>town</b> 😀 left.", outlet=make_outlet(outlet))
    return make_task(project, article, annotator)


def open_page(client, task, user=None):
    client.force_login(user or task.annotator)
    return client.get(reverse("annotate:task", args=[task.uuid]))


def test_the_first_paint_has_headline_paragraphs_and_marks(client):
    task = make_own_task()
    span = make_mark(task, "SOURCE", 13, 28)
    html = open_page(client, task).content.decode()
    assert '<h1 data-start="0">Head &amp; line</h1>' in html
    assert f'<p data-start="13" data-zone="body"><mark data-span-ids="{span.pk}"' in html
    assert ">The &lt;b&gt;town&lt;/b&gt;</mark> 😀 left.</p>" in html


@pytest.mark.parametrize("marks", [0, 3])
def test_opening_takes_a_constant_number_of_queries(client, django_assert_num_queries, marks):
    task = make_own_task()
    for start in range(marks):
        make_mark(task, "SOURCE", 13 + start, 20)
    open_page(client, task)
    # the session with its user; the task with all that belongs to it
    with django_assert_num_queries(2):
        client.get(reverse("annotate:task", args=[task.uuid]))


def test_the_page_is_kept_by_no_cache_but_for_a_moment_where_it_was_fetched_ahead(client):
    task = make_own_task()
    assert "no-store" in open_page(client, task)["Cache-Control"]
    ahead = client.get(reverse("annotate:task", args=[task.uuid]), headers={"Sec-Purpose": "prefetch;prerender"})
    assert set(ahead["Cache-Control"].split(", ")) == {"private", "max-age=20"}


def test_two_codebooks_of_one_shape_are_not_mixed_up(client):
    """What a codebook draws is kept between requests, under its content."""
    for name in ("Frame", "Cadre"):
        content = codebook_content(name=f"book-{name.lower()}")
        content["layers"][0]["labels"][0]["name"] = name
        task = make_own_task(codebook=make_codebook(content))
        html = open_page(client, task).content.decode()
        assert html.count(f'<span class="tag__name">{name}</span>') == 3


def test_a_stranger_gets_404_and_somebody_signed_out_the_sign_in_page(client):
    task = make_own_task()
    assert open_page(client, task, make_user()).status_code == 404
    client.logout()
    response = client.get(reverse("annotate:task", args=[task.uuid]))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("login"))


def test_a_member_who_lost_the_role_gets_404(client):
    task = make_own_task()
    task.project.memberships.all().delete()
    assert open_page(client, task).status_code == 404


def test_another_annotator_of_the_project_gets_404(client):
    task = make_own_task()
    other = make_user()
    task.project.memberships.create(user=other, role="annotator")
    assert open_page(client, task, other).status_code == 404


def test_a_blind_project_shows_no_outlet_and_another_does(client):
    blind = make_own_task("The Canary Herald", blind_fields=["outlet"])
    seen = make_own_task("The Yellow Herald", blind_fields=[])
    assert "Herald" not in open_page(client, blind).content.decode()
    assert "<span>The Yellow Herald</span>" in open_page(client, seen).content.decode()


def test_the_managers_note_stands_above_a_returned_text(client):
    task = make_own_task()
    task.state, task.note, task.submitted_at = "returned", "Please link <every> source.", task.claimed_at
    task.save()
    assert "Please link &lt;every&gt; source." in open_page(client, task).content.decode()


def test_guidelines_are_rendered_and_cannot_bring_script(client):
    task = make_own_task(guidelines="Mark **little**.\n\n<script>alert(1)</script> [x](javascript:alert(1))")
    html = open_page(client, task).content.decode()
    assert "<strong>little</strong>" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert 'href="javascript' not in html


def test_nothing_is_inline(client):
    response = open_page(client, make_own_task())
    html = response.content.decode()
    assert response["Content-Security-Policy"].startswith("default-src 'self'")
    assert " style=" not in html
    assert " onclick=" not in html
    assert html.count("<script") == html.count("<script src=") + html.count('<script type="module" src=') + 1
    assert '<script id="task-state" type="application/json">' in html
