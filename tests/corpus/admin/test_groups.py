"""Near-duplicate groups in the admin: list, page, splitting, merging, and who sees what."""

import random
import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from corpus.models import DuplicateGroup, NotDuplicates
from corpus.operations.duplicates import link_missing
from tests.corpus import edits
from tests.factories import make_article, make_outlet, make_project, make_story, make_user

pytestmark = pytest.mark.django_db
LIST = "admin:corpus_duplicategroup_changelist"
PAGE = "admin:corpus_duplicategroup_change"
DAY = datetime(2026, 11, 1, tzinfo=UTC)


def cells(page: str, name: str) -> list[str]:
    """What stands in a column of a list."""
    return re.findall(rf'<td class="field-{name}[^"]*">([^<]*)</td>', page)


@pytest.fixture
def boss(client) -> User:
    user = make_user("boss", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def _group(seed=1, n=2, **fields):
    """A linked group of edited copies, each under an outlet of its own."""
    text = edits.make_text(random.Random(seed))
    texts = [edits.change_words(text, random.Random(number)) if number else text for number in range(n)]
    articles = [make_article(one, make_outlet(), published_at=DAY, **fields) for one in texts]
    link_missing(now=DAY)
    articles[0].refresh_from_db()
    return DuplicateGroup.objects.get(pk=articles[0].near_duplicate_group), articles


def test_the_list_says_how_many_where_and_when(client, boss):
    _, articles = _group(n=6)

    page = client.get(reverse(LIST)).content.decode()

    assert articles[0].title in page
    assert cells(page, "n_articles") == ["6"]
    assert "and 2 more" in page
    assert cells(page, "dates") == ["2026-11-01"]


def test_lists_cost_the_same_queries_for_one_group_and_for_three(client, boss, django_assert_max_num_queries):
    counts = []
    for seeds in ([1], [2, 3]):
        for seed in seeds:
            _group(seed)
        with django_assert_max_num_queries(15) as captured:
            assert client.get(reverse(LIST)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_list_is_narrowed_by_story_and_outlet(client, boss):
    story = make_story()
    _, inside = _group(1, story=story)
    _, outside = _group(2)

    for query in ({"story": story.pk}, {"outlet": inside[1].outlet_id}):
        page = client.get(reverse(LIST), query).content.decode()
        assert inside[0].title in page
        assert outside[0].title not in page


def test_a_group_s_page_shows_two_texts_side_by_side(client, boss):
    group, articles = _group(n=3)

    page = client.get(reverse(PAGE, args=[group.pk]), {"one": articles[1].pk, "other": articles[2].pk}).content.decode()

    assert page.count("<del>") > 0
    assert page.count("<ins>") > 0
    assert "style=" not in page
    assert all(f'value="{article.pk}"' in page for article in articles)


@pytest.mark.parametrize("address", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_there_is_no_such_group(client, boss, address):
    assert client.get(reverse(PAGE, args=[address])).status_code == 404


def test_ticked_articles_are_split_off_and_remembered(client, boss):
    group, articles = _group(n=3)

    answer = client.post(reverse(PAGE, args=[group.pk]), {"article": [articles[2].pk, "nonsense"]}, follow=True)

    assert "no duplicates of the others" in answer.content.decode()
    articles[2].refresh_from_db()
    assert articles[2].near_duplicate_group is None
    assert NotDuplicates.objects.filter(decided_by=boss).count() == 2


def test_nothing_ticked_is_said(client, boss):
    group, _ = _group()

    assert "Choose articles" in client.post(reverse(PAGE, args=[group.pk]), {}, follow=True).content.decode()


def test_groups_are_merged_after_a_question(client, boss):
    groups = [_group(seed)[0] for seed in (1, 2)]
    form = {"action": "merge", "_selected_action": [str(group.pk) for group in groups]}

    asked = client.post(reverse(LIST), form)
    assert "4 articles will be one group" in asked.content.decode()
    assert DuplicateGroup.objects.count() == 2

    done = client.post(reverse(LIST), form | {"confirmed": "yes"}, follow=True)
    assert "one now" in done.content.decode()
    assert DuplicateGroup.objects.count() == 1
    assert f"by {boss}" in done.content.decode()


def test_a_manager_sees_and_splits_only_articles_of_own_projects(client):
    mia = make_user("mia", is_staff=True)
    group, articles = _group(n=3)
    foreign, _ = _group(2)
    make_project(articles=articles[:2], members={mia: "manager"})
    client.force_login(mia)

    listed = client.get(reverse(LIST)).content.decode()
    page = client.get(reverse(PAGE, args=[group.pk])).content.decode()
    client.post(reverse(PAGE, args=[group.pk]), {"article": [articles[2].pk]})

    assert cells(listed, "n_articles") == ["2"]
    assert "1 further article" in page
    assert articles[2].outlet.name not in page + listed
    assert client.get(reverse(PAGE, args=[foreign.pk])).status_code == 404
    articles[2].refresh_from_db()
    assert articles[2].near_duplicate_group == group.pk


def test_staff_without_a_project_see_no_group(client):
    group, _ = _group()
    client.force_login(make_user("clerk", is_staff=True))

    assert client.get(reverse(PAGE, args=[group.pk])).status_code in (302, 403, 404)
    assert client.get(reverse(LIST)).status_code in (302, 403)
