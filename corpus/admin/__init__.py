"""The admin of the corpus: upload, look at what cleaning did, watch imports."""

from corpus.admin.articles import ArticleAdmin
from corpus.admin.catalogue import OutletAdmin, StoryAdmin
from corpus.admin.imports import ImportBatchAdmin, ImportIssueAdmin

__all__ = ["ArticleAdmin", "ImportBatchAdmin", "ImportIssueAdmin", "OutletAdmin", "StoryAdmin"]
