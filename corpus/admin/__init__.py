"""The admin of the corpus: upload, look at what cleaning did, watch imports."""

from corpus.admin.articles import ArticleAdmin
from corpus.admin.catalogue import OutletAdmin, StoryAdmin
from corpus.admin.groups import DuplicateGroupAdmin
from corpus.admin.imports import ImportBatchAdmin, ImportIssueAdmin
from corpus.admin.proposals import StoryProposalAdmin

__all__ = [
    "ArticleAdmin",
    "DuplicateGroupAdmin",
    "ImportBatchAdmin",
    "ImportIssueAdmin",
    "OutletAdmin",
    "StoryAdmin",
    "StoryProposalAdmin",
]
