"""Proposals of stories: what the machine found, and what a person decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class StoryProposal(models.Model):
    """Articles that may report one event. Nothing happens to them until a person confirms.

    ``story`` is the existing story that they are proposed for, or None for a new one; after confirmation, the story
    they went to. ``made_story`` tells whether confirming made it, so that it can be taken back.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        CONFIRMED = "confirmed", "confirmed"
        DISMISSED = "dismissed", "dismissed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    story = models.ForeignKey("corpus.Story", null=True, blank=True, on_delete=models.CASCADE, related_name="proposals")
    made_story = models.BooleanField(default=False)
    score = models.FloatField(help_text="Mean similarity of its articles, from 0 to 1.")
    first_date = models.DateField(null=True, blank=True)
    last_date = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    articles: models.ManyToManyField = models.ManyToManyField(
        "corpus.Article", through="StoryProposalArticle", related_name="story_proposals"
    )

    class Meta:
        ordering = ["-score", "pk"]
        indexes = [models.Index(fields=["state", "-score"], name="proposal_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="a_decided_proposal_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(story__isnull=False), name="a_confirmed_proposal_has_its_story"
            ),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="a_proposal_scores_from_0_to_1"),
        ]

    def __str__(self) -> str:
        return f"Proposal {self.pk}"


class StoryProposalArticle(models.Model):
    """One article of a proposal. ``taken`` is None until somebody decides."""

    proposal = models.ForeignKey(StoryProposal, on_delete=models.CASCADE, related_name="members")
    article = models.ForeignKey("corpus.Article", on_delete=models.CASCADE, related_name="+")
    score = models.FloatField(help_text="Mean similarity to the others, from 0 to 1.")
    taken = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["-score", "article"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "article"], name="an_article_is_proposed_once_in_a_proposal"),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="a_proposed_article_scores_from_0_to_1"
            ),
        ]

    def __str__(self) -> str:
        return f"Article {self.article_id} of proposal {self.proposal_id}"
