"""Agreement as additive integers per article, and the figures last computed from them."""

from django.conf import settings
from django.db import models

from annotate.models.projects import Project
from corpus.models import Article


class AgreementStat(models.Model):
    """One row of ``agreement.StatRow`` for one article of one project; the columns bear its field names.

    Rewritten as a whole for one article, under an advisory lock, when a task there is submitted, returned or closed.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agreement_stats")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    measure = models.CharField(max_length=40)
    label = models.CharField(max_length=200, blank=True, help_text="Also a question, or LABEL.attribute.")
    m = models.PositiveSmallIntegerField(help_text="Annotators who completed the article; 0 for pairwise measures.")
    key_c = models.BigIntegerField(default=0)
    key_k = models.BigIntegerField(default=0)
    annotator_a = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    annotator_b = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    n = models.BigIntegerField(default=0)
    size_a = models.BigIntegerField(default=0)
    size_b = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "article", "measure", "label", "m", "key_c", "key_k", "annotator_a", "annotator_b"],
                nulls_distinct=False,
                name="one_agreement_count_per_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.label} of article {self.article_id}"


class ArticleAgreement(models.Model):
    """How far the readers of one article differ, from its counts; rewritten with them. Only of articles read twice.

    ``differing`` of ``compared``: for every pair of readers, the characters on which their sets of labels differ, and
    all characters.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="article_agreements")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    readers = models.PositiveSmallIntegerField()
    differing = models.BigIntegerField()
    compared = models.BigIntegerField()
    share = models.FloatField(help_text="differing / compared", editable=False)
    week = models.DateField(help_text="Monday of the week (UTC) in which the last reading was submitted.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "article"], name="one_agreement_per_article")]
        indexes = [models.Index(fields=["project", "-share", "article"], name="articles_by_disagreement")]

    def __str__(self) -> str:
        return f"Agreement on article {self.article_id} of project {self.project_id}"


class AgreementChange(models.Model):
    """What a change of one article's counts adds to the totals of its project; the worker takes it in and deletes it.

    Only ever added to and taken away, so that those who submit at once do not wait for each other. ``counts``:
    [measure, label, m, key_c, key_k, annotator_a, annotator_b, n, size_a, size_b, documents], negative where it
    takes away; 0 for no annotator.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    part = models.PositiveSmallIntegerField()
    week = models.DateField()
    counts = models.JSONField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Change in project {self.project_id}"


class AgreementTotal(models.Model):
    """The sum of ``AgreementStat`` rows with the same key over the articles of one part or one week of a project.

    A part is one of ``PARTS`` groups of articles, by their keys: intervals in large projects draw parts, and all parts
    together are the project. ``documents``: the number of articles with such a row.
    """

    class Kind(models.TextChoices):
        PART = "part", "part of the articles"
        WEEK = "week", "week of submission"

    PARTS = 256

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    bucket = models.IntegerField(help_text="Number of the part, or days from 1970-01-01 to the Monday of the week.")
    measure = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    m = models.PositiveSmallIntegerField()
    key_c = models.BigIntegerField()
    key_k = models.BigIntegerField()
    annotator_a = models.BigIntegerField()
    annotator_b = models.BigIntegerField()
    n = models.BigIntegerField()
    size_a = models.BigIntegerField()
    size_b = models.BigIntegerField()
    documents = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "project",
                    "kind",
                    "bucket",
                    "measure",
                    "label",
                    "m",
                    "key_c",
                    "key_k",
                    "annotator_a",
                    "annotator_b",
                ],
                name="one_agreement_total_per_key",
            )
        ]
        indexes = [models.Index(fields=["project"], condition=models.Q(documents=0), name="agreement_totals_of_none")]

    def __str__(self) -> str:
        return f"{self.measure} {self.label} of {self.kind} {self.bucket} of project {self.project_id}"


class KeptFigures(models.Model):
    """Figures computed in the worker and shown "as of" a revision of the counts. What they hold: ``annotate.scoring.figures``,
    ``annotate.scoring.summary``, ``annotate.dashboard.page``.

    Values are computed from the totals as soon as counts change; intervals, and what else takes reading more than the
    totals, when there is time for it.
    """

    computed_revision = models.PositiveBigIntegerField(default=0)
    computed_at = models.DateTimeField(null=True, blank=True)
    intervals_revision = models.PositiveBigIntegerField(default=0)
    intervals_at = models.DateTimeField(null=True, blank=True)
    intervals_seconds = models.FloatField(default=0, help_text="How long they took.")
    metrics = models.JSONField(default=dict, help_text="What python -m agreement prints under metrics.")
    summary = models.JSONField(
        default=dict,
        help_text="Progress, marks and prevalence per label, figures per annotator: see annotate.scoring.summary.",
    )
    details = models.JSONField(
        default=dict, help_text="Layers, pairs, people, trend, worst: see annotate.scoring.details."
    )

    class Meta:
        abstract = True


class ProjectAgreement(KeptFigures):
    """The figures a project's pages show."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="agreement")
    revision = models.PositiveBigIntegerField(default=0, help_text="Raised whenever an article's counts change.")

    def __str__(self) -> str:
        return f"Agreement of project {self.project_id}"


class AgreementSlice(KeptFigures):
    """The figures of a part of a project, as a filter on its pages asked for them.

    ``key`` stands for ``filter``, see ``annotate.scoring.slices``.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agreement_slices")
    key = models.CharField(max_length=64)
    filter = models.JSONField()
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_agreement_slice_per_filter")]
        indexes = [models.Index(fields=["asked_at"], name="agreement_slice_by_use")]

    def __str__(self) -> str:
        return f"Agreement of a part of project {self.project_id}"


class GammaRun(models.Model):
    """One computation of gamma: asked for on a page, done by the worker on a sample of articles, kept with its terms."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    UNFINISHED = (State.WAITING, State.RUNNING)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="gamma_runs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sample_size = models.PositiveIntegerField(help_text="Articles at most, drawn by the seed.")
    seed = models.PositiveBigIntegerField(help_text="Of the sample and of gamma's random texts.")
    time_limit = models.PositiveIntegerField(help_text="Seconds; the articles done until then count.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    revision = models.PositiveBigIntegerField(default=0, help_text="Of the counts when the articles were read.")
    progress = models.PositiveIntegerField(default=0, help_text="Articles done.")
    total = models.PositiveIntegerField(default=0, help_text="Articles in the sample.")
    population = models.PositiveIntegerField(default=0, help_text="Articles that the sample was drawn from.")
    heartbeat = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    metrics = models.JSONField(default=dict, help_text="What python -m agreement prints for gamma.")
    described = models.JSONField(default=dict, help_text="Seed, sampler, sample, limits, and what was not finished.")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_gamma_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Gamma of project {self.project_id}, {self.state}"
