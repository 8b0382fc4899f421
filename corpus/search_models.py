"""The words of articles, kept apart: imports do not wait for them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ArticleSearch(models.Model):
    """An article's words for full-text search, filled by the worker after the import (see ``corpus.search``)."""

    article = models.OneToOneField("corpus.Article", primary_key=True, on_delete=models.CASCADE, related_name="search")
    config = models.CharField(max_length=63, help_text="The Postgres text search configuration: english, simple, …")
    vector = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["vector"], name="search_by_word"),
            # Which configurations occur, found by leaping from one to the next.
            models.Index(fields=["config"], name="search_by_config"),
        ]

    def __str__(self) -> str:
        return f"Words of article {self.article_id}"
