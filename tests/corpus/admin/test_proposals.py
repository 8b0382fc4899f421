"""Proposals of stories in the admin: look for them, confirm, dismiss, merge, take back, and who sees what."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from corpus.grouping_tasks import propose
from corpus.models import Article, Story, StoryProposal
from tests.corpus.admin.test_groups import cells
from tests.corpus.operations.test_stories import DAY, NOW, _articles, _noise, _proposal
from tests.factories import make_article, make_outlet, make_project, make_story, make_user

pytestmark = pytest.mark.django_db
LIST = "admin:corpus_storyproposal_changelist"
PAGE = "admin:corpus_storyproposal_change"
STORIES = "admin:corpus_story_changelist"


@pytest.fixture
def boss(client) -> User:
    user = make_user("boss", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def _three(**fields):
    return [
        make_article(f"Rain on the town {n}\n\nIt rained.", make_outlet(), published_at=DAY, **fields) for n in range(3)
    ]


def test_the_list_shows_open_proposals_with_samples(client, boss):
    articles = _three()
    _proposal(articles)
    _proposal(_articles([9]), make_story("old", title="An old story"), state="dismissed", decided_at=NOW)

    page = client.get(reverse(LIST)).content.decode()
    everything = client.get(reverse(LIST), {"state": "all"}).content.decode()

    assert f"{articles[0].title} · {articles[1].title}" in page
    assert cells(page, "n_articles") == ["3"]
    assert "An old story" not in page
    assert "An old story" in everything


def test_lists_cost_the_same_queries_for_one_proposal_and_for_three(client, boss, django_assert_max_num_queries):
    counts = []
    for n in (1, 2):
        for _ in range(n):
            _proposal([make_article(outlet=make_outlet()), make_article(outlet=make_outlet())], make_story())
        with django_assert_max_num_queries(15) as captured:
            assert client.get(reverse(LIST)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_confirming_puts_the_ticked_into_a_new_story(client, boss):
    articles = _three()
    proposal = _proposal(articles)

    page = client.get(reverse(PAGE, args=[proposal.pk])).content.decode()
    assert all(f'id="article-{a.pk}" aria-label="{a}" checked' in page for a in articles)
    assert 'value="rain-on-the-town-0"' in page
    answer = client.post(
        reverse(PAGE, args=[proposal.pk]),
        {"article": [a.pk for a in articles[:2]], "title": "Rain", "slug": "rain", "story": "", "confirm": "x"},
    )

    assert answer.status_code == 302
    assert list(Story.objects.get(slug="rain").articles.order_by("pk")) == articles[:2]
    assert list(proposal.members.order_by("article").values_list("taken", flat=True)) == [True, True, False]


def test_a_refusal_keeps_what_was_ticked(client, boss):
    articles = _three()
    proposal = _proposal(articles)

    answer = client.post(
        reverse(PAGE, args=[proposal.pk]), {"article": [articles[1].pk], "title": "Rain", "slug": "rain"}
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Tick at least two" in page
    assert f'id="article-{articles[1].pk}" aria-label="{articles[1]}" checked' in page
    assert f'id="article-{articles[0].pk}" aria-label="{articles[0]}" checked' not in page


def test_a_decision_is_taken_back(client, boss):
    articles = _three()
    proposal = _proposal(articles)
    address = reverse(PAGE, args=[proposal.pk])
    client.post(address, {"article": [a.pk for a in articles], "title": "Rain", "slug": "rain"})
    assert "Take this decision back" in client.get(address).content.decode()

    client.post(address, {"reopen": "x"})

    assert StoryProposal.objects.get().state == "proposed"
    assert not Story.objects.exists()


def test_dismissing_from_the_page_and_from_the_list(client, boss):
    first, second = _proposal(_three()), _proposal(_articles([5, 5]))

    client.post(reverse(PAGE, args=[first.pk]), {"dismiss": "x"})
    form = {"action": "dismiss", "_selected_action": [second.pk]}
    asked = client.post(reverse(LIST), form)
    assert "will not be proposed together again" in asked.content.decode()
    client.post(reverse(LIST), form | {"confirmed": "yes"})

    assert set(StoryProposal.objects.values_list("state", "decided_by")) == {("dismissed", boss.pk)}


def test_proposals_are_merged_from_the_list(client, boss):
    proposals = [_proposal(_three()), _proposal(_articles([5, 5]))]

    client.post(reverse(LIST), {"action": "merge", "_selected_action": [p.pk for p in proposals]})

    assert StoryProposal.objects.get().members.count() == 5


def test_the_worker_looks_for_stories_and_the_list_says_what_came_of_it(client, boss, settings):
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    _articles([1, 1])
    _noise()

    assert client.get(reverse("admin:corpus_storyproposal_run")).status_code == 405
    assert (
        "2026-11-01"
        in client.post(reverse("admin:corpus_storyproposal_run"), {"since": "soon"}, follow=True).content.decode()
    )
    assert propose.call() == {"compared": 14, "made": 1, "kept": 0, "gone": 0}
    assert propose.call(since="2026-11-02") == {"compared": 0, "made": 0, "kept": 0, "gone": 0}


def test_a_queued_run_is_told(client, boss):
    client.post(reverse("admin:corpus_storyproposal_run"), {"since": "2026-11-01"})

    assert "The worker is looking for stories" in client.get(reverse(LIST)).content.decode()


def test_a_manager_confirms_own_articles_and_leaves_the_others_undecided(client):
    mia = make_user("mia", is_staff=True)
    articles = _three()
    proposal, foreign = _proposal(articles), _proposal(_articles([5, 5]))
    make_project(articles=articles[:2], members={mia: "manager"})
    client.force_login(mia)

    page = client.get(reverse(PAGE, args=[proposal.pk])).content.decode()
    assert articles[2].title not in page
    assert client.get(reverse(PAGE, args=[foreign.pk])).status_code == 404
    client.post(reverse(PAGE, args=[proposal.pk]), {"dismiss": "x"})
    assert StoryProposal.objects.get(pk=proposal.pk).state == "proposed"
    client.post(
        reverse(PAGE, args=[proposal.pk]),
        {"article": [a.pk for a in articles], "title": "Rain", "slug": "rain"},
    )

    assert list(Story.objects.get(slug="rain").articles.order_by("pk")) == articles[:2]
    assert list(proposal.members.order_by("article").values_list("taken", flat=True)) == [True, True, None]


def test_a_proposal_for_a_story_of_others_is_not_seen(client):
    mia = make_user("mia", is_staff=True)
    [mine] = _articles([1])
    story = make_story("secret", title="Secret story")
    _articles([1], story=story)
    proposal = _proposal([mine], story)
    make_project(articles=[mine], members={mia: "manager"})
    client.force_login(mia)

    assert client.get(reverse(PAGE, args=[proposal.pk])).status_code == 404
    assert "Secret" not in client.get(reverse(LIST)).content.decode()


def test_stories_are_merged_into_the_one_that_stays(client, boss):
    stay, go = make_story("stay"), make_story("go")
    [article] = _articles([1], story=go)
    form = {"action": "merge", "_selected_action": [stay.pk, go.pk]}

    assert "The story that stays" in client.post(reverse(STORIES), form).content.decode()
    assert client.post(reverse(STORIES), form | {"confirmed": "yes", "into": ""}).status_code == 422
    client.post(reverse(STORIES), form | {"confirmed": "yes", "into": stay.pk})

    assert list(Story.objects.all()) == [stay]
    article.refresh_from_db()
    assert article.story == stay


def test_stories_are_dissolved_after_a_question(client, boss):
    story = make_story()
    _articles([1], story=story)
    form = {"action": "dissolve", "_selected_action": [story.pk]}

    client.post(reverse(STORIES), form)
    assert Story.objects.exists()
    client.post(reverse(STORIES), form | {"confirmed": "yes"})

    assert not Story.objects.exists()
    assert Article.objects.get().story is None


def test_a_manager_does_not_touch_stories_with_articles_of_others(client):
    mia = make_user("mia", is_staff=True)
    story, own = make_story("shared"), make_story("own")
    [mine, _theirs] = _articles([1, 1], story=story)
    make_project(articles=[mine, *_articles([2], story=own)], members={mia: "manager"})
    client.force_login(mia)

    for action, rows in (("merge", [story.pk, own.pk]), ("dissolve", [story.pk])):
        client.post(
            reverse(STORIES),
            {"action": action, "_selected_action": rows, "confirmed": "yes", "into": own.pk},
        )

    assert Story.objects.count() == 2


def test_articles_move_to_another_story(client, boss):
    story = make_story("there")
    articles = _articles([1, 2])
    form = {"action": "move_to_story", "_selected_action": [a.pk for a in articles]}
    address = reverse("admin:corpus_article_changelist")

    assert "Which story" in client.post(address, form).content.decode()
    client.post(address, form | {"confirmed": "yes", "story": story.pk})
    assert story.articles.count() == 2
    client.post(address, form | {"confirmed": "yes", "story": ""})
    assert story.articles.count() == 0
