"""The admin of projects: where a manager does the whole job without a shell."""

from django.contrib import admin

from annotate import visibility
from annotate.admin.codebooks import CodebookAdmin
from annotate.admin.people import PersonAdmin
from annotate.admin.project_articles import ProjectArticleAdmin
from annotate.admin.projects import ProjectAdmin
from annotate.admin.tasks import TaskAdmin
from corpus.visibility import set_rules

__all__ = ["CodebookAdmin", "PersonAdmin", "ProjectAdmin", "ProjectArticleAdmin", "TaskAdmin"]

set_rules(manages=visibility.manages, articles=visibility.articles_for)

admin.site.site_header = "Slantwise"
admin.site.site_title = "Slantwise"
admin.site.index_title = "Manage"
