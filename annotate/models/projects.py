"""Projects, who works in them and on which articles."""

import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from annotate.models.codebooks import Codebook
from corpus.models import Article


def draw_seed() -> float:
    """A start in [0, 1) for a person's walk through the tasks, drawn once and stored."""
    return secrets.randbelow(2**53) / 2**53


def draw_pseudonym() -> str:
    """A random annotator id for releases; it says nothing about the person."""
    return f"a{secrets.token_hex(5)}"


class Role(models.TextChoices):
    ANNOTATOR = "annotator", "annotator"
    ADJUDICATOR = "adjudicator", "adjudicator"
    RESEARCHER = "researcher", "researcher"
    MANAGER = "manager", "manager"


class ProjectQuerySet(models.QuerySet["Project"]):
    """Conditions on projects."""

    def of_member(self, user: User | int | None, *roles: str) -> "ProjectQuerySet":
        """Projects in which ``user`` has one of ``roles`` (any role if none is named)."""
        memberships = Membership.objects.filter(user=user)
        if roles:
            memberships = memberships.filter(role__in=roles)
        return self.filter(pk__in=memberships.values("project"))


class Project(models.Model):
    """Articles to be labelled with one codebook by ``annotators_per_article`` people each."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    class Ordering(models.TextChoices):
        RANDOM = "random", "random for each annotator"
        STORY = "story", "story by story"
        PRIORITY = "priority", "by priority"

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    codebook = models.ForeignKey(Codebook, on_delete=models.PROTECT, related_name="projects")
    guidelines = models.TextField(blank=True, help_text="Markdown, shown beside the text.")
    annotators_per_article = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    switches = models.JSONField(
        default=dict,
        blank=True,
        help_text='Labels and attributes switched on or off against the codebook, e.g. {"CUE": true, "FRAME.entman_function": true}.',
    )
    blind_fields = models.JSONField(
        default=list, blank=True, help_text="What annotators must not see: outlet, byline, date, url."
    )
    lease_minutes = models.PositiveIntegerField(default=120, validators=[MinValueValidator(1)])
    ordering = models.CharField(max_length=10, choices=Ordering.choices, default=Ordering.RANDOM)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    articles = models.ManyToManyField(Article, through="ProjectArticle", related_name="projects")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(annotators_per_article__gte=1),
                name="a_project_wants_at_least_one_annotator",
                violation_error_message="At least one annotator per article.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ProjectArticle(models.Model):
    """An article in a project. An excluded one says why and gets no more tasks.

    ``published_at`` is the article's own, copied by a trigger, so that the articles of one project lie in order of date.
    ``stage`` follows from its tasks, see ``annotate.operations.stages``.
    """

    class Stage(models.TextChoices):
        NOT_STARTED = "not-started", "not started"
        IN_PROGRESS = "in-progress", "in progress"
        LABELLED = "labelled", "fully labelled"

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    article = models.ForeignKey(Article, on_delete=models.PROTECT)
    annotators = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Another number of annotators for this article alone."
    )
    priority = models.IntegerField(default=0, help_text="Higher comes first where the project orders by priority.")
    excluded = models.BooleanField(default=False)
    excluded_reason = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    stage = models.CharField(
        max_length=11,
        choices=Stage.choices,
        default=Stage.NOT_STARTED,
        db_default=Stage.NOT_STARTED,
        editable=False,
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            # Browsing: a page is read from the index, however the articles of the project lie among all others.
            models.Index(fields=["project", "published_at", "article"], name="member_by_date"),
            models.Index(
                fields=["project", "stage", "published_at", "article"],
                condition=Q(excluded=False),
                name="member_by_stage_and_date",
            ),
            models.Index(
                fields=["project", "published_at", "article"], condition=Q(excluded=True), name="left_out_by_date"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "article"], name="an_article_is_in_a_project_once"),
            models.CheckConstraint(
                condition=Q(excluded=False) | ~Q(excluded_reason=""),
                name="an_exclusion_says_why",
                violation_error_message="Say why the article is excluded.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} in {self.project_id}"


class StaleStage(models.Model):
    """A note, written by triggers on tasks, that the stage of an article in a project has to be told anew.

    Only ever added to and taken away, so that those who work on one article do not wait for each other.
    """

    # Keys alone: a constraint would lock what it refers to for everybody who claims or submits.
    project_id = models.BigIntegerField()
    member_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["project_id", "id"], name="stale_stage_by_project")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.project_id}"


class Membership(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    group = models.CharField(max_length=60, blank=True, help_text="Optional: compare groups of annotators.")
    order_seed = models.FloatField(default=draw_seed, editable=False)
    walked_to = models.FloatField(
        null=True,
        blank=True,
        editable=False,
        help_text="Position of the task last claimed: the walk goes on from there.",
    )
    pseudonym = models.CharField(max_length=20, default=draw_pseudonym, editable=False)

    class Meta:
        ordering = ["project", "user", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user", "role"],
                name="a_role_is_held_once",
                violation_error_message="This person has this role already.",
            ),
            models.UniqueConstraint(fields=["project", "pseudonym"], name="one_person_per_pseudonym"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.project_id}"
