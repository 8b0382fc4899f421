"""Outlets, stories and articles as imported. Nothing here is edited after import: better cleaning is a new version."""

import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, Lower
from django.utils.text import Truncator

from corpus.duplicate_models import ArticleSketch, DuplicateGroup, GroupMerge, NotDuplicates
from corpus.search_models import ArticleSearch
from corpus.story_models import StoryProposal, StoryProposalArticle

__all__ = [
    "Article",
    "ArticleBorders",
    "ArticleQuerySet",
    "ArticleSearch",
    "ArticleSketch",
    "DuplicateGroup",
    "GroupMerge",
    "ImportBatch",
    "ImportFile",
    "ImportIssue",
    "NotDuplicates",
    "Outlet",
    "Story",
    "StoryProposal",
    "StoryProposalArticle",
]


class Outlet(models.Model):
    """Who published an article."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=200, unique=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code of two letters, e.g. MX.")
    homepage = models.URLField(blank=True)
    lean = models.CharField(
        max_length=40, blank=True, help_text="Political lean, for analysis; annotators never see it."
    )
    lean_source = models.CharField(max_length=200, blank=True, help_text="Who says so: rating, dataset or study.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lean="") | ~Q(lean_source=""),
                name="a_lean_names_its_source",
                violation_error_message="Say where the lean comes from.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Story(models.Model):
    """One event that several outlets cover; splits of a release go by story."""

    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=300, blank=True)
    date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "stories"

    def __str__(self) -> str:
        return self.title or self.slug


class ImportBatch(models.Model):
    """One import: what came in, what was refused and why."""

    class State(models.TextChoices):
        DRAFT = "draft", "not started"
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    UNFINISHED = (State.QUEUED, State.RUNNING)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=500, help_text="File, directory or upload the articles came from.")
    sha256 = models.CharField(max_length=64, blank=True)
    format = models.CharField(max_length=20)
    options = models.JSONField(default=dict, blank=True, help_text="How the files were read and cleaned.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    n_created = models.PositiveIntegerField(default=0)
    n_duplicates = models.PositiveIntegerField(default=0)
    n_rejected = models.PositiveIntegerField(default=0)
    progress = models.PositiveIntegerField(default=0, help_text="Records read so far.")
    bytes_read = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0, help_text="0 where the size is not known beforehand.")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    error = models.TextField(blank=True, help_text="Why the whole import failed, and what to do.")
    submission = models.UUIDField(
        null=True, unique=True, editable=False, help_text="The upload it came by: sending a form twice is one import."
    )

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "import batches"

    def __str__(self) -> str:
        return f"{self.source} ({self.created_at:%Y-%m-%d %H:%M})"


def import_storage() -> Storage:
    """Where uploaded files wait for the worker; web and worker must both reach it."""
    return storages["imports"]


class ImportFile(models.Model):
    """An uploaded file that waits for its import; its bytes go once the import is done."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=500, help_text="As the person's machine calls it.")
    file = models.FileField(storage=import_storage, max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes.")

    class Meta:
        ordering = ["batch", "position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="files_of_an_import_have_an_order")]

    def __str__(self) -> str:
        return self.name


class ImportIssue(models.Model):
    """Why one record of an import was refused."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="issues")
    source = models.CharField(max_length=500)
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Line of the file, counted from 1.")
    field = models.CharField(max_length=50, blank=True)
    code = models.CharField(max_length=50)
    message = models.TextField(help_text="What is wrong and what to do about it.")
    excerpt = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.source}:{self.line or '-'} {self.code}"


class ArticleQuerySet(models.QuerySet["Article"]):
    """Conditions on articles."""

    def current(self) -> "ArticleQuerySet":
        """The newest version of each article: what nothing supersedes."""
        return self.filter(superseded_by__isnull=True)

    def of_import(self, batch: ImportBatch | int) -> "ArticleQuerySet":
        """What an import brought, and what became of it when it was cleaned again."""
        return self.filter(Q(import_batch=batch) | Q(first_version__import_batch=batch))

    def for_list(self) -> "ArticleQuerySet":
        """What a list shows: no texts, outlet and story joined."""
        return self.select_related("outlet", "story").defer("raw", "raw_fields", "text", "segments", "removed", "zones")


class Article(models.Model):
    """An article as received (``raw``) and as labelled (``text``); both are frozen by a trigger.

    ``text`` is canonical: headline, blank line, paragraphs. All offsets are code points, half-open.
    ``segments`` maps raw to text: [{raw_start, raw_end, text_start, text_end}], monotone; inserted text has an
    empty raw range. ``removed`` lists ranges of raw that cleaning dropped: [{start, end, rule}].
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Both keys lead an index below: one of their own would only slow imports.
    outlet = models.ForeignKey(
        Outlet, null=True, blank=True, on_delete=models.PROTECT, related_name="articles", db_index=False
    )
    story = models.ForeignKey(
        Story, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles", db_index=False
    )
    external_id = models.CharField(max_length=200, null=True, blank=True)
    url = models.URLField(max_length=2000, null=True, blank=True)
    title = models.CharField(max_length=1000, blank=True, help_text="The headline, as it opens the text.")
    byline = models.CharField(max_length=500, null=True, blank=True)
    agency = models.CharField(max_length=100, null=True, blank=True, help_text="News agency the report came from.")
    published_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=35, null=True, blank=True, help_text="BCP 47 tag, e.g. en or es-MX.")
    rights = models.CharField(max_length=500, null=True, blank=True)
    raw = models.TextField(editable=False, help_text="The received fields, one after the other.")
    raw_fields = models.JSONField(editable=False, default=list, help_text="[{name, start, end}] into raw.")
    text = models.TextField(editable=False)
    segments = models.JSONField(editable=False, default=list)
    removed = models.JSONField(editable=False, default=list)
    zones = models.JSONField(editable=False, default=list, help_text="[{zone, start, end}] into text.")
    text_sha256 = models.CharField(max_length=64, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    received_hash = models.BigIntegerField(
        null=True, editable=False, help_text="Stands for headline and text as received: the same for all versions."
    )
    n_chars = models.PositiveIntegerField(editable=False)
    cleaner_version = models.CharField(
        max_length=500,
        editable=False,
        help_text='Edition of the rules and what differs from all rules: "2-share+mojibake".',
    )
    n_mojibake = models.PositiveIntegerField(
        "suspect characters",
        default=0,
        editable=False,
        help_text="Places that look decoded with the wrong charset and were left as they came.",
    )
    version = models.PositiveSmallIntegerField(default=1, editable=False)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    first_version = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="later_versions",
        db_index=False,
        help_text="Null for a first version.",
    )
    near_duplicate_group = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    import_batch = models.ForeignKey(
        ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="articles"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["outlet", "fingerprint", "version"],
                nulls_distinct=False,
                name="one_text_per_outlet_and_version",
                violation_error_message="This outlet already has an article with this text.",
            ),
            models.CheckConstraint(condition=Q(n_chars__gt=0), name="an_article_has_text"),
            models.CheckConstraint(condition=~Q(text=""), name="an_article_is_not_empty"),
        ]
        indexes = [
            # The admin's list, newest first, within a story.
            models.Index(fields=["story", "-id"], name="article_by_story"),
            # import_articles looks duplicates up by fingerprint alone before it knows the outlet.
            models.Index(fields=["fingerprint"], name="article_by_fingerprint"),
            # And, where the rules have changed since, by what was received.
            models.Index(fields=["received_hash"], name="article_by_received"),
            # Browsing: each order is an index to be walked from the cursor on, and each filter finds its few articles
            # by one of these; what is frequent is met soon on the walk. More would cost imports more than it gives.
            models.Index(fields=["published_at", "id"], name="article_by_date"),
            models.Index(fields=["outlet", "published_at", "id"], name="article_by_outlet_and_date"),
            models.Index(fields=["n_chars", "id"], name="article_by_length"),
            models.Index(Lower(Left("title", 100)), "id", name="article_by_headline"),
            models.Index(fields=["language"], name="article_by_language"),
            # Nearly all articles are first versions: an index of the others costs imports nothing.
            models.Index(fields=["first_version"], condition=Q(first_version__isnull=False), name="later_versions"),
            # Few articles of many: the admin lists those that may have been decoded with the wrong charset.
            models.Index(fields=["-id"], condition=Q(n_mojibake__gt=0), name="article_with_mojibake"),
        ]

    def __str__(self) -> str:
        return Truncator(self.title).chars(80) or str(self.uuid)


class ArticleBorders(models.Model):
    """Word and sentence borders of one article, computed once on the server: browsers disagree on them.

    ``words`` and ``sentences`` are flat lists [start, end, start, end, …] in code points of ``Article.text``.
    """

    article = models.OneToOneField(Article, primary_key=True, on_delete=models.CASCADE, related_name="borders")
    words: Any = models.JSONField(default=list)
    sentences: Any = models.JSONField(default=list)
    version = models.CharField(max_length=20, help_text="Segmenter and its version.")

    def __str__(self) -> str:
        return f"Borders of article {self.article_id}"
