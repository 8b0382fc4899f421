"""Codebooks: what may be marked, and with which attributes."""

from django.db import models
from django.db.models import Q


class Codebook(models.Model):
    """A named, versioned scheme in the contract's JSON shape (design.md, "Codebook file").

    ``content`` is the truth; ``Label`` rows mirror its labels so that marks can point at them. Frozen once a task
    was begun: a change after that is a new version.
    """

    name = models.SlugField(max_length=100)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=200, blank=True)
    content = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, editable=False, help_text="Of the content as canonical JSON.")
    frozen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"],
                name="one_codebook_per_name_and_version",
                violation_error_message="A codebook of this name and version exists already; raise the version.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Label(models.Model):
    """One label of a codebook. ``index`` is permanent in the codebook's lineage (all versions of one name)."""

    codebook = models.ForeignKey(Codebook, on_delete=models.CASCADE, related_name="labels")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    layer = models.CharField(max_length=60, help_text="Code of the layer.")
    index = models.PositiveSmallIntegerField(help_text="Bit of this label in agreement keys, 0 to 61.")

    class Meta:
        ordering = ["index"]
        constraints = [
            models.UniqueConstraint(fields=["codebook", "code"], name="one_label_per_code"),
            models.UniqueConstraint(fields=["codebook", "index"], name="one_label_per_index"),
            models.CheckConstraint(condition=Q(index__lte=61), name="label_index_fits_a_bigint_mask"),
        ]

    def __str__(self) -> str:
        return self.code
