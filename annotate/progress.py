"""What a person has before them: projects, tasks in hand, tasks done. Reads only."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Count, Exists, FloatField, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Left

from annotate import pace
from annotate.models import Membership, Project, ProjectArticle, Role, Task

# Beyond this a page says "10,000+": nothing on it may take longer because a project grew.
COUNTED = 10_000
# What is left for one person costs more to count, and beyond this nobody plans by the hour.
LEFT_COUNTED = 1_000
OVERSEERS = (Role.ADJUDICATOR, Role.RESEARCHER, Role.MANAGER)


class CappedCount(Subquery):
    """The number of rows of a sliced queryset, so that counting ends at the slice."""

    template = "(SELECT count(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()


class Pace(Subquery):
    """The median of a queryset of seconds, null where there are too few to tell."""

    template = (
        "(SELECT CASE WHEN count(*) >= %(fewest)s THEN"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY active_seconds) END FROM (%(subquery)s) timed)"
    )
    output_field = FloatField()


def projects_to_label(user: User) -> QuerySet[Project]:
    """Projects in which ``user`` annotates, drafts left out.

    Each with ``own_submitted``, ``n_articles`` (both counted up to ``COUNTED`` + 1), ``has_more``: whether a task
    is open that this person may claim, ``n_left``: of how many articles (up to ``LEFT_COUNTED`` + 1), and ``pace``: the
    median of the seconds of their latest tasks, null until there are a few.
    """
    own = Task.objects.filter(project=OuterRef("pk"), annotator=user, state=Task.State.SUBMITTED)
    inside = ProjectArticle.objects.filter(project=OuterRef("pk"), excluded=False)
    touched = Task.objects.filter(
        project=OuterRef("project"), article=OuterRef("article"), round=OuterRef("round"), annotator=user
    ).exclude(state__in=Task.RESUMABLE)
    claimable = Task.objects.filter(project=OuterRef("pk"), state=Task.State.OPEN).exclude(Exists(touched))
    return (
        Project.objects.of_member(user, Role.ANNOTATOR)
        .exclude(state=Project.State.DRAFT)
        .defer("guidelines")
        .annotate(
            own_submitted=CappedCount(own.order_by().values("pk")[: COUNTED + 1]),
            n_articles=CappedCount(inside.order_by().values("pk")[: COUNTED + 1]),
            has_more=Exists(claimable),
            n_left=CappedCount(claimable.order_by().values("article").distinct()[: LEFT_COUNTED + 1]),
            pace=Pace(
                own.filter(active_seconds__gt=0).order_by("-submitted_at").values("active_seconds")[: pace.LATEST],
                fewest=pace.FEWEST,
            ),
        )
        .order_by("slug")
    )


def projects_to_see(user: User) -> QuerySet[Project]:
    """All projects ``user`` belongs to (a superuser: all), each with ``own_memberships``."""
    projects = Project.objects.all() if user.is_superuser else Project.objects.of_member(user)
    own = Membership.objects.filter(user=user).order_by("role")
    return (
        projects.select_related("codebook")
        .defer("guidelines", "codebook__content")
        .prefetch_related(Prefetch("memberships", queryset=own, to_attr="own_memberships"))
        .order_by("slug")
    )


def projects_overseen(user: User) -> QuerySet[Project]:
    """Those of :func:`projects_to_see` in which ``user`` is more than an annotator."""
    projects = projects_to_see(user)
    overseen = Membership.objects.filter(user=user, role__in=OVERSEERS)
    return projects if user.is_superuser else projects.filter(pk__in=overseen.values("project"))


def own_tasks(user: User) -> QuerySet[Task]:
    """The person's tasks with what may be shown of a task: the headline or the text's first words, and ``n_marks``.

    Built from an allow-list, as the project may be blind: outlet, byline, address and date are not fetched.
    """
    return (
        Task.objects.of_annotator(user)
        .filter(project__in=Membership.objects.filter(user=user, role=Role.ANNOTATOR).values("project"))
        .select_related("project", "article")
        .only(
            "uuid",
            "state",
            "reason",
            "note",
            "active_seconds",
            "claimed_at",
            "lease_expires",
            "submitted_at",
            "closed_at",
            "project__slug",
            "project__title",
            "article__title",
        )
        .annotate(
            opening=Left("article__text", 80),
            n_marks=Count("spans", filter=Q(spans__deleted_at__isnull=True)),
        )
    )


def tasks_in_hand(user: User) -> QuerySet[Task]:
    """Claimed and returned tasks; those sent back first, as they wait for this person alone."""
    return own_tasks(user).filter(state__in=Task.WORKABLE).order_by("-state", "claimed_at", "pk")


def tasks_done(user: User) -> QuerySet[Task]:
    """Submitted and closed tasks, the latest first."""
    return (
        own_tasks(user)
        .exclude(state__in=Task.WORKABLE)
        .annotate(ended_at=Coalesce("closed_at", "submitted_at"))
        .order_by("-ended_at", "-pk")
    )
