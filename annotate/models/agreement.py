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
    label = models.CharField(max_length=60, blank=True)
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


class ProjectAgreement(models.Model):
    """The figures a project's pages show: computed in the worker, shown "as of" their revision."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="agreement")
    revision = models.PositiveBigIntegerField(default=0, help_text="Raised whenever an article's counts change.")
    computed_revision = models.PositiveBigIntegerField(default=0)
    computed_at = models.DateTimeField(null=True, blank=True)
    metrics = models.JSONField(default=dict, help_text="What python -m agreement prints under metrics.")
    summary = models.JSONField(
        default=dict, help_text="Progress, marks and prevalence per label, figures per annotator: see annotate.summary."
    )

    def __str__(self) -> str:
        return f"Agreement of project {self.project_id}"
