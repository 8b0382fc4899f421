"""Stories: what is proposed, and what people make of it."""

import itertools
import json
import random
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from corpus.errors import Refusal
from corpus.models import Article, Story, StoryProposal, StoryProposalArticle
from corpus.operations.stories import (
    Proposals,
    confirm_proposal,
    dismiss_proposal,
    dissolve_story,
    free_slug,
    merge_proposals,
    merge_stories,
    move_articles,
    propose_stories,
    reopen_proposal,
)
from tests.corpus.test_storylines import report_on
from tests.factories import make_article, make_project, make_story, make_task, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
_seeds = itertools.count(100)


def _articles(events, **fields):
    """One article for each event named, in a wording of its own; background events keep the weights steady."""
    return [
        make_article(f"Report on {event}\n\n{report_on(event, next(_seeds))}", **{"published_at": DAY} | fields)
        for event in events
    ]


def _noise(**fields):
    return _articles(range(50, 62), **fields)


def _open():
    """(story, articles) of every open proposal."""
    return sorted(
        (proposal.story_id, sorted(proposal.members.values_list("article", flat=True)))
        for proposal in StoryProposal.objects.filter(state="proposed")
    )


def _proposal(articles, story=None, **fields):
    made = StoryProposal.objects.create(story=story, score=0.4, made_at=NOW, **fields)
    for article in articles:
        StoryProposalArticle.objects.create(proposal=made, article=article, score=0.4)
    return made


def test_nothing_is_grouped_until_somebody_confirms():
    articles = _articles([1, 1, 1, 2, 2])
    _noise()

    done = propose_stories(now=NOW)

    assert done == Proposals(compared=17, made=2, kept=0, gone=0)
    assert _open() == [(None, [a.pk for a in articles[:3]]), (None, [a.pk for a in articles[3:]])]
    assert not Article.objects.exclude(story=None).exists()
    assert not Story.objects.exists()
    assert set(StoryProposal.objects.values_list("first_date", "last_date")) == {(date(2026, 11, 1), date(2026, 11, 1))}


def test_proposing_again_keeps_open_proposals_and_drops_those_that_no_longer_hold():
    articles = _articles([1, 1, 1, 2, 2])
    _noise()
    propose_stories(now=NOW)
    before = set(StoryProposal.objects.values_list("pk", flat=True))
    move_articles(articles=[articles[4].pk], story=make_story())

    done = propose_stories(now=NOW)

    # The one that is left is proposed for the story that the other went to.
    assert (done.made, done.kept, done.gone) == (1, 1, 1)
    assert len(before & set(StoryProposal.objects.values_list("pk", flat=True))) == 1


def test_a_new_article_is_proposed_for_the_story_that_is_there():
    story = make_story()
    articles = [*_articles([1, 1], story=story), *_articles([1])]
    _noise()

    propose_stories(now=NOW)

    assert _open() == [(story.pk, [articles[2].pk])]


def test_since_leaves_older_articles_and_their_proposals_alone():
    old = _articles([1, 1], published_at=datetime(2026, 1, 1, tzinfo=UTC))
    _noise()
    propose_stories(now=NOW)

    done = propose_stories(now=NOW, since=date(2026, 10, 1))

    assert done.compared == 12
    assert _open() == [(None, [article.pk for article in old])]


def test_superseded_versions_are_not_proposed():
    old = _articles([1])[0]
    new = make_article(f"Better\n\n{old.text}", version=2, supersedes=old, published_at=DAY)
    _noise()

    propose_stories(now=NOW)

    assert _open() == []
    assert new.pk


def test_confirming_makes_a_story_of_the_ticked_articles():
    articles = _articles([1, 1, 1])
    proposal, boss = _proposal(articles), make_user()

    story = confirm_proposal(
        proposal=proposal,
        taken=[articles[0].pk, articles[1].pk],
        left=[articles[2].pk],
        title="Rain on the town",
        by=boss,
        now=NOW,
    )

    assert (story.slug, story.title, story.date) == ("rain-on-the-town", "Rain on the town", date(2026, 11, 1))
    assert sorted(story.articles.values_list("pk", flat=True)) == [articles[0].pk, articles[1].pk]
    proposal.refresh_from_db()
    assert (proposal.state, proposal.story, proposal.made_story, proposal.decided_by, proposal.decided_at) == (
        "confirmed", story, True, boss, NOW,
    )  # fmt: skip
    assert list(proposal.members.order_by("article").values_list("taken", flat=True)) == [True, True, False]


def test_what_was_left_out_is_not_proposed_for_that_story_again():
    articles = _articles([1, 1, 1])
    _noise()
    propose_stories(now=NOW)
    confirm_proposal(
        proposal=StoryProposal.objects.get(),
        taken=[articles[0].pk, articles[1].pk],
        left=[articles[2].pk],
        title="Rain",
        now=NOW,
    )

    assert propose_stories(now=NOW).made == 0


def test_what_was_dismissed_is_not_proposed_again_but_others_are():
    articles = _articles([1, 1])
    _noise()
    propose_stories(now=NOW)
    dismiss_proposal(proposal=StoryProposal.objects.get(), now=NOW)

    assert propose_stories(now=NOW).made == 0
    third = make_article(f"More\n\n{report_on(1, 900)}", published_at=DAY)
    propose_stories(now=NOW)
    [(_, members)] = _open()
    assert third.pk in members
    assert len(members) == 2
    assert set(members) < {third.pk, *(article.pk for article in articles)}


@pytest.mark.parametrize(
    ("ticked", "fields", "words"),
    [
        (1, {"title": "Rain"}, "at least two"),
        (0, {"title": "Rain"}, "at least two"),
        (2, {"title": "Rain", "slug": "taken"}, "already"),
    ],
    ids=["one", "none", "slug"],
)
def test_confirming_is_refused(ticked, fields, words):
    make_story("taken")
    articles = _articles([1, 1])
    proposal = _proposal(articles)

    with pytest.raises(Refusal, match=words):
        confirm_proposal(proposal=proposal, taken=[a.pk for a in articles[:ticked]], now=NOW, **fields)

    assert StoryProposal.objects.get().state == "proposed"
    assert not Article.objects.exclude(story=None).exists()


def test_an_article_that_went_elsewhere_meanwhile_is_not_taken_away():
    articles = _articles([1, 1, 1])
    proposal = _proposal(articles)
    move_articles(articles=[articles[0].pk], story=make_story())

    with pytest.raises(Refusal, match="another story"):
        confirm_proposal(proposal=proposal, taken=[a.pk for a in articles], title="Rain", now=NOW)


def test_a_decided_proposal_is_not_decided_again():
    articles = _articles([1, 1])
    proposal = _proposal(articles)
    dismiss_proposal(proposal=proposal, now=NOW)

    with pytest.raises(Refusal, match="dismissed already"):
        confirm_proposal(proposal=proposal, taken=[a.pk for a in articles], title="Rain", now=NOW)


def test_taking_a_confirmation_back_frees_the_articles_and_deletes_the_story_it_made():
    articles = _articles([1, 1])
    proposal = _proposal(articles)
    confirm_proposal(proposal=proposal, taken=[a.pk for a in articles], title="Rain", now=NOW)

    reopen_proposal(proposal=proposal)

    assert not Story.objects.exists()
    assert _open() == [(None, [a.pk for a in articles])]
    assert set(StoryProposalArticle.objects.values_list("taken", flat=True)) == {None}


def test_taking_back_an_addition_leaves_the_story_as_it_was():
    story = make_story()
    [before] = _articles([1], story=story)
    [added] = _articles([1])
    proposal = _proposal([added], story)
    confirm_proposal(proposal=proposal, taken=[added.pk], story=story, now=NOW)

    reopen_proposal(proposal=proposal)

    assert list(story.articles.all()) == [before]
    assert _open() == [(story.pk, [added.pk])]


@pytest.mark.parametrize("undo", ["reopen", "dissolve"])
def test_a_story_that_people_read_is_not_taken_back(undo):
    articles = _articles([1, 1])
    proposal = _proposal(articles)
    story = confirm_proposal(proposal=proposal, taken=[a.pk for a in articles], title="Rain", now=NOW)
    make_task(make_project(articles=articles[:1]), articles[0])

    with pytest.raises(Refusal, match="to read"):
        reopen_proposal(proposal=proposal) if undo == "reopen" else dissolve_story(story=story)

    assert story.articles.count() == 2


def test_dissolving_frees_all_articles_and_opens_what_made_the_story():
    articles = _articles([1, 1])
    proposal = _proposal(articles)
    story = confirm_proposal(proposal=proposal, taken=[a.pk for a in articles], title="Rain", now=NOW)
    _articles([1], story=story)

    assert dissolve_story(story=story) == 3

    assert _open() == [(None, [a.pk for a in articles])]
    assert not Story.objects.exists()


def test_merging_proposals_unites_their_articles():
    articles = _articles([1, 1, 1, 1])
    story = make_story()
    first, second = _proposal(articles[:3]), _proposal(articles[2:], story)

    merged = merge_proposals(proposals=[second.pk, first.pk])

    assert merged == first
    assert _open() == [(story.pk, [a.pk for a in articles])]


def test_proposals_for_different_stories_are_not_merged():
    articles = _articles([1, 1])
    proposals = [_proposal([article], make_story()) for article in articles]

    with pytest.raises(Refusal, match="different stories"):
        merge_proposals(proposals=[proposal.pk for proposal in proposals])


def test_merging_stories_moves_articles_and_proposals():
    into, other = make_story(date=date(2026, 11, 5)), make_story(date=date(2026, 11, 2))
    moved = _articles([1, 2], story=other)
    proposal = _proposal(_articles([3]), other)

    assert merge_stories(into=into, others=[other]) == 2

    assert list(Story.objects.values_list("pk", "date")) == [(into.pk, date(2026, 11, 2))]
    assert set(into.articles.all()) == set(moved)
    proposal.refresh_from_db()
    assert proposal.story == into


def test_a_story_is_not_merged_with_itself():
    story = make_story()

    with pytest.raises(Refusal):
        merge_stories(into=story, others=[story])

    assert Story.objects.exists()


def test_moving_counts_the_articles_that_were_elsewhere():
    here, there = make_story(), make_story()
    articles = [*_articles([1], story=here), *_articles([2], story=there), *_articles([3])]

    assert move_articles(articles=[a.pk for a in articles], story=here) == 2
    assert move_articles(articles=[a.pk for a in articles], story=None) == 3


def test_free_slugs_do_not_collide():
    make_story("rain")

    assert [free_slug("Rain!"), free_slug("雨"), free_slug("x" * 200)] == ["rain-2", "story", "x" * 90]


def test_the_command_prints_what_it_did():
    _articles([1, 1])
    _noise()
    out = StringIO()

    call_command("propose_stories", "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"compared": 14, "made": 1, "kept": 0, "gone": 0}


@pytest.mark.parametrize(
    ("option", "words"),
    [("--since=yesterday", "2026-11-01"), ("--days=-1", "0 or more"), ("--similarity=0", "over 0")],
)
def test_the_command_refuses_odd_options(option, words):
    with pytest.raises(CommandError, match=words):
        call_command("propose_stories", option)


def test_proposing_asks_the_same_number_of_questions_for_few_and_for_many_articles(django_assert_max_num_queries):
    counts = []
    for _ in range(2):
        _articles(random.Random(1).sample(range(100, 200), 20))
        with django_assert_max_num_queries(15) as captured:
            propose_stories(now=NOW, least=0.95)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a_decided_proposal_says_when", lambda _a: _proposal([], state="dismissed")),
        ("a_confirmed_proposal_has_its_story", lambda _a: _proposal([], state="confirmed", decided_at=NOW)),
        ("a_proposal_scores_from_0_to_1", lambda _a: StoryProposal.objects.create(score=1.1, made_at=NOW)),
        ("an_article_is_proposed_once_in_a_proposal", lambda a: _proposal([a, a])),
        (
            "a_proposed_article_scores_from_0_to_1",
            lambda a: StoryProposalArticle.objects.create(proposal=_proposal([]), article=a, score=-1),
        ),
    ],
)
def test_the_tables_refuse(name, write):
    article = make_article()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write(article)
