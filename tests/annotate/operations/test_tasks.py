"""Tasks: slots, claiming, leases, and the ways a task ends."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from annotate.errors import Conflict, Incomplete, Refusal
from annotate.models import Membership, Project, ProjectArticle, Task
from annotate.operations.marks import apply_operations
from annotate.operations.tasks import (
    claim_task,
    ensure_slots,
    expire_leases,
    hand_back,
    reassign_task,
    renew_lease,
    return_task,
    skip_task,
    submit_task,
)
from tests.factories import make_article, make_member, make_project, make_story, make_task, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def labelled_project(articles: int = 3, k: int = 1, **fields: object) -> Project:
    project = make_project(articles=[make_article() for _ in range(articles)], annotators_per_article=k, **fields)
    ensure_slots(project=project)
    return project


def annotator_of(project: Project, **fields: object) -> User:
    user = make_user()
    make_member(project, user, **fields)
    return user


def claim(project: Project, user: User, now: datetime = NOW) -> Task:
    task = claim_task(project=project, user=user, now=now)
    assert task is not None
    return task


def live_slots(project: Project) -> list[tuple[int, int, str]]:
    return list(
        Task.objects.filter(project=project).live().order_by("article", "slot").values_list("article", "slot", "state")
    )


def test_ensure_slots_makes_k_open_tasks_for_every_article_at_one_position():
    project = labelled_project(articles=2, k=3)
    tasks = Task.objects.filter(project=project)
    assert sorted(tasks.values_list("slot", "state")) == [(s, "open") for s in (1, 1, 2, 2, 3, 3)]
    assert len(set(tasks.values_list("position", flat=True))) == 2


def test_ensure_slots_twice_makes_nothing_new():
    project = labelled_project(articles=2, k=2)
    assert ensure_slots(project=project) == 0


def test_ensure_slots_follows_the_articles_own_number_and_leaves_excluded_ones_out():
    project = labelled_project(articles=3, k=2)
    first, second, _ = ProjectArticle.objects.filter(project=project)
    ProjectArticle.objects.filter(pk=first.pk).update(annotators=1)
    ProjectArticle.objects.filter(pk=second.pk).update(excluded=True, excluded_reason="not news")
    assert ensure_slots(project=project) == 0
    counts = Counter(Task.objects.filter(project=project).values_list("article", flat=True))
    assert counts.get(first.article_id) == 1
    assert counts.get(second.article_id) is None
    assert sum(counts.values()) == 3


def test_ensure_slots_keeps_a_claimed_task_when_fewer_are_wanted():
    project = labelled_project(articles=1, k=3)
    Task.objects.filter(project=project, slot__in=[1, 2]).delete()
    task = claim(project, annotator_of(project))
    Project.objects.filter(pk=project.pk).update(annotators_per_article=1)
    ensure_slots(project=project)
    assert live_slots(project) == [(task.article_id, 3, "claimed")]


def test_ensure_slots_only_for_the_articles_named():
    project = make_project(articles=[make_article(), make_article()], annotators_per_article=2)
    article = project.articles.first()
    assert ensure_slots(project=project, articles=[article]) == 2
    assert ensure_slots(project=project, articles=[]) == 0


def test_ensure_slots_puts_the_articles_of_a_story_side_by_side():
    stories = [make_story(), make_story()]
    articles = [make_article(story=stories[number % 2]) for number in range(8)]
    project = make_project(articles=articles, ordering="story")
    ensure_slots(project=project)
    order = list(Task.objects.filter(project=project).order_by("position").values_list("article__story", flat=True))
    assert order[:12] == [order[0]] * 12
    assert order[12:] == [order[-1]] * 12


def test_claim_task_gives_back_the_task_in_hand():
    project = labelled_project()
    user = annotator_of(project)
    first = claim(project, user)
    again = claim(project, user, NOW + HOUR)
    assert again == first
    assert again.lease_expires == NOW + HOUR + timedelta(minutes=project.lease_minutes)


def test_claim_task_walks_the_circle_of_positions_from_the_seed():
    project = make_project(annotators_per_article=1)
    tasks = {place: make_task(project, make_article(), position=place) for place in (0.1, 0.5, 0.9)}
    user = annotator_of(project, order_seed=0.5)
    walked = []
    for _ in tasks:
        task = claim(project, user)
        walked.append(task.position)
        skip_task(task=task, user=user, reason="seen", now=NOW)
    assert walked == [0.5, 0.9, 0.1]


def test_claim_task_by_priority_takes_the_highest_first():
    project = make_project(ordering="priority", annotators_per_article=1)
    for priority in (0, 5, 3):
        make_task(project, make_article(), priority=priority)
    user = annotator_of(project)
    taken = []
    for _ in range(3):
        task = claim(project, user)
        taken.append(task.priority)
        submit_task(task=task, user=user, revision=0, now=NOW)
    assert taken == [5, 3, 0]


def test_claim_task_never_gives_an_article_twice_and_ends_with_none():
    project = labelled_project(articles=3, k=2)
    user = annotator_of(project)
    articles = []
    for _ in range(3):
        task = claim(project, user)
        articles.append(task.article_id)
        submit_task(task=task, user=user, revision=0, now=NOW)
    assert len(set(articles)) == 3
    assert claim_task(project=project, user=user, now=NOW) is None


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_claim_task_gives_nothing_unless_the_project_is_open(state: str):
    project = labelled_project(state=state)
    assert claim_task(project=project, user=annotator_of(project), now=NOW) is None


def test_claim_task_refuses_who_is_no_annotator():
    project = labelled_project()
    researcher = make_user()
    make_member(project, researcher, "researcher")
    with pytest.raises(Membership.DoesNotExist):
        claim_task(project=project, user=researcher, now=NOW)


def test_claim_task_freezes_the_codebook_at_the_first_task():
    project = labelled_project()
    claim(project, annotator_of(project))
    claim(project, annotator_of(project), NOW + HOUR)
    project.codebook.refresh_from_db()
    assert project.codebook.frozen_at == NOW


def test_claim_task_takes_over_a_slot_whose_lease_ran_out():
    project = labelled_project(articles=1, k=1)
    away, here = annotator_of(project), annotator_of(project)
    left = claim(project, away)
    later = left.lease_expires + timedelta(seconds=1)
    taken = claim(project, here, later)
    left.refresh_from_db()
    assert (left.state, left.annotator, left.closed_at) == ("expired", away, later)
    assert (taken.article_id, taken.slot) == (left.article_id, left.slot)
    assert taken.pk != left.pk


def test_claim_task_resumes_the_own_expired_task_while_a_slot_is_open():
    project = labelled_project(articles=5, k=1)
    user = annotator_of(project)
    left = claim(project, user)
    expire_leases(now=NOW + 9 * HOUR)
    resumed = claim(project, user, NOW + 10 * HOUR)
    assert resumed.pk == left.pk
    assert (resumed.state, resumed.closed_at) == ("claimed", None)
    assert [state for _, _, state in live_slots(project)].count("claimed") == 1
    assert len(live_slots(project)) == 5


def test_claim_task_gives_a_handed_back_task_only_when_nothing_else_is_left():
    project = labelled_project(articles=2, k=1)
    user = annotator_of(project)
    first = claim(project, user)
    hand_back(task=first, user=user, now=NOW)
    second = claim(project, user)
    assert second.article_id != first.article_id
    submit_task(task=second, user=user, revision=0, now=NOW)
    assert claim(project, user).pk == first.pk


def test_claim_task_passes_a_skipped_article_by_for_good():
    project = labelled_project(articles=1, k=2)
    user = annotator_of(project)
    skip_task(task=claim(project, user), user=user, reason="paywall", now=NOW)
    assert claim_task(project=project, user=user, now=NOW) is None
    assert [(slot, state) for _, slot, state in live_slots(project)] == [(1, "open"), (2, "open")]


def test_claim_task_looks_at_few_rows_for_who_has_done_most(django_assert_max_num_queries):
    """Who walked through 300 of 301 articles finds the last with the same statements as the first."""
    articles = [make_article(text=f"Report {number}\n\nText.") for number in range(301)]
    project = make_project(articles=articles, annotators_per_article=2)
    ensure_slots(project=project)
    user = annotator_of(project)
    Membership.objects.filter(user=user).update(order_seed=0.0)
    order = list(Task.objects.filter(project=project, slot=1).order_by("position"))
    Task.objects.filter(pk__in=[task.pk for task in order[:-1]]).update(
        state="submitted", annotator=user, submitted_at=NOW
    )
    Membership.objects.filter(user=user).update(walked_to=order[-2].position)
    with django_assert_max_num_queries(12):
        task = claim(project, user)
    assert task.article_id == order[-1].article_id


def test_renew_lease_counts_work_and_leaves_breaks_out():
    project = labelled_project()
    user = annotator_of(project)
    task = claim(project, user)
    renew_lease(task=task, user=user, now=NOW + timedelta(seconds=50))
    renewed = renew_lease(task=task, user=user, now=NOW + timedelta(seconds=1000))
    assert renewed.active_seconds == 50
    assert renewed.lease_expires == NOW + timedelta(seconds=1000, minutes=project.lease_minutes)


def test_renew_lease_takes_the_own_expired_task_up_again_unless_the_slot_is_gone():
    project = labelled_project(articles=1, k=1)
    user, other = annotator_of(project), annotator_of(project)
    task = claim(project, user)
    expire_leases(now=NOW + 9 * HOUR)
    assert renew_lease(task=task, user=user, now=NOW + 9 * HOUR).state == "claimed"
    expire_leases(now=NOW + 19 * HOUR)
    claim(project, other, NOW + 19 * HOUR)
    assert renew_lease(task=task, user=user, now=NOW + 19 * HOUR).state == "expired"


def test_expire_leases_closes_what_ran_out_and_opens_the_slots():
    project = labelled_project(articles=2, k=1)
    first = claim(project, annotator_of(project))
    second = claim(project, annotator_of(project), NOW + HOUR)
    assert expire_leases(now=first.lease_expires + timedelta(seconds=1)) == 1
    second.refresh_from_db()
    assert second.state == "claimed"
    assert sorted(state for _, _, state in live_slots(project)) == ["claimed", "open"]


def test_submit_task_is_done_once_however_often_it_is_asked():
    project = labelled_project()
    user = annotator_of(project)
    task = claim(project, user)
    submit_task(task=task, user=user, revision=0, now=NOW)
    again = submit_task(task=task, user=user, revision=0, now=NOW + HOUR)
    assert (again.state, again.submitted_at, again.lease_expires) == ("submitted", NOW, None)


def test_submit_task_refuses_another_revision():
    project = labelled_project()
    user = annotator_of(project)
    with pytest.raises(Conflict) as caught:
        submit_task(task=claim(project, user), user=user, revision=7, now=NOW)
    assert caught.value.revision == 0


def test_submit_task_names_what_is_missing_and_keeps_the_task_in_hand():
    project = labelled_project()
    user = annotator_of(project)
    task = claim(project, user)
    mark = str(uuid.uuid4())
    after = {"label": "FRAME", "start": 0, "end": 6, "quote": task.article.text[:6]}
    operation = {"op_id": str(uuid.uuid4()), "kind": "add", "target": mark, "before": None, "after": after}
    apply_operations(uuid=task.uuid, user=user, base_revision=0, operations=[operation], now=NOW)
    with pytest.raises(Incomplete) as caught:
        submit_task(task=task, user=user, revision=1, now=NOW)
    assert [(entry["span"], entry["code"]) for entry in caught.value.missing] == [(mark, "attribute_missing")]
    task.refresh_from_db()
    assert task.state == "claimed"


def test_submit_task_in_a_closed_project_is_refused():
    project = labelled_project()
    user = annotator_of(project)
    task = claim(project, user)
    Project.objects.filter(pk=project.pk).update(state="closed")
    with pytest.raises(Conflict) as caught:
        submit_task(task=task, user=user, revision=0, now=NOW)
    assert caught.value.code == "project_closed"


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "reason_missing"), ("  ", "reason_missing"), ("x" * 501, "reason_too_long"), ("a\0b", "bad_text")],
)
def test_skip_task_wants_a_reason_that_can_be_kept(reason: str, code: str):
    project = labelled_project()
    user = annotator_of(project)
    with pytest.raises(Refusal) as caught:
        skip_task(task=claim(project, user), user=user, reason=reason, now=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize("operation", ["submit", "skip", "hand_back", "renew"])
def test_a_strangers_task_does_not_exist(operation: str):
    project = labelled_project()
    task = claim(project, annotator_of(project))
    stranger = annotator_of(project)
    act = {
        "submit": lambda: submit_task(task=task, user=stranger, revision=0, now=NOW),
        "skip": lambda: skip_task(task=task, user=stranger, reason="x", now=NOW),
        "hand_back": lambda: hand_back(task=task, user=stranger, now=NOW),
        "renew": lambda: renew_lease(task=task, user=stranger, now=NOW),
    }[operation]
    with pytest.raises(Task.DoesNotExist):
        act()


def test_a_closed_task_is_not_closed_another_way():
    project = labelled_project()
    user = annotator_of(project)
    task = claim(project, user)
    hand_back(task=task, user=user, now=NOW)
    with pytest.raises(Conflict):
        skip_task(task=task, user=user, reason="x", now=NOW)


def test_return_task_sends_it_back_to_the_same_person_with_a_note():
    project = labelled_project(articles=1)
    user = annotator_of(project)
    task = submit_task(task=claim(project, user), user=user, revision=0, now=NOW)
    returned = return_task(task=task, note="Mark the numbers too.", now=NOW)
    assert (returned.state, returned.annotator, returned.note) == ("returned", user, "Mark the numbers too.")
    assert submit_task(task=task, user=user, revision=0, now=NOW + HOUR).submitted_at == NOW + HOUR


def test_return_task_refuses_a_task_that_is_not_submitted():
    project = labelled_project()
    with pytest.raises(Refusal):
        return_task(task=claim(project, annotator_of(project)), note="", now=NOW)


def test_reassign_task_opens_the_slot_to_others_but_not_to_the_same_person():
    project = labelled_project(articles=1, k=1)
    user, other = annotator_of(project), annotator_of(project)
    task = submit_task(task=claim(project, user), user=user, revision=0, now=NOW)
    closed = reassign_task(task=task, now=NOW)
    assert (closed.state, closed.annotator) == ("skipped", user)
    assert claim_task(project=project, user=user, now=NOW) is None
    assert claim(project, other).article_id == task.article_id


def test_submit_task_takes_the_own_expired_task_up_while_its_slot_is_open():
    project = labelled_project(articles=1, k=1)
    user = annotator_of(project)
    task = claim(project, user)
    expire_leases(now=NOW + 9 * HOUR)
    submitted = submit_task(task=task, user=user, revision=0, now=NOW + 9 * HOUR)
    assert submitted.state == "submitted"
    assert [state for _, _, state in live_slots(project)] == ["submitted"]


def test_submit_task_refuses_an_expired_task_whose_slot_is_gone():
    project = labelled_project(articles=1, k=1)
    user, other = annotator_of(project), annotator_of(project)
    task = claim(project, user)
    expire_leases(now=NOW + 9 * HOUR)
    claim(project, other, NOW + 9 * HOUR)
    with pytest.raises(Conflict):
        submit_task(task=task, user=user, revision=0, now=NOW + 9 * HOUR)
    task.refresh_from_db()
    assert task.state == "expired"


def test_renew_lease_knows_no_task_of_a_former_annotator():
    project = labelled_project()
    user = annotator_of(project)
    task = claim(project, user)
    Membership.objects.filter(project=project, user=user).delete()
    with pytest.raises(Task.DoesNotExist):
        renew_lease(task=task, user=user, now=NOW)
