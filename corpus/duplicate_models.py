"""Near-duplicates: sketches of texts, the groups they give, and what people said against a group."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from corpus.sketches import PLACES


class ArticleSketch(models.Model):
    """The MinHash sketch of one article's text; see ``corpus.sketches``. Sketches of different versions never compare."""

    article = models.OneToOneField("corpus.Article", primary_key=True, on_delete=models.CASCADE, related_name="sketch")
    version = models.PositiveSmallIntegerField()
    signature = models.BinaryField(help_text="Little-endian, 4 bytes a place.")
    bands: Any = ArrayField(
        models.IntegerField(),
        help_text="What the sketch is found by; bands that many articles share already are left out.",
    )

    class Meta:
        indexes = [
            # Without fastupdate: each lookup of the next chunk would have to read the pending list from end to end.
            GinIndex(fields=["bands"], name="sketch_by_band", fastupdate=False)
        ]
        constraints = [
            models.CheckConstraint(condition=Exact(Length("signature"), 4 * PLACES), name="a_sketch_is_complete"),
        ]

    def __str__(self) -> str:
        return f"Sketch of article {self.article_id}"


class DuplicateGroup(models.Model):
    """Two or more articles with nearly the same text, such as one agency report under several outlets.

    Members bear its id in ``Article.near_duplicate_group``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
        verbose_name = "near-duplicate group"

    def __str__(self) -> str:
        return f"Group {str(self.id)[:8]}"


class GroupMerge(models.Model):
    """Two groups became one, since an article resembles members of both or since a person said so."""

    group = models.ForeignKey(DuplicateGroup, on_delete=models.CASCADE, related_name="merges")
    absorbed = models.UUIDField(help_text="The id of the group that is no more.")
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["merged_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(absorbed=F("group")), name="a_group_does_not_absorb_itself"),
        ]

    def __str__(self) -> str:
        return f"{str(self.absorbed)[:8]} into {str(self.group_id)[:8]}"


class NotDuplicates(models.Model):
    """A person said that two articles are no duplicates: no import brings them into one group again."""

    one = models.ForeignKey("corpus.Article", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("corpus.Article", on_delete=models.CASCADE, related_name="+")
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name_plural = "not duplicates"
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="two_articles_are_told_apart_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="the_older_of_two_articles_comes_first"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"
