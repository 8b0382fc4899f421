"""Parts of a project: figures over a filter equal those of a project that never had anything else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from agreement import document_metrics, printed
from annotate.models import AgreementSlice
from annotate.operations.figures import ask_for_slice, compute_slice
from annotate.operations.scoring import refresh_article
from annotate.operations.totals import settle_changes
from annotate.scoring.adapter import documents, label_indexes, project_metrics, schema_of
from annotate.scoring.counts import Counts, counts_of, limited_to
from annotate.scoring.details import slow_details
from annotate.scoring.slices import Slice, SliceForm, agreements_in
from annotate.scoring.totals import metrics_of, project_totals
from annotate.tasks import refresh_slice
from tests.factories import make_article, make_member, make_outlet, make_project, make_reading, make_story, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def project():
    """Four articles by two outlets on two stories, each read by three people, of whom two are in a group."""
    project = make_project()
    people = [make_user() for _ in range(3)]
    for person, group in zip(people, ["first", "first", ""], strict=True):
        make_member(project, person, group=group)
    outlets = make_outlet("Northgate Wire", slug="northgate"), make_outlet("The Harbour", slug="harbour")
    stories = make_story("caravan", title="The caravan"), make_story("strike")
    for number in range(4):
        article = make_article(
            outlet=outlets[number % 2],
            story=stories[number // 2],
            published_at=datetime(2026, 3, 1 + number, 23, 59, tzinfo=UTC),
        )
        readings = [
            [("FRAME", 0, 10 + number), ("QUANTITY", 30, 41)],
            [("FRAME", 2, 12), ("QUANTITY", 30, 41 + number)],
            [("SOURCE", 5, 20)],
        ]
        for person, marks in zip(people, readings, strict=True):
            make_reading(project, article, person, marks, submitted_at=NOW - timedelta(weeks=number))
        refresh_article(project=project, article=article)
    settle_changes(project=project)
    return project


def expected(project, keep=lambda document: True, people=None):
    """The figures straight from the documents that ``keep`` lets through."""
    found = [document for document in documents(project) if keep(document)]
    if people:
        found = [limited for one in found if (limited := limited_to(one, people)) is not None]
    return printed(document_metrics(found, label_indexes(project), schema=schema_of(project)))


def computed(project, part, bootstrap=0):
    kept = ask_for_slice(project=project, part=part, now=NOW)
    return compute_slice(kept=kept, bootstrap=bootstrap)


def of_articles(project, **condition):
    uuids = {str(uuid) for uuid in project.articles.filter(**condition).values_list("uuid", flat=True)}
    return lambda document: document.id in uuids


@pytest.mark.parametrize(
    ("part", "condition", "n"),
    [
        (Slice(outlet="northgate"), {"outlet__slug": "northgate"}, 2),
        (Slice(story="caravan"), {"story__slug": "caravan"}, 2),
        (Slice(story="caravan", outlet="harbour"), {"story__slug": "caravan", "outlet__slug": "harbour"}, 1),
        (Slice(since=date(2026, 3, 2)), {"published_at__day__gte": 2}, 3),
        (Slice(until=date(2026, 3, 2)), {"published_at__day__lte": 2}, 2),
        (Slice(since=date(2026, 3, 2), until=date(2026, 3, 2)), {"published_at__day": 2}, 1),
    ],
)
def test_figures_of_a_part_are_those_of_its_articles(project, part, condition, n):
    kept = computed(project, part)

    assert kept.metrics == expected(project, of_articles(project, **condition))
    assert kept.metrics["char_alpha_any"]["n_documents"] == n
    assert sum(row["alpha"]["n_documents"] for row in kept.details["trend"]) == n


def test_figures_of_a_group_are_those_of_its_readings(project):
    members = set(project.memberships.filter(group="first").values_list("user", flat=True))

    kept = computed(project, Slice(group="first", outlet="northgate"))

    assert kept.metrics == expected(project, of_articles(project, outlet__slug="northgate"), members)
    assert kept.metrics["char_alpha_any"]["n_annotators"] == 2
    assert kept.summary["labels"]["SOURCE"]["marks"] == 0
    assert kept.summary["labels"]["QUANTITY"]["marks"] == 4


def test_intervals_of_a_part_draw_its_articles(project):
    kept = computed(project, Slice(outlet="northgate"), bootstrap=50)

    settled = {str(a.uuid) for a in project.articles.filter(outlet__slug="northgate")}
    own = [document for document in documents(project) if document.id in settled]
    assert kept.metrics == printed(document_metrics(own, label_indexes(project), 50, schema=schema_of(project)))
    assert {row["uuid"] for row in kept.details["articles"]} == settled
    assert {row["uuid"] for row in kept.details["passages"]} <= settled
    assert len(kept.details["pairs"]) == 3


def test_counts_of_nothing_filtered_are_the_totals(project):
    counts = counts_of(project, Slice())

    assert counts.totals == project_totals(project)
    assert printed(metrics_of(counts.totals, label_indexes(project), schema=schema_of(project))) == project_metrics(
        project
    )


def test_of_very_many_articles_parts_are_drawn(project, monkeypatch):
    monkeypatch.setattr("annotate.scoring.counts.MOST_DRAWN", 1)
    part = Slice(story="caravan")
    counts = counts_of(project, part)

    assert counts.many
    assert sorted(counts.units()) == sorted(
        f"{article.pk % 256:03}" for article in project.articles.filter(story__slug="caravan")
    )
    assert len(counts.by_article()) == 1
    kept = computed(project, part, bootstrap=20)
    assert kept.details["resampled"] == "groups of articles"
    assert kept.details["people_of"] == 1
    assert {name: metric["value"] for name, metric in kept.metrics.items()} == {
        name: metric["value"] for name, metric in expected(project, of_articles(project, story__slug="caravan")).items()
    }


def test_the_job_computes_a_part_once_per_revision(project):
    kept = ask_for_slice(project=project, part=Slice(outlet="northgate"), now=NOW)

    refresh_slice.call(kept.pk)
    first = AgreementSlice.objects.get().computed_at
    refresh_slice.call(kept.pk)
    assert AgreementSlice.objects.get().computed_at == first
    refresh_article(project=project, article=project.articles.first())
    refresh_slice.call(kept.pk)
    assert AgreementSlice.objects.get().computed_at > first
    refresh_slice.call(0)


def test_the_parts_asked_for_last_are_kept(project, monkeypatch):
    monkeypatch.setattr("annotate.operations.figures.MOST_SLICES", 2)
    for number, outlet in enumerate(["a", "b", "c"]):
        ask_for_slice(project=project, part=Slice(outlet=outlet), now=NOW + timedelta(seconds=number))
    ask_for_slice(project=project, part=Slice(outlet="b"), now=NOW + timedelta(seconds=9))

    assert sorted(kept.filter["outlet"] for kept in AgreementSlice.objects.all()) == ["b", "c"]


def test_a_part_survives_json_and_has_one_key():
    part = Slice(story="caravan", since=date(2026, 3, 1))

    assert Slice.of_json(part.as_json()) == part
    assert part.key == Slice(since=date(2026, 3, 1), story="caravan").key != Slice(story="caravan").key
    assert part.query == "story=caravan&since=2026-03-01"
    assert (bool(part), bool(part.without("story").without("since"))) == (True, False)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"story": "nowhere"}, "story"),
        ({"outlet": "nobody"}, "outlet"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
        ({"group": "third"}, "group"),
    ],
)
def test_what_is_not_there_is_said(project, query, field):
    form = SliceForm(query, project=project, sources=True)

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_names_are_understood_and_slugs_kept(project):
    form = SliceForm(
        {"story": "the caravan", "outlet": "northgate WIRE", "group": "first"}, project=project, sources=True
    )

    assert form.chosen() == Slice(story="caravan", outlet="northgate", group="first")


def test_who_may_not_know_sources_filters_by_none(project):
    form = SliceForm({"story": "caravan", "outlet": "northgate", "since": "2026-03-02"}, project=project, sources=False)

    assert form.chosen() == Slice()
    assert list(form.fields) == ["group"]


def test_articles_without_a_date_are_in_no_period(project):
    article = project.articles.first()
    article.published_at = None
    article.save(update_fields=["published_at"])

    assert agreements_in(project, Slice(since=date(2020, 1, 1))).count() == 3


def test_readings_of_a_group_leave_out_the_others(project):
    counts = counts_of(project, Slice(group="first"))

    assert isinstance(counts, Counts)
    assert {len(document.annotators) for document in counts.readings(project.articles.all())} == {2}
    assert timezone.is_aware(NOW)


def test_the_matrix_has_those_who_read_most(project, monkeypatch):
    monkeypatch.setattr("annotate.scoring.people.MOST_IN_MATRIX", 2)
    article, least = make_article(), make_user()
    for person in (least, project.memberships.order_by("pk").first().user):
        make_reading(project, article, person, [("FRAME", 0, 10)])
    refresh_article(project=project, article=article)
    settle_changes(project=project)

    details = computed(project, Slice(outlet="northgate"), bootstrap=10).details
    whole = slow_details(counts_of(project, Slice()), counts_of(project, Slice()).units(), 10, 0)

    assert (len(details["pairs"]), details["not_in_matrix"]) == (1, 1)
    assert (len(whole["pairs"]), whole["not_in_matrix"]) == (1, 2)
    assert str(least.pk) not in {whole["pairs"][0]["a"], whole["pairs"][0]["b"]}
    assert len(whole["people"]) == 4
