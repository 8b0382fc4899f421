"""Word and sentence borders, kept with their article."""

from __future__ import annotations

from corpus.borders import VERSION, sentences_of, words_of
from corpus.models import Article, ArticleBorders


def borders_for(article: Article) -> ArticleBorders:
    """The stored borders of an article, computed at the first call.

    Borders of another segmenter version are kept: marks were snapped to them. Two callers at once store one row.
    """
    try:
        return article.borders
    except ArticleBorders.DoesNotExist:
        borders, _ = ArticleBorders.objects.get_or_create(
            article=article,
            defaults={"words": words_of(article.text), "sentences": sentences_of(article.text), "version": VERSION},
        )
        return borders
